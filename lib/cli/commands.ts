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

/** Every subcommand, in the order of the help: one file, one line here. */
export const COMMANDS: readonly Command[] = [
  run,
  join,
  status,
  messages,
  doctor,
  supportBundle,
  get,
  describe,
  reconnect,
  resync,
  reload,
  logLevel,
  outboxList,
  outboxRetry,
  outboxDrop,
  storeCheck,
  storeBackup,
  storeRestore,
  storeCompact,
  storeStats,
  demo,
  hub,
  apply,
  remove,
  configCheck,
  configPrint,
  completionOf(() => COMMANDS),
  version,
];
