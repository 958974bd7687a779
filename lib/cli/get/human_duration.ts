const MINUTE = 60, HOUR = 60 * MINUTE, DAY = 24 * HOUR, YEAR = 365 * DAY;

/**
 * A time span as kubectl writes it (`duration.HumanDuration`): two units where
 * the smaller one still tells something, else one.
 *
 * @param seconds Its length; parts of a second are cut off.
 */
export function humanDuration(seconds: number): string {
  const s = Math.trunc(seconds);
  // Clocks differ by a little; kubectl calls the rest invalid.
  if (s < -1) return "<invalid>";
  if (s < 0) return "0s";
  if (s < 2 * MINUTE) return `${s}s`;
  if (s < 10 * MINUTE) return two(s, [MINUTE, "m"], [1, "s"]);
  if (s < 3 * HOUR) return `${Math.floor(s / MINUTE)}m`;
  if (s < 8 * HOUR) return two(s, [HOUR, "h"], [MINUTE, "m"]);
  if (s < 2 * DAY) return `${Math.floor(s / HOUR)}h`;
  if (s < 8 * DAY) return two(s, [DAY, "d"], [HOUR, "h"]);
  if (s < 2 * YEAR) return `${Math.floor(s / DAY)}d`;
  if (s < 8 * YEAR) return two(s, [YEAR, "y"], [DAY, "d"]);
  return `${Math.floor(s / YEAR)}y`;
}

/**
 * The age of what happened at a time.
 *
 * @param at ISO 8601; `<unknown>` comes of what is none.
 * @param nowMs Wall clock in milliseconds.
 */
export function ageOf(at: unknown, nowMs: number): string {
  const atMs = typeof at === "string" ? Date.parse(at) : NaN;
  return Number.isNaN(atMs)
    ? "<unknown>"
    : humanDuration((nowMs - atMs) / 1000);
}

type Unit = readonly [length: number, name: string];

function two(seconds: number, large: Unit, small: Unit): string {
  const many = Math.floor(seconds / large[0]);
  const rest = Math.floor((seconds % large[0]) / small[0]);
  return `${many}${large[1]}` + (rest > 0 ? `${rest}${small[1]}` : "");
}
