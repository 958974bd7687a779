import { isRecord } from "../../base/mod.ts";
import { askNode } from "../admin_client.ts";
import {
  type Command,
  type CommandInput,
  CONFIG_OPTIONS,
  ExitCode,
  type OptionSpec,
  UsageError,
} from "../command.ts";
import { configOf } from "../config_of.ts";
import { nodeOrFile } from "../node_or_file.ts";
import { readOutput } from "../output.ts";
import { ageText, sizeText, textTable } from "../text_table.ts";

const OUTPUT: OptionSpec = {
  name: "output",
  short: "o",
  value: "text|json",
  doc: "Shape of what is printed",
};

const ALL: OptionSpec = { name: "all", doc: "All of them, instead of ids" };

/** `outbox list`: what waits for the cloud's confirmation. */
export const outboxList: Command = {
  name: "outbox list",
  summary: "List what the cloud has not confirmed yet",
  details:
    `Asks the running node, or reads its store file while it is down. A message is
waiting, sent (on the present connection, not confirmed) or parked: left
unanswered on three connections, and sent no more until it is retried or newer
state takes its place. Contents are never shown.`,
  options: [...CONFIG_OPTIONS, OUTPUT],
  examples: [
    ["outbox list --config /etc/metamanager/edge.yaml", "A table"],
    ["outbox list -o json", "For programs"],
  ],
  async run(input) {
    const shape = readOutput(input.value("output"), ["text", "json"]);
    const config = await configOf(input);
    const answer = await nodeOrFile(config, input.io)("/outbox");
    if (shape === "json") return print(input, answer);
    const messages = recordsOf(answer, "messages");
    if (messages.length === 0) {
      input.io.stdout("The outbox is empty\n");
      return ExitCode.ok;
    }
    input.io.stdout(textTable(
      ["ID", "RESOURCE", "OPERATION", "AGE", "ATTEMPTS", "STATE", "SIZE"],
      messages.map((message) => [
        String(message.id),
        String(message.resource),
        String(message.operation),
        ageText(Number(message.ageSeconds)),
        String(message.attempts),
        String(message.state),
        sizeText(Number(message.bytes)),
      ]),
    ));
    return ExitCode.ok;
  },
};

/** `outbox retry`: sends parked messages again. */
export const outboxRetry: Command = {
  name: "outbox retry",
  summary: "Send parked messages of the outbox again",
  words: "[ID...]",
  options: [...CONFIG_OPTIONS, ALL, OUTPUT],
  examples: [
    ["outbox retry 17 21", "Those of outbox list with these ids"],
    ["outbox retry --all", "All that are parked"],
  ],
  run: (input) => change(input, { what: "retry", did: "Sent again" }),
};

/** `outbox drop`: removes messages. */
export const outboxDrop: Command = {
  name: "outbox drop",
  summary: "Remove messages from the outbox; the cloud never hears of them",
  words: "[ID...]",
  options: [...CONFIG_OPTIONS, ALL, OUTPUT],
  examples: [
    ["outbox drop 17", "The one with this id in outbox list"],
    ["outbox drop --all", "Everything that waits"],
  ],
  run: (input) => change(input, { what: "drop", did: "Dropped" }),
};

async function change(
  input: CommandInput,
  order: { readonly what: "retry" | "drop"; readonly did: string },
): Promise<number> {
  const { io } = input;
  const shape = readOutput(input.value("output"), ["text", "json"]);
  const chosen = readChoice(input);
  const answer = await ask(input, `/outbox/${order.what}`, chosen);
  const missing = isRecord(answer) && Array.isArray(answer.missing)
    ? answer.missing
    : [];
  const code = missing.length > 0 ? ExitCode.failure : ExitCode.ok;
  if (shape === "json") return print(input, answer, code);
  const messages = recordsOf(answer, "messages");
  for (const { id, operation, resource } of messages) {
    io.stdout(`${order.did}: ${id} ${operation} ${resource}\n`);
  }
  if (messages.length === 0 && missing.length === 0) {
    io.stdout(`There is nothing to ${order.what}\n`);
  }
  for (const id of missing) {
    io.stderr(`No message with this id is in the outbox: ${id}\n`);
  }
  return code;
}

/** @throws {UsageError} Unless there are ids or `--all`, and not both. */
function readChoice({ words, flag }: CommandInput): unknown {
  if (flag("all") && words.length === 0) return { all: true };
  if (flag("all") || words.length === 0) {
    throw new UsageError("Expected ids of outbox list, or --all");
  }
  const wrong = words.find((word) => !/^[1-9]\d{0,15}$/.test(word));
  if (wrong !== undefined) {
    const got = wrong === "" ? "an empty word" : wrong;
    throw new UsageError(`Expected an id of outbox list, got: ${got}`);
  }
  return { ids: words.map(Number) };
}

async function ask(
  input: CommandInput,
  path: string,
  body: unknown,
): Promise<unknown> {
  const config = await configOf(input);
  return await askNode(config.admin.socket, path, body);
}

function print(
  { io }: CommandInput,
  answer: unknown,
  code: number = ExitCode.ok,
): number {
  io.stdout(JSON.stringify(answer, undefined, 2) + "\n");
  return code;
}

function recordsOf(answer: unknown, name: string): Record<string, unknown>[] {
  const list = isRecord(answer) ? answer[name] : undefined;
  return Array.isArray(list) ? list.filter(isRecord) : [];
}
