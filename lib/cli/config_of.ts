import { type Config, loadConfig } from "../config/mod.ts";
import type { CommandInput } from "./command.ts";

/**
 * The configuration that `--config` and `--set` of a command name.
 *
 * @throws {ConfigError} If it is wrong.
 */
export async function configOf(
  { io, value, values }: Pick<CommandInput, "io" | "value" | "values">,
): Promise<Config> {
  const file = value("config");
  const { config } = await loadConfig({
    ...(file === undefined ? {} : { file }),
    sets: values("set"),
    hostname: io.hostname,
  });
  return config;
}
