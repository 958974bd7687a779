/**
 * Stand-in for `jsr:@std/yaml` over npm `yaml`: `parse` and `stringify` as
 * the real package does them for plain data (YAML 1.2 core, one document).
 *
 * @module
 */
import { parse as parseYaml, stringify as stringifyYaml } from "npm:yaml@2.9.1";

/**
 * Parses one YAML document; an empty text is `null`.
 *
 * @throws {SyntaxError} If it is not valid; the message names line and column.
 */
export function parse(content: string): unknown {
  try {
    return parseYaml(content, { prettyErrors: true, uniqueKeys: true });
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(text, { cause: error });
  }
}

/**
 * Writes a value as YAML.
 *
 * @throws {TypeError} If it holds what YAML cannot say, for example a function.
 */
export function stringify(data: unknown): string {
  if (typeof data === "function" || typeof data === "symbol") {
    throw new TypeError(`Cannot stringify ${typeof data}`);
  }
  return stringifyYaml(data, { lineWidth: 80 });
}
