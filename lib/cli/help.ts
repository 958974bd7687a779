import { optionsOf } from "./arguments.ts";
import type { Command, OptionSpec } from "./command.ts";
import type { Paint } from "./style.ts";

/** Name of the program in help and examples. */
const PROGRAM = "metamanager";

/** Help on the whole program. */
export function helpAll(commands: readonly Command[], paint: Paint): string {
  const rows = commands.map((c) => [c.name, c.summary] as const);
  return `${
    paint("bold", PROGRAM)
  } keeps the metadata of an edge node and answers for the cloud when it is away

${paint("bold", "Usage")}
  ${PROGRAM} COMMAND [OPTIONS]

${paint("bold", "Commands")}
${table(rows, paint)}
Run '${PROGRAM} COMMAND --help' for its options and examples.
`;
}

/** Help on one command. */
export function helpOn(command: Command, paint: Paint): string {
  const words = command.words === undefined ? "" : ` ${command.words}`;
  const options = optionsOf(command).map((o) =>
    [optionText(o), o.doc] as const
  );
  const details = command.details === undefined ? "" : `\n${command.details}\n`;
  return `${command.summary}
${details}
${paint("bold", "Usage")}
  ${PROGRAM} ${command.name}${words} [OPTIONS]

${paint("bold", "Options")}
${table(options, paint)}
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
): string {
  const width = Math.max(...rows.map(([left]) => left.length)) + 2;
  return rows.map(([left, right]) =>
    `  ${paint("cyan", left)}${" ".repeat(width - left.length)}${right}\n`
  ).join("");
}
