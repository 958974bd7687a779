import { type Command, ExitCode, UsageError } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { type CommandGrammar, grammarOf } from "../completion/grammar.ts";
import { zshCompletion } from "../completion/zsh.ts";

type Writer = (grammar: readonly CommandGrammar[]) => string;

const SHELLS: ReadonlyMap<string, Writer> = new Map([
  ["bash", bashCompletion],
  ["zsh", zshCompletion],
  ["fish", fishCompletion],
]);

const NAMES = [...SHELLS.keys()];

/**
 * `completion`: a script that lets a shell complete command lines.
 *
 * @param commands All commands, this one included.
 */
export function completionOf(commands: () => readonly Command[]): Command {
  return {
    name: "completion",
    summary: "Print a script that completes command lines in your shell",
    details:
      `Commands, options, their values and the keys of --set are completed, without
asking the program. The script says how it is kept for good.`,
    words: NAMES.join("|"),
    options: [],
    examples: [
      [
        "completion bash > /etc/bash_completion.d/metamanager",
        "For all of bash",
      ],
      ["completion zsh > ~/.zfunc/_metamanager", "In a folder of $fpath"],
      [
        "completion fish > ~/.config/fish/completions/metamanager.fish",
        "For fish",
      ],
    ],
    run({ io, words }) {
      const [name = "", ...more] = words;
      const write = SHELLS.get(name);
      if (!write || more.length > 0) {
        const got = words.join(" ") || "nothing";
        throw new UsageError(
          `Expected one of ${NAMES.join(", ")}, got: ${got}`,
        );
      }
      io.stdout(write(grammarOf(commands())));
      return ExitCode.ok;
    },
  };
}
