import { optionsOf } from "./arguments.ts";
import { type Command, EXIT_CODES, type OptionSpec } from "./command.ts";
import type { CommandGroup } from "./commands.ts";
import type { Paint } from "./style.ts";

/** Name of the program in help and examples. */
const PROGRAM = "metamanager";
/** Width of the terminal that help is made for. */
const LINE_LENGTH_MAX = 80;

/** Help on the whole program, or on some of its commands. */
export function helpAll(
  groups: readonly CommandGroup[],
  paint: Paint,
): string {
  const all = groups.flatMap(({ commands }) => commands);
  const width = Math.max(...all.map(({ name }) => name.length)) + 2;
  const tables = groups.map(({ title, commands }) => {
    const rows = commands.map((c) => [c.name, c.summary] as const);
    return `${paint("bold", title)}\n${table(rows, paint, width)}`;
  });
  return `${
    paint("bold", PROGRAM)
  } keeps an edge node's metadata and answers while its cloud is away

${paint("bold", "Usage")}
  ${PROGRAM} COMMAND [OPTIONS]

${tables.join("\n")}
Run '${PROGRAM} COMMAND --help' for its options and examples.
`;
}

/** Help on one command. */
export function helpOn(command: Command, paint: Paint): string {
  const words = command.words === undefined ? "" : ` ${command.words}`;
  const options = optionsOf(command).map((o) =>
    [optionText(o), o.doc] as const
  );
  const codes = Object.entries({ ...EXIT_CODES, ...command.exitCodes });
  const details = command.details === undefined ? "" : `\n${command.details}\n`;
  return `${command.summary}
${details}
${paint("bold", "Usage")}
  ${PROGRAM} ${command.name}${words} [OPTIONS]

${paint("bold", "Options")}
${table(options, paint)}
${paint("bold", "Exit codes")}
${table(codes, paint)}
${paint("bold", "Examples")}
${
    command.examples.map(([line, what]) =>
      `  ${paint("dim", `# ${what}`)}\n  ${PROGRAM} ${line}\n`
    ).join("")
  }`;
}

function optionText({ name, short, value }: OptionSpec): string {
  const brief = short === undefined ? "    " : `-${short}, `;
  return `${brief}--${name}${value === undefined ? "" : ` ${value}`}`;
}

function table(
  rows: readonly (readonly [string, string])[],
  paint: Paint,
  width = Math.max(...rows.map(([left]) => left.length)) + 2,
): string {
  return rows.map(([left, right]) => {
    const text = wrap(right, LINE_LENGTH_MAX - 2 - width)
      .join("\n" + " ".repeat(2 + width));
    return `  ${paint("cyan", left)}${
      " ".repeat(width - left.length)
    }${text}\n`;
  }).join("");
}

/** Lines of words, each as long as it may be, if no word is longer. */
function wrap(text: string, lengthMax: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    const isRoom = last !== undefined &&
      last.length + 1 + word.length <= lengthMax;
    if (isRoom) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
