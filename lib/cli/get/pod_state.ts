import { fieldsAt, listAt, type Printed, textAt } from "./object_of.ts";

/** What kubectl tells of a pod in one line. */
export interface PodState {
  /** Containers that are ready. */
  readonly ready: number;
  /** Containers that count. */
  readonly total: number;
  /** The most telling reason, else the phase. */
  readonly status: string;
  /** Restarts of the containers that count. */
  readonly restarts: number;
  /** When the last one ended that was restarted, ISO 8601; may be empty. */
  readonly restartedAt: string;
}

/** What was counted so far. */
interface Count {
  ready: number;
  restarts: number;
  restartedAt: string;
}

/**
 * The state of a pod as `kubectl get` works it out (`printPod` of its
 * printers): reasons of containers go before the pod's own, those of init
 * containers go before those until the pod is initialized.
 */
export function podState(pod: Printed): PodState {
  const sidecars = new Set(
    listAt(pod, "spec", "initContainers")
      .filter((container) => container.restartPolicy === "Always")
      .map(({ name }) => name),
  );
  const total = listAt(pod, "spec", "containers").length + sidecars.size;
  const phase = textAt(pod, "status", "phase");
  const gated = listAt(pod, "status", "conditions").some(({ type, reason }) =>
    type === "PodScheduled" && reason === "SchedulingGated"
  );
  const own = gated
    ? "SchedulingGated"
    : textAt(pod, "status", "reason") || phase || "Unknown";
  const init = initState(pod, sidecars);
  const isInitialized = init.reason === "" || hasCondition(pod, "Initialized");
  const count = isInitialized ? init.sidecars : init.all;
  const reason = isInitialized
    ? containerReason(pod, count) || init.reason || own
    : init.reason;
  return { total, status: ended(pod, phase, reason), ...count };
}

/** A pod that is being deleted is told so, unless it has ended already. */
function ended(pod: Printed, phase: string, reason: string): string {
  if (textAt(pod, "metadata", "deletionTimestamp") === "") return reason;
  if (textAt(pod, "status", "reason") === "NodeLost") return "Unknown";
  return phase === "Succeeded" || phase === "Failed" ? reason : "Terminating";
}

/** @returns The reason why the pod is not initialized; empty if it is. */
function initState(pod: Printed, sidecars: ReadonlySet<unknown>) {
  const length = listAt(pod, "spec", "initContainers").length;
  const all: Count = { ready: 0, restarts: 0, restartedAt: "" };
  const counted: Count = { ready: 0, restarts: 0, restartedAt: "" };
  let reason = "";
  for (
    const [i, one] of listAt(pod, "status", "initContainerStatuses").entries()
  ) {
    const isSidecar = sidecars.has(one.name);
    addRestarts(all, one);
    if (isSidecar) addRestarts(counted, one);
    const terminated = fieldsAt(one, "state", "terminated");
    if (terminated.exitCode === 0) continue;
    if (isSidecar && one.started === true) {
      if (one.ready === true) counted.ready++;
      continue;
    }
    const waiting = textAt(one, "state", "waiting", "reason");
    if ("exitCode" in terminated) reason = `Init:${endText(terminated)}`;
    else if (waiting && waiting !== "PodInitializing") {
      reason = `Init:${waiting}`;
    } else reason = `Init:${i}/${length}`;
    break;
  }
  all.ready = counted.ready;
  return { reason, all, sidecars: counted };
}

/** The reason of the first container that has one; counts what is ready. */
function containerReason(pod: Printed, count: Count): string {
  let reason = "";
  let hasRunning = false;
  for (const one of listAt(pod, "status", "containerStatuses").toReversed()) {
    addRestarts(count, one);
    const waiting = textAt(one, "state", "waiting", "reason");
    const terminated = fieldsAt(one, "state", "terminated");
    const isRunning = "running" in fieldsAt(one, "state");
    if (waiting) reason = waiting;
    else if ("exitCode" in terminated || terminated.reason) {
      reason = endText(terminated);
    } else if (one.ready === true && isRunning) {
      hasRunning = true;
      count.ready++;
    }
  }
  if (reason !== "Completed" || !hasRunning) return reason;
  return hasCondition(pod, "Ready") ? "Running" : "NotReady";
}

function endText({ reason, signal, exitCode }: Printed): string {
  if (typeof reason === "string" && reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`;
}

function addRestarts(count: Count, container: Printed): void {
  count.restarts += Number(container.restartCount ?? 0);
  const at = textAt(container, "lastState", "terminated", "finishedAt");
  if (at > count.restartedAt) count.restartedAt = at;
}

/** Whether a condition of an object holds. */
export function hasCondition(object: Printed, type: string): boolean {
  return listAt(object, "status", "conditions").some((condition) =>
    condition.type === type && condition.status === "True"
  );
}
