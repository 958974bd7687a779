import { SystemClock } from "../../base/mod.ts";
import { type Command, ExitCode, UsageError } from "../command.ts";
import { configOf } from "../config_of.ts";
import { lineOf } from "../get/columns.ts";
import { describeObject } from "../get/describe_object.ts";
import { fetchByKey, fetchStored } from "../get/fetch_objects.ts";
import {
  checkNames,
  noneText,
  notFoundText,
  OBJECT_OPTIONS,
  wantedOf,
  wantedPages,
} from "../get/object_options.ts";
import { readRequests } from "../get/request.ts";
import { nodeOrFile } from "../node_or_file.ts";

/** `describe`: tells of stored objects at length. */
export const describe: Command = {
  name: "describe",
  summary: "Tell of stored objects at length, as kubectl describe does",
  details:
    `Takes what get takes. Besides the object it says where and at which revision
it is stored, whose status a pod is shown with, and what of it waits in the
outbox for the cloud. The data of secrets is never shown, only its size.`,
  words: "TYPE [NAME...]",
  options: OBJECT_OPTIONS.filter(({ name }) => name !== "show-secrets"),
  examples: [
    ["describe pod web-0", "A pod with its containers and conditions"],
    ["describe no", "The node"],
  ],
  async run(input) {
    const { io, words } = input;
    const wanted = wantedOf(input);
    if (words.length === 0) {
      throw new UsageError("Expected a type, as in: describe pod web-0");
    }
    const ask = nodeOrFile(await configOf(input), io);
    const { types } = await fetchStored(ask);
    const requests = readRequests(words, types);
    checkNames(requests, wanted);
    const clock = new SystemClock();
    let found = 0;
    let code: number = ExitCode.ok;
    for (const request of requests) {
      for await (const page of wantedPages(ask, request, wanted)) {
        for (const { type, key } of page.items) {
          // A list says nothing of the outbox, and it may be gone since.
          const item = await fetchByKey(ask, { type, key }, wanted.scope);
          if (!item) continue;
          const text = describeObject(lineOf(item, clock.now()));
          io.stdout((found > 0 ? "\n\n" : "") + text);
          found++;
          if (io.stdoutEnded?.aborted) return ExitCode.ok;
        }
        if (page.missing === undefined) continue;
        io.stderr(notFoundText(request.type, page.missing));
        code = ExitCode.failure;
      }
    }
    if (found === 0 && code === ExitCode.ok) io.stderr(noneText(wanted.scope));
    return code;
  },
};
