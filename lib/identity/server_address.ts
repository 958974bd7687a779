/** Port of CloudCore's certificate server. */
export const ENROLMENT_PORT = 10_002;

/** A server by name or address. */
export interface ServerAddress {
  /** Name or address; an IPv6 address without brackets. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

/**
 * Reads `HOST`, `HOST:PORT` or `https://HOST:PORT`; without a port it is
 * CloudCore's {@link ENROLMENT_PORT}. An IPv6 address stands in brackets.
 *
 * @returns `undefined` if it is nothing of that.
 */
export function readServerAddress(text: string): ServerAddress | undefined {
  const match = /^(?:https:\/\/)?(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?\/?$/i
    .exec(text.trim());
  const [, host = "", digits] = match ?? [];
  const port = digits === undefined ? ENROLMENT_PORT : Number(digits);
  if (!host || port < 1 || port > 65_535) return undefined;
  if (!URL.canParse(`https://${host}:${port}`)) return undefined;
  return { host: host.replace(/^\[|\]$/g, ""), port };
}
