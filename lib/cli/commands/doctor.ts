import { ConfigError, loadConfig } from "../../config/mod.ts";
import {
  examineNode,
  fail,
  type Finding,
  type FindingState,
  worst,
} from "../../doctor/mod.ts";
import { type Command, CONFIG_OPTIONS, ExitCode } from "../command.ts";
import { examinationOf } from "../examination.ts";
import type { Io } from "../io.ts";
import { readOutput } from "../output.ts";
import { type Paint, painter, type Style } from "../style.ts";

/** Colours of the states. */
const STYLES: Readonly<Record<FindingState, Style>> = {
  ok: "green",
  warn: "yellow",
  fail: "red",
};

/** `doctor`: what keeps the node from its work. */
export const doctor: Command = {
  name: "doctor",
  summary: "Find out what keeps the node from its work, and what to do",
  details:
    `Looks at configuration, folders and rights, free space, clock, certificates,
the way to the cloud (DNS, TCP, proxy, TLS, HTTP, upgrade, answer), sockets and
store: a line each, ok, warn or fail, with the remedy. What depends on a thing
that failed is left out. A running node is asked through its admin socket and
keeps its session: then the upgrade is judged by its own link. If none runs, a
session is opened as the node and closed again; start it 5 s later at the
earliest. Run it as the node's user.`,
  exitCodes: {
    0: "nothing is fail",
    1: "something is fail",
    2: "wrong arguments, or the configuration cannot be used",
  },
  options: [...CONFIG_OPTIONS, {
    name: "output",
    short: "o",
    value: "text|json",
    doc: "Shape of what is printed",
  }],
  examples: [
    [
      "doctor --config /etc/metamanager/edge.yaml",
      "Before the node is started",
    ],
    ["doctor -o json", "For programs: ok, and checks with their remedies"],
  ],
  async run({ io, value, values }) {
    const shape = readOutput(value("output"), ["text", "json"]);
    const show = shape === "json" ? () => {} : printer(io);
    const findings: Finding[] = [];
    let code: number = ExitCode.ok;
    const file = value("config");
    try {
      const loaded = await loadConfig({
        ...(file === undefined ? {} : { file }),
        sets: values("set"),
        hostname: io.hostname,
        env: (name) => io.env(name),
      });
      for await (const finding of examineNode(examinationOf(loaded, file))) {
        findings.push(finding);
        show(finding);
      }
      if (worst(findings) === "fail") code = ExitCode.failure;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const remedy = "Correct it: metamanager config check";
      const finding = fail("configuration", error.message, remedy);
      findings.push(finding);
      show(finding);
      code = ExitCode.usage;
    }
    if (shape === "json") {
      const result = {
        ok: code === ExitCode.ok,
        worst: worst(findings),
        checks: findings,
      };
      io.stdout(JSON.stringify(result, undefined, 2) + "\n");
    }
    return code;
  },
};

/** Prints each as it comes. */
function printer(io: Io): (finding: Finding) => void {
  const paint = painter(io, "stdout");
  return (finding) => io.stdout(findingText(finding, paint));
}

/** A line, and another one with the remedy if there is one. */
function findingText(
  { check, state, text, remedy }: Finding,
  paint: Paint,
): string {
  const head = `${paint(STYLES[state], state.padEnd(4))}  ${
    paint("bold", check)
  }: ${text.replaceAll("\n", "\n      ")}\n`;
  return remedy ? `${head}      ${paint("cyan", "remedy:")} ${remedy}\n` : head;
}
