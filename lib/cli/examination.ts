import { lookup } from "node:dns/promises";
import { isRecord, SystemClock, systemIds } from "../base/mod.ts";
import type { LoadedConfig } from "../config/mod.ts";
import {
  type ExaminationOptions,
  type NodeAnswer,
  systemDiskSpace,
} from "../doctor/mod.ts";
import { AdminClientError, askNode } from "./admin_client.ts";

/** CloudHub lets a node that it rejects wait for ever. */
const ANSWER_TIMEOUT_MS = 10_000;

/**
 * What this machine and the node of a configuration are examined with.
 *
 * @param file Where the configuration was read.
 */
export function examinationOf(
  { config, notes }: LoadedConfig,
  file: string | undefined,
): ExaminationOptions {
  const clock = new SystemClock();
  return {
    config,
    file,
    notes,
    ask: () => askStatus(config.admin.socket),
    clock,
    stamp: { newId: systemIds, now: () => clock.now() },
    uid: Deno.uid(),
    diskSpace: systemDiskSpace,
    resolve: async (host) =>
      (await lookup(host, { all: true })).map(({ address }) => address),
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
  };
}

async function askStatus(socket: string): Promise<NodeAnswer> {
  try {
    const status = await askNode(socket, "/status");
    return { kind: "answers", status: isRecord(status) ? status : {} };
  } catch (error) {
    if (!(error instanceof AdminClientError)) throw error;
    if (error.isDown) return { kind: "silent" };
    return { kind: "unknown", why: error.message, hint: error.hint };
  }
}
