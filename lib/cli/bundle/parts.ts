import { release, totalmem } from "node:os";
import {
  type ConfigError,
  type LoadedConfig,
  printYaml,
} from "../../config/mod.ts";
import {
  type ExaminationOptions,
  examineNode,
  fail,
  type Finding,
  worst,
} from "../../doctor/mod.ts";
import { inspectStore } from "../../store/mod.ts";
import { errorText, redactLines, redactPage } from "../../telemetry/mod.ts";
import { failureText } from "../failure_text.ts";
import { versions } from "../versions.ts";
import { withoutSecrets } from "./known_secrets.ts";
import type { TarFile } from "./tar.ts";

/** A file of the bundle. */
export interface Part {
  /** Its name. */
  readonly name: string;
  /** What it holds, for whoever wants to know before. */
  readonly about: string;
  /**
   * Makes it: a text, or any JSON value.
   *
   * @throws If it is not to be had.
   */
  readonly make: () => unknown;
}

/** What the bundle is made from. */
export interface PartSources {
  /** The configuration. */
  readonly loaded: LoadedConfig;
  /** Why the one that was asked for cannot be used; missing if it can. */
  readonly configError: ConfigError | undefined;
  /** Asks the running node for a page. */
  readonly ask: (path: string) => Promise<unknown>;
  /** What the gateway is examined with. */
  readonly examination: ExaminationOptions;
  /** Name of the machine. */
  readonly hostname: string;
}

/** All files of the bundle. */
export function partsOf(sources: PartSources): readonly Part[] {
  const { loaded, configError, ask, examination } = sources;
  const { config } = loaded;
  const page = (name: string, path: string, about: string): Part => ({
    name,
    about: `${about} (the running node's ${path})`,
    make: () => ask(path),
  });
  return [
    {
      name: "version.json",
      about: "versions of the program and of what it is built on",
      make: versions,
    },
    {
      name: "system.json",
      about: "facts of the machine",
      make: () => facts(sources),
    },
    {
      name: "config.yaml",
      about: "the configuration that counts, secrets erased",
      make: () => {
        if (configError) throw configError;
        return printYaml(loaded.effective());
      },
    },
    {
      name: "doctor.json",
      about: "what metamanager doctor finds",
      make: () => {
        if (!configError) return examined(examination);
        const remedy = "Correct it: metamanager config check";
        const checks = [fail("configuration", configError.message, remedy)];
        return { worst: worst(checks), checks };
      },
    },
    {
      name: "store.json",
      about: "numbers of the store, no contents",
      make: () => storeFacts(config.store.path),
    },
    page("status.json", "/status", "state and checks"),
    page("health.txt", "/healthz?verbose", "health"),
    page("metrics.txt", "/metrics", "figures"),
    page("outbox.json", "/outbox", "what is not confirmed, no contents"),
    page("log.json", "/logs", "last lines of the log"),
    page("messages.json", "/messages", "last messages, no contents"),
  ];
}

/** The files as they go into the archive, and what became of each. */
export interface Collected {
  /** Cleaned of secrets. */
  readonly files: readonly TarFile[];
  /** Why parts are missing. */
  readonly missing: readonly { readonly name: string; readonly why: string }[];
}

/**
 * Makes every part that is to be had, and a manifest that says which are not.
 * All of it is cleaned here, by pattern and of the secrets that are known.
 *
 * @param folder Name of the folder in the archive.
 */
export async function collect(
  parts: readonly Part[],
  { folder, secrets }: {
    readonly folder: string;
    readonly secrets: readonly string[];
  },
): Promise<Collected> {
  const files: TarFile[] = [];
  const missing: { name: string; why: string }[] = [];
  const add = (name: string, value: unknown) => {
    const text = withoutSecrets(cleanText(value), secrets);
    const bytes = new TextEncoder().encode(text);
    files.push({ name: `${folder}/${name}`, bytes });
  };
  for (const { name, make } of parts) {
    try {
      add(name, await make());
    } catch (error) {
      missing.push({ name, why: withoutSecrets(failureText(error), secrets) });
    }
  }
  const about = parts.map(({ name, about }) => ({ name, about }));
  add("manifest.json", { parts: about, missing });
  return { files, missing };
}

function cleanText(value: unknown): string {
  if (typeof value === "string") return redactLines(`${value.trimEnd()}\n`);
  return JSON.stringify(redactPage(value), undefined, 2) + "\n";
}

async function examined(options: ExaminationOptions): Promise<unknown> {
  const checks: Finding[] = [];
  for await (const finding of examineNode(options)) checks.push(finding);
  return { worst: worst(checks), checks };
}

/** A list, since the name of a type may look like that of a secret. */
function storeFacts(path: string): unknown {
  const { objects = {}, ...facts } = inspectStore(path);
  const types = Object.entries(objects).map(([type, count]) => ({
    type,
    count,
  }));
  return { path, ...facts, objects: types };
}

function facts({ hostname }: PartSources): unknown {
  return {
    hostname,
    uid: Deno.uid(),
    build: Deno.build,
    kernel: known(() => release()),
    memoryBytes: known(() => totalmem()),
    system: known(() => Deno.readTextFileSync("/etc/os-release")),
  };
}

/** Why not, for what the machine does not tell. */
function known<T>(ask: () => T): T | string {
  try {
    return ask();
  } catch (error) {
    return errorText(error);
  }
}
