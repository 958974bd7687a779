/** Seconds of each unit of a duration. */
const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
};

/** Bytes of each unit of a size. */
const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/**
 * Reads a duration: seconds as a number, or text like `500ms`, `60s`, `2m`,
 * `24h`, `90` (seconds).
 *
 * @returns Seconds; `undefined` if it is neither.
 */
export function readDuration(raw: unknown): number | undefined {
  if (typeof raw === "number") return Number.isFinite(raw) ? raw : undefined;
  if (typeof raw !== "string") return undefined;
  const match = /^(\d{1,15}(?:\.\d{1,9})?)(ms|s|m|h)?$/.exec(raw.trim());
  if (!match) return undefined;
  const unitSeconds = SECONDS[match[2] ?? "s"] ?? 1;
  // Through milliseconds: 0.1 ms steps are finer than any timer.
  return Math.round(Number(match[1]) * unitSeconds * 10_000) / 10_000;
}

/** Writes seconds as the largest unit that holds them whole: `24h`, `90s`, `500ms`. */
export function formatDuration(seconds: number): string {
  if (seconds === 0) return "0s";
  for (const unit of ["h", "m", "s"]) {
    const count = seconds / (SECONDS[unit] ?? 1);
    if (Number.isInteger(count)) return `${count}${unit}`;
  }
  return `${Math.round(seconds * 10_000) / 10}ms`;
}

/**
 * Reads a size: bytes as a number, or text like `512KiB`, `32MiB`.
 *
 * @returns Bytes; `undefined` if it is neither or not a whole number.
 */
export function readBytes(raw: unknown): number | undefined {
  if (typeof raw === "number") return Number.isInteger(raw) ? raw : undefined;
  if (typeof raw !== "string") return undefined;
  const match = /^(\d{1,15})\s*(B|KiB|MiB|GiB)?$/.exec(raw.trim());
  if (!match) return undefined;
  return Number(match[1]) * (BYTES[match[2] ?? ""] ?? 1);
}

/** Writes bytes as the largest unit that holds them whole: `32MiB`, `1000`. */
export function formatBytes(bytes: number): string {
  for (const unit of ["GiB", "MiB", "KiB"]) {
    const count = bytes / (BYTES[unit] ?? 1);
    if (count >= 1 && Number.isInteger(count)) return `${count}${unit}`;
  }
  return String(bytes);
}
