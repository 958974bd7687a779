import type { ListenAddress } from "./config.ts";

/** Names of this machine that no other machine can reach. */
const LOOPBACK =
  /^(?:(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost)|\[(::1)\]):(\d{1,5})$/;

/** Reads `127.0.0.1:PORT` and the like; `undefined` if it is not a loopback address. */
export function readListen(text: string): ListenAddress | undefined {
  const match = LOOPBACK.exec(text);
  const port = Number(match?.[3]);
  const hostname = match?.[1] ?? match?.[2];
  if (hostname === undefined || port > 65_535) return undefined;
  return { hostname, port };
}
