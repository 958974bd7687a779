import { resolve } from "node:path";
import {
  ConfigError,
  loadConfig,
  type LoadedConfig,
} from "../../config/mod.ts";
import { AdminClientError, askNode } from "../admin_client.ts";
import { knownSecrets } from "../bundle/known_secrets.ts";
import { collect, type Collected, partsOf } from "../bundle/parts.ts";
import { gzip, tar } from "../bundle/tar.ts";
import {
  type Command,
  type CommandInput,
  CONFIG_OPTIONS,
  ExitCode,
} from "../command.ts";
import { examinationOf } from "../examination.ts";
import { sizeText } from "../text_table.ts";

/** `support-bundle`: what a bug report needs, in one file. */
export const supportBundle: Command = {
  name: "support-bundle",
  summary: "Write what a bug report needs into one archive, without secrets",
  details:
    `Puts versions, configuration, doctor's findings, numbers of the store, and of a
running node its status, health, metrics, outbox, last log lines and messages
into a .tar.gz of mode 0600. It takes no contents of messages or objects; keys,
tokens and passwords are erased from all of it. It works with the node down, and
with a configuration that cannot be used; manifest.json says what is missing
then. It looks at the way to the cloud as doctor does. No file is overwritten.`,
  options: [
    ...CONFIG_OPTIONS,
    {
      name: "file",
      short: "f",
      value: "FILE",
      doc: "Where to; without it a name with node and time, in this folder",
    },
    { name: "dry-run", doc: "Say what would go in, and do nothing" },
  ],
  examples: [
    [
      "support-bundle --config /etc/metamanager/edge.yaml",
      "A file in this folder",
    ],
    ["support-bundle --dry-run", "What would go in"],
  ],
  async run(input) {
    const { io, value, flag } = input;
    const { loaded, configError } = await load(input);
    const { config } = loaded;
    const examination = examinationOf(loaded, value("config"));
    const { admin, edgehub } = config;
    const parts = partsOf({
      loaded,
      configError,
      ask: (path) => page(admin.socket, path),
      examination,
      hostname: io.hostname(),
    });
    const time = new Date(examination.clock.now()).toISOString()
      .replace(/[-:]|\.\d+/g, "");
    const node = edgehub.controller.nodeId.replace(/[^\w.-]/g, "_")
      .slice(0, NODE_LENGTH_MAX);
    const folder = `metamanager-${node}-${time}`;
    const file = resolve(value("file") ?? `${folder}.tar.gz`);
    if (flag("dry-run")) {
      io.stdout(`Would write ${file} with\n`);
      for (const { name, about } of parts) {
        io.stdout(`  ${name.padEnd(15)}${about}\n`);
      }
      return ExitCode.ok;
    }
    const secrets = knownSecrets(config);
    // Made first: what cannot be written should fail before all the work.
    using out = create(file);
    try {
      const { files, missing } = await collect(parts, { folder, secrets });
      const bytes = await gzip(tar(files, examination.clock.now()));
      for (let at = 0; at < bytes.length;) {
        at += out.writeSync(bytes.subarray(at));
      }
      out.syncSync();
      for (const [why, lacking] of byReason(missing)) {
        const names = lacking.map(({ name }) => name).join(", ");
        io.stderr(`note: without ${names}: ${why}\n`);
      }
      io.stdout(`${file}\n`);
      io.stderr(`${files.length} files, ${sizeText(bytes.length)}\n`);
    } catch (error) {
      Deno.removeSync(file);
      throw error;
    }
    return ExitCode.ok;
  },
};

/** A name in an archive has 100 characters; the time and the rest have 45. */
const NODE_LENGTH_MAX = 50;

/** A node that is down is one reason for many. */
function byReason(missing: Collected["missing"]) {
  return Map.groupBy(missing, ({ why }) => why);
}

/** With a configuration that cannot be used, that of the defaults. */
async function load(
  { io, value, values }: CommandInput,
): Promise<{ loaded: LoadedConfig; configError: ConfigError | undefined }> {
  const file = value("config");
  const common = {
    hostname: io.hostname,
    env: (name: string) => io.env(name),
  };
  try {
    const loaded = await loadConfig({
      ...common,
      ...(file === undefined ? {} : { file }),
      sets: values("set"),
    });
    return { loaded, configError: undefined };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const loaded = await loadConfig(common);
    return { loaded, configError: error };
  }
}

async function page(socket: string, path: string): Promise<unknown> {
  try {
    return await askNode(socket, path);
  } catch (error) {
    // A node that is not well says so with a status of failure.
    const isHealth = error instanceof AdminClientError && !error.isDown &&
      error.message.includes("check failed");
    if (isHealth) return error.message;
    throw error;
  }
}

/** A file that was not there before, for its owner alone. */
function create(file: string): Deno.FsFile {
  try {
    return Deno.openSync(file, { write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    const reason = error instanceof Deno.errors.AlreadyExists
      ? "there is such a file already"
      : error instanceof Error
      ? error.message
      : String(error);
    throw new BundleError(`Cannot write ${file}: ${reason}`, { cause: error });
  }
}

/** The bundle cannot be written. */
class BundleError extends Error {
  override readonly name = "BundleError";
  /** What to do about it. */
  readonly hint = "Name another file with --file";
}
