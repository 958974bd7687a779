import { X509Certificate } from "node:crypto";
import type { Random } from "../base/mod.ts";

/** From when to when a certificate is good, milliseconds since 1970. */
export interface ValidityMs {
  /** Start. */
  readonly notBeforeMs: number;
  /** End. */
  readonly notAfterMs: number;
}

/** Shares of a certificate's life between which it is replaced. */
const EARLIEST_SHARE = 0.7;
const LATEST_SHARE = 0.9;

/** Waits after the first failures, then the last one for ever. */
const PAUSES_MS = [2000, 4000, 8000, 16_000, 32_000] as const;
const PAUSE_JITTER_SHARE = 0.1;

/**
 * When a certificate is to be replaced, as the stock edge does it: at a random
 * point between 70 % and 90 % of its life, so that nodes that were joined
 * together do not come together (wire document, 3).
 *
 * @param share Where between the two, in [0, 1); drawn once per certificate.
 * @returns Milliseconds since 1970.
 */
export function rotationAtMs(validity: ValidityMs, share: number): number {
  const { notBeforeMs, notAfterMs } = validity;
  const point = EARLIEST_SHARE + (LATEST_SHARE - EARLIEST_SHARE) * share;
  return notBeforeMs + (notAfterMs - notBeforeMs) * point;
}

/**
 * How long to wait after failures: 2, 4, 8, 16 s, then 32 s for ever, each up
 * to 10 % longer.
 *
 * @param failures Failures in a row, from 1.
 * @returns Milliseconds.
 */
export function rotationPauseMs(failures: number, random: Random): number {
  const at = Math.min(Math.max(failures, 1), PAUSES_MS.length) - 1;
  const pauseMs = PAUSES_MS[at] ?? 0;
  return Math.round(pauseMs * (1 + PAUSE_JITTER_SHARE * random()));
}

/**
 * From when to when a certificate is good.
 *
 * @throws If it is none.
 */
export function validityOf(certPem: string): ValidityMs {
  const { validFrom, validTo } = new X509Certificate(certPem);
  return {
    notBeforeMs: Date.parse(validFrom),
    notAfterMs: Date.parse(validTo),
  };
}
