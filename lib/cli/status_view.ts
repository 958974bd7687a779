import { isRecord } from "../base/mod.ts";
import type { Paint, Style } from "./style.ts";
import {
  ageText,
  objectsText,
  plainText,
  sizeText,
  textTable,
} from "./text_table.ts";

/** Colours of the states of a check. */
const STYLES: Readonly<Record<string, Style>> = {
  ok: "green",
  degraded: "yellow",
  failed: "red",
};

/** Types of objects that are named; the rest is told by its number. */
const TYPES_MAX = 6;

type Fields = Readonly<Record<string, unknown>>;

/**
 * The page `/status` for people, on one screen.
 *
 * @param nowMs Wall clock, for ages.
 */
export function statusText(
  page: Fields,
  { paint, nowMs }: { readonly paint: Paint; readonly nowMs: number },
): string {
  const rows: (readonly [string, string])[] = [
    ["node", nodeText(page)],
    ["cloud", linkText(page, nowMs)],
    ...certificateRow(page, nowMs),
    ["agents", agentsText(page)],
    ["store", storeText(page)],
    ["outbox", outboxText(page)],
    ["flow", flowText(page)],
  ];
  const lines = rows.map(([name, text]) =>
    `${paint("bold", name.padEnd(8))}${plainText(text)}\n`
  );
  return lines.join("") + "\n" + checksText(part(page, "health"), paint);
}

function nodeText({ node, version, uptimeSeconds }: Fields): string {
  const program = version === undefined ? "" : `, metamanager ${version}`;
  return `${node}, up ${ageText(Number(uptimeSeconds))}${program}`;
}

function linkText(page: Fields, nowMs: number): string {
  const link = part(page, "link");
  const address = link.url ? `, ${new URL(String(link.url)).origin}` : "";
  const since = `${link.state} since ${link.since}${age(link.since, nowMs)}`;
  const { at, error } = part(link, "lastError");
  const last = error === undefined
    ? ""
    : `\n        last error ${at}${age(at, nowMs)}: ${error}`;
  return since + address + last;
}

function certificateRow(
  page: Fields,
  nowMs: number,
): readonly (readonly [string, string])[] {
  const { certificateUntil, renewalDue } = part(page, "identity");
  if (certificateUntil === undefined) return [];
  const untilMs = Date.parse(String(certificateUntil));
  const left = Number.isNaN(untilMs)
    ? ""
    : untilMs < nowMs
    ? ", run out"
    : `, ${ageText((untilMs - nowMs) / 1000)} left`;
  const due = renewalDue === undefined ? "" : `, renewal due ${renewalDue}`;
  return [["cert", `valid until ${certificateUntil}${left}${due}`]];
}

function agentsText({ agents }: Fields): string {
  return (Array.isArray(agents) ? agents.join(", ") : "") || "none";
}

function storeText(page: Fields): string {
  const store = part(page, "store");
  const types = Object.entries(part(store, "objects"))
    .map(([type, count]) => [type, Number(count)] as const)
    .sort((a, b) => b[1] - a[1]);
  const count = types.reduce((sum, [, n]) => sum + n, 0);
  const named = types.slice(0, TYPES_MAX).map(([type, n]) => `${n} ${type}`);
  const more = types.length - TYPES_MAX;
  if (more > 0) named.push(`${more} more type${more > 1 ? "s" : ""}`);
  const list = named.length > 0 ? `: ${named.join(", ")}` : "";
  const size = sizeText(Number(store.bytes ?? 0));
  return `${objectsText(count)}, ${size}${list}`;
}

function outboxText(page: Fields): string {
  const store = part(page, "store");
  const ageMs = Number(store.outboxAgeMs ?? 0);
  const oldest = ageMs > 0 ? ` (oldest ${ageText(ageMs / 1000)})` : "";
  return `${store.outbox ?? 0} not confirmed${oldest}, ` +
    `${store.outboxParked ?? 0} parked`;
}

function flowText(page: Fields): string {
  const flow = part(page, "flow");
  const rate = (name: string) => `${flow[`${name}PerSecond`] ?? 0}/s`;
  return `${rate("fromCloud")} from cloud, ${rate("toCloud")} to cloud, ` +
    `${rate("fromAgents")} from agents, ${rate("toAgents")} to agents, ` +
    `${rate("batches")} commits`;
}

/** How long ago something was, in brackets. */
function age(time: unknown, nowMs: number): string {
  const atMs = Date.parse(String(time));
  return Number.isNaN(atMs) ? "" : ` (${ageText((nowMs - atMs) / 1000)})`;
}

/** The table is padded before it is painted: colours have no width. */
function checksText({ checks, stalled }: Fields, paint: Paint): string {
  const rows = (Array.isArray(checks) ? checks.filter(isRecord) : [])
    .map(({ name, state, reason }) =>
      [name, state, reason].map((cell) => plainText(String(cell)))
    );
  for (const loop of Array.isArray(stalled) ? stalled : []) {
    rows.push([String(loop), "failed", "stands still, restart the node"]);
  }
  const [head = "", ...lines] = textTable(["CHECK", "STATE", "REASON"], rows)
    .trimEnd().split("\n");
  const painted = lines.map((line, i) => {
    const [name = "", state = ""] = rows[i] ?? [];
    const at = line.indexOf(state, name.length);
    return line.slice(0, at) + paint(STYLES[state] ?? "dim", state) +
      line.slice(at + state.length);
  });
  return [paint("bold", head), ...painted].join("\n") + "\n";
}

/** A section of the page; a node of another version may have none. */
function part(page: Fields, name: string): Fields {
  const value = page[name];
  return isRecord(value) ? value : {};
}
