import type { Command } from "./command.ts";
import { configCheck } from "./commands/config_check.ts";
import { configPrint } from "./commands/config_print.ts";
import { demo } from "./commands/demo.ts";
import { join } from "./commands/join.ts";
import { logLevel } from "./commands/log_level.ts";
import { messages } from "./commands/messages.ts";
import { outboxDrop, outboxList, outboxRetry } from "./commands/outbox.ts";
import { reconnect } from "./commands/reconnect.ts";
import { run } from "./commands/run.ts";
import { status } from "./commands/status.ts";
import { version } from "./commands/version.ts";

/** Every subcommand, in the order of the help: one file, one line here. */
export const COMMANDS: readonly Command[] = [
  run,
  join,
  status,
  messages,
  reconnect,
  logLevel,
  outboxList,
  outboxRetry,
  outboxDrop,
  demo,
  configCheck,
  configPrint,
  version,
];
