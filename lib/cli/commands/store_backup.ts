import { resolve } from "node:path";
import { backupStore } from "../../store/mod.ts";
import {
  type Command,
  CONFIG_OPTIONS,
  ExitCode,
  UsageError,
} from "../command.ts";
import { configOf } from "../config_of.ts";
import { ProgressBar } from "../progress_bar.ts";
import { painter } from "../style.ts";
import { objectsText, sizeText } from "../text_table.ts";

/** `store backup`: copies the store into one file. */
export const storeBackup: Command = {
  name: "store backup",
  summary: "Copy the store into one file, while the node runs",
  details:
    `The copy is of one moment, holds up nothing, is checked, and has its name only
when it is whole and on the disk; its mode is 0600, since it holds secrets. A
file that is there is not replaced without --force.`,
  words: "FILE",
  options: [
    { name: "force", doc: "Replace FILE if it is there" },
    ...CONFIG_OPTIONS,
  ],
  examples: [["store backup /mnt/usb/edge-1.db", "Copy it"]],
  async run(input) {
    const { io, words, flag } = input;
    const target = oneFile(words);
    const { path } = (await configOf(input)).store;
    using bar = new ProgressBar(io);
    const { bytes, objects } = await backupStore(path, target, {
      force: flag("force"),
      onProgress: (done, what) => bar.show(done, what),
    });
    bar[Symbol.dispose]();
    io.stdout(
      `${painter(io, "stdout")("green", "ok:")} ${objectsText(objects)}, ` +
        `${sizeText(bytes)}, checked: ${target}\n`,
    );
    return ExitCode.ok;
  },
};

/**
 * The one file that a command takes, as an absolute path.
 *
 * @throws {UsageError} If there is none, or more.
 */
export function oneFile(words: readonly string[]): string {
  const [file, ...more] = words;
  if (!file || more.length > 0) throw new UsageError("Expected one FILE");
  return resolve(file);
}
