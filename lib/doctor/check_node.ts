import { isRecord } from "../base/mod.ts";
import type { StoreInspection } from "../store/mod.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import type { NodeAnswer, Running } from "./node_answer.ts";

/**
 * Tells whether a node runs.
 *
 * @param store `undefined`: it could not be looked at.
 */
export function runningOf(
  answer: NodeAnswer,
  store: Pick<StoreInspection, "left"> | undefined,
): Running {
  if (answer.kind === "answers") return "answers";
  if (!store) return "unknown";
  return store.left === "in-use" ? "mute" : "no";
}

/** Says whether the node runs, and what it has to say itself. */
export function checkNode(
  answer: NodeAnswer,
  store: Pick<StoreInspection, "left" | "pid"> | undefined,
): Finding[] {
  const check = "node";
  if (answer.kind === "answers") {
    const { node, started } = answer.status;
    return [
      ok(check, `${String(node)} runs since ${String(started)}`),
      ...healthOf(answer.status),
    ];
  }
  const start = "Start it: systemctl start metamanager, or metamanager run";
  if (store?.left === "in-use") {
    const pid = store.pid === undefined ? "" : ` as process ${store.pid}`;
    const [why, hint] = answer.kind === "unknown"
      ? [answer.why, answer.hint]
      : [
        "nobody answers at admin.socket",
        "Run it with the configuration of the node, and as its user",
      ];
    const text = `It runs${pid}, but cannot be asked: ${why}`;
    return [warn(check, text, hint)];
  }
  if (answer.kind === "unknown") return [warn(check, answer.why, answer.hint)];
  if (!store) return [warn(check, "Nobody answers at admin.socket", start)];
  return [warn(check, "It does not run", start)];
}

/** What the link of a node that runs says of itself. */
export function checkLink(status: Readonly<Record<string, unknown>>): Finding {
  const check = "upgrade";
  const { state, since } = isRecord(status.link) ? status.link : {};
  const text = `The running node is ${String(state)} since ${String(since)}`;
  if (state === "connected") return ok(check, text);
  const { reason } =
    checksOf(status).find(({ name }) => name === "cloud link") ??
      { reason: "" };
  if (state === "dialling" || state === "unproven") {
    return warn(check, text, "Ask again in a minute");
  }
  return fail(
    check,
    reason ? `${text}: ${reason}` : text,
    "See the lines above and the node's log; metamanager reconnect dials now",
  );
}

/** Checks of the node that are told by lines of their own. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(["cloud link"]);

function healthOf(status: Readonly<Record<string, unknown>>): Finding[] {
  const findings = checksOf(status).flatMap(({ name, state, reason }) => {
    if (state === "ok" || TOLD_ELSEWHERE.has(name)) return [];
    const finding = state === "failed" ? fail : warn;
    const remedy = "See metamanager status and the node's log";
    return [finding(name, `The node says ${state}: ${reason}`, remedy)];
  });
  const health = isRecord(status.health) ? status.health : {};
  const stalled = Array.isArray(health.stalled) ? health.stalled : [];
  for (const loop of stalled) {
    const text = `The loop ${String(loop)} stands still`;
    findings.push(fail("node", text, "Restart the node"));
  }
  return findings;
}

function checksOf(
  { health }: Readonly<Record<string, unknown>>,
): { name: string; state: string; reason: string }[] {
  const checks = isRecord(health) ? health.checks : undefined;
  return (Array.isArray(checks) ? checks.filter(isRecord) : []).map((one) => ({
    name: String(one.name),
    state: String(one.state),
    reason: String(one.reason),
  }));
}
