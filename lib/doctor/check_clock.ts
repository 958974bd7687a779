import { X509Certificate } from "node:crypto";
import type { Config } from "../config/mod.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** This program was not there before it. */
const EARLIEST_MS = Date.parse("2026-01-01T00:00:00Z");
/** What files and certificates of other machines may be ahead. */
const SLACK_MS = 5 * 60_000;
/** Differences to the cloud's clock that matter to leases, and to certificates. */
const AWAY_MS = { warn: 60_000, fail: 10 * 60_000 };

const CHECK = "clock";
const REMEDY = "Set the clock, and keep it set: timedatectl set-ntp true";

/**
 * Judges the wall clock by what cannot be in the future: this program, the
 * node's certificate, the files of the store.
 */
export function checkClock(config: Config, nowMs: number): Finding[] {
  const now = new Date(nowMs).toISOString();
  if (nowMs < EARLIEST_MS) {
    return [fail(CHECK, `It says ${now}, which is past`, REMEDY)];
  }
  const begins = notBefore(config.edgehub.websocket.certfile);
  if (begins > nowMs + SLACK_MS) {
    const from = new Date(begins).toISOString();
    return [
      fail(
        CHECK,
        `It says ${now}, but the node's certificate begins at ${from}`,
        REMEDY,
      ),
    ];
  }
  const { path } = config.store;
  for (const file of [path, `${path}-wal`, `${path}.lock`]) {
    const changed = changedMs(file);
    if (changed <= nowMs + SLACK_MS) continue;
    const at = new Date(changed).toISOString();
    const text = `It says ${now}, but ${file} was written at ${at}`;
    return [warn(CHECK, text, REMEDY)];
  }
  return [ok(CHECK, now)];
}

/**
 * Compares with the clock of the cloud.
 *
 * @param cloudMs What that said.
 */
export function checkCloudClock(nowMs: number, cloudMs: number): Finding {
  const check = "cloud clock";
  const seconds = Math.round((nowMs - cloudMs) / 1000);
  const side = seconds < 0 ? "behind" : "ahead of";
  const text = `This clock is ${Math.abs(seconds)} s ${side} the cloud's`;
  const awayMs = Math.abs(nowMs - cloudMs);
  if (awayMs >= AWAY_MS.fail) return fail(check, text, REMEDY);
  if (awayMs >= AWAY_MS.warn) return warn(check, text, REMEDY);
  return ok(check, text);
}

/** 0 if there is no such certificate: the credentials say what is wrong. */
function notBefore(file: string): number {
  try {
    const { validFrom } = new X509Certificate(Deno.readTextFileSync(file));
    return Date.parse(validFrom) || 0;
  } catch {
    return 0;
  }
}

/** 0 if there is no such file. */
function changedMs(file: string): number {
  try {
    return Deno.statSync(file).mtime?.getTime() ?? 0;
  } catch {
    // Whether it can be read is told by whoever reads it.
    return 0;
  }
}
