/**
 * edge.yaml: its keys, defaults and checks, and errors that name file, line
 * and key. Plain, frozen values come out.
 *
 * It opens nothing but the file it is given, and knows no room that uses the
 * values. Open `schema.ts` first, then `load.ts`.
 *
 * @module
 */
export type { Config, ListenAddress } from "./config.ts";
export { type Erased, eraseValue } from "./erase.ts";
export {
  type EffectiveEntry,
  loadConfig,
  type LoadedConfig,
  type LoadOptions,
} from "./load.ts";
export type { Live } from "./key_spec.ts";
export { printYaml } from "./print.ts";
export { formatDuration, readDuration } from "./quantity.ts";
export { type Setting, settings } from "./settings.ts";
export { ConfigError, formatProblem, type Problem } from "./problem.ts";
export { type ConfigChange, type TakenUp, takeUp } from "./take_up.ts";
