import { isRecord } from "../../base/mod.ts";
import {
  type CompactReport,
  type CompactStep,
  compactStore,
  StoreError,
} from "../../store/mod.ts";
import { AdminClientError, askNode } from "../admin_client.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { configOf } from "../config_of.ts";
import type { Io } from "../io.ts";
import { ProgressBar } from "../progress_bar.ts";
import { painter } from "../style.ts";
import { sizeText } from "../text_table.ts";

/** `store compact`: makes the file as small as its contents. */
export const storeCompact: Command = {
  name: "store compact",
  summary: "Give the free space in the store's file back",
  details:
    `Gives the pages without content back to the file system, of a running node
slice by slice between its batches. A node does so by itself when they are more
than a quarter of the file.`,
  options: CONFIG_OPTIONS,
  examples: [["store compact", "Make the file smaller"]],
  async run(input) {
    const { io } = input;
    const { admin, store } = await configOf(input);
    const { bytesBefore, bytes } = await byNode(admin.socket, io) ??
      compactStore(store.path);
    io.stdout(
      `${painter(io, "stdout")("green", "ok:")} ${sizeText(bytesBefore)} ` +
        `before, ${sizeText(bytes)} now: ${store.path}\n`,
    );
    return ExitCode.ok;
  },
};

/** @returns `undefined` if no node runs. */
async function byNode(
  socket: string,
  io: Io,
): Promise<CompactReport | undefined> {
  if (socket === "") return undefined;
  using bar = new ProgressBar(io);
  let first: CompactStep | undefined;
  for (let left = Infinity; left > 0; left--) {
    const step = await compactStep(socket);
    if (!step) return undefined;
    const { freePages, bytes } = step;
    // What traffic frees meanwhile is not waited for.
    if (!first) left = Math.ceil(freePages / 256) + 2;
    first ??= step;
    if (freePages === 0) return { bytesBefore: first.bytesBefore, bytes };
    bar.show(1 - freePages / Math.max(1, first.freePages), "pages");
  }
  throw new StoreError("busy", "Cannot compact: the store changes too fast", {
    hint: "Try again later",
  });
}

async function compactStep(socket: string): Promise<CompactStep | undefined> {
  try {
    const answer = await askNode(socket, "/store/compact", {});
    const { freePages, bytesBefore, bytes } = isRecord(answer) ? answer : {};
    return {
      freePages: Number(freePages),
      bytesBefore: Number(bytesBefore),
      bytes: Number(bytes),
    };
  } catch (error) {
    if (error instanceof AdminClientError && error.isDown) return undefined;
    throw error;
  }
}
