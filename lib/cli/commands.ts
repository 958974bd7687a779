import type { Command } from "./command.ts";
import { apply, remove } from "./commands/apply.ts";
import { completionOf } from "./commands/completion.ts";
import { configCheck } from "./commands/config_check.ts";
import { configPrint } from "./commands/config_print.ts";
import { demo } from "./commands/demo.ts";
import { describe } from "./commands/describe.ts";
import { doctor } from "./commands/doctor.ts";
import { get } from "./commands/get.ts";
import { hub } from "./commands/hub.ts";
import { join } from "./commands/join.ts";
import { logLevel } from "./commands/log_level.ts";
import { messages } from "./commands/messages.ts";
import { outboxDrop, outboxList, outboxRetry } from "./commands/outbox.ts";
import { reconnect } from "./commands/reconnect.ts";
import { reload } from "./commands/reload.ts";
import { resync } from "./commands/resync.ts";
import { run } from "./commands/run.ts";
import { status } from "./commands/status.ts";
import { storeBackup } from "./commands/store_backup.ts";
import { storeCheck } from "./commands/store_check.ts";
import { storeCompact } from "./commands/store_compact.ts";
import { storeRestore } from "./commands/store_restore.ts";
import { storeStats } from "./commands/store_stats.ts";
import { supportBundle } from "./commands/support_bundle.ts";
import { version } from "./commands/version.ts";

/** Subcommands that belong together in the help. */
export interface CommandGroup {
  /** Its heading. */
  readonly title: string;
  /** Its commands, in the order of the help. */
  readonly commands: readonly Command[];
}

/** Every subcommand under its heading: one file, one line here. */
export const GROUPS: readonly CommandGroup[] = [
  { title: "Run", commands: [run, join] },
  {
    title: "Look",
    commands: [
      status,
      doctor,
      messages,
      get,
      describe,
      outboxList,
      supportBundle,
    ],
  },
  {
    title: "Act on the running node",
    commands: [
      reconnect,
      resync,
      reload,
      logLevel,
      outboxRetry,
      outboxDrop,
    ],
  },
  {
    title: "Look after the store",
    commands: [
      storeCheck,
      storeBackup,
      storeRestore,
      storeCompact,
      storeStats,
    ],
  },
  { title: "Configuration", commands: [configCheck, configPrint] },
  { title: "Try and develop", commands: [demo, hub, apply, remove] },
  {
    title: "This program",
    commands: [completionOf(() => COMMANDS), version],
  },
];

/** Every subcommand, in the order of the help. */
export const COMMANDS: readonly Command[] = GROUPS.flatMap(({ commands }) =>
  commands
);
