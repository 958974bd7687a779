import type { Config } from "../config/mod.ts";
import { looseMode } from "../identity/mod.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** A configuration that was read. */
export interface ConfigurationFacts {
  /** Where it was read; missing: all keys have their defaults. */
  readonly file?: string | undefined;
  /** What an operator should know of it. */
  readonly notes: readonly string[];
  /** The values. */
  readonly config: Config;
  /** When the running node was started, milliseconds since 1970. */
  readonly startedMs?: number | undefined;
}

const CHECK = "configuration";

/** Looks at the file, and whether the running node can have read it. */
export function checkConfiguration(facts: ConfigurationFacts): Finding[] {
  const { file, notes, config, startedMs } = facts;
  const name = file ?? "the default configuration";
  const findings = [
    ok(CHECK, name),
    ...notes.map((note) =>
      warn(CHECK, note, "Set the key that is named, unless it is meant so")
    ),
  ];
  if (file === undefined) return findings;
  const { edgehub: { tokenSource, proxy } } = config;
  const hasSecret = tokenSource !== "" || proxy.url.includes("@");
  const mode = hasSecret ? looseMode(file) : undefined;
  if (mode) {
    findings.push(
      warn(
        CHECK,
        `Others may read ${file}, mode ${mode}, and a secret stands in it`,
        `chmod 600 ${file}`,
      ),
    );
  }
  const changedMs = Deno.statSync(file).mtime?.getTime() ?? 0;
  if (startedMs !== undefined && changedMs > startedMs) {
    findings.push(
      warn(
        CHECK,
        `${file} was changed after the node was started`,
        "Restart the node, it reads its configuration when it starts",
      ),
    );
  }
  return findings;
}
