import { SystemClock } from "../../base/mod.ts";
import { restoreStore } from "../../store/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { configOf } from "../config_of.ts";
import { ProgressBar } from "../progress_bar.ts";
import { painter } from "../style.ts";
import { oneFile } from "./store_backup.ts";
import { objectsText } from "../text_table.ts";

/** `store restore`: puts a backup in the place of the store. */
export const storeRestore: Command = {
  name: "store restore",
  summary: "Put a backup in the place of the store of a node that is down",
  details:
    `Refuses what is no backup, is damaged, was made by a newer program or, without
--force, is of another node, and while the node runs. The store that was there
is kept beside it under a dated name. What came after the backup was confirmed
to the cloud: the node asks for it anew and reports all its pods, and health
says until when the store is not in sync.`,
  words: "FILE",
  options: [
    { name: "force", doc: "Take another node's backup for this node's" },
    ...CONFIG_OPTIONS,
  ],
  examples: [
    [
      "store restore /mnt/usb/edge-1.db",
      "Put it in place, then start the node",
    ],
  ],
  async run(input) {
    const { io, words, flag } = input;
    const source = oneFile(words);
    const config = await configOf(input);
    using bar = new ProgressBar(io);
    const { objects, keptAs, node } = await restoreStore(
      config.store.path,
      source,
      {
        node: config.edgehub.controller.nodeId,
        clock: new SystemClock(),
        force: flag("force"),
        onProgress: (done, what) => bar.show(done, what),
      },
    );
    bar[Symbol.dispose]();
    const paint = painter(io, "stdout");
    const note = (text: string) =>
      io.stdout(`${paint("yellow", "note:")} ${text}\n`);
    io.stdout(
      `${paint("green", "ok:")} ${objectsText(objects)} of ${source}: ` +
        `${config.store.path}\n`,
    );
    if (keptAs) note(`what was there is kept as ${keptAs}`);
    if (node && node !== config.edgehub.controller.nodeId) {
      note(`it was node ${node}'s: what that had not sent is left out`);
    }
    note(
      "start the node: it counts as not in sync until the cloud has sent what " +
        "is newer",
    );
    return ExitCode.ok;
  },
};
