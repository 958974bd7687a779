/**
 * The command line: one file per subcommand in `commands/`, one line for each
 * in `commands.ts`; arguments, help, exit codes.
 *
 * It decides nothing about messages: it reads arguments and calls the rooms
 * below. Open `command.ts` first, then `main.ts`.
 *
 * @module
 */
export {
  type Command,
  type CommandInput,
  CONFIG_OPTIONS,
  ExitCode,
  type OptionSpec,
  UsageError,
} from "./command.ts";
export { type Io, systemIo } from "./io.ts";
export { main } from "./main.ts";
