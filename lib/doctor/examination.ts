import type { Clock } from "../base/mod.ts";
import type { Config } from "../config/mod.ts";
import type { Stamp } from "../message/mod.ts";
import { inspectStore } from "../store/mod.ts";
import { checkClock } from "./check_clock.ts";
import { checkSession, checkWay } from "./check_cloud.ts";
import { checkConfiguration } from "./check_configuration.ts";
import { checkCredentials } from "./check_credentials.ts";
import { checkFolders, checkUser } from "./check_folders.ts";
import { checkLink, checkNode, runningOf } from "./check_node.ts";
import { checkSockets } from "./check_sockets.ts";
import { checkSpace, type DiskSpace } from "./check_space.ts";
import { checkStore } from "./check_store.ts";
import { checkFiles } from "./config_files.ts";
import { fail, type Finding, ok, warn, worst } from "./finding.ts";
import type { NodeAnswer, Running } from "./node_answer.ts";

/** What a gateway is examined with. */
export interface ExaminationOptions {
  /** The configuration. */
  readonly config: Config;
  /** Where it was read; missing: all keys have their defaults. */
  readonly file?: string | undefined;
  /** What an operator should know of it. */
  readonly notes: readonly string[];
  /** Asks the running node. */
  readonly ask: () => Promise<NodeAnswer>;
  /** Time. */
  readonly clock: Clock;
  /** Ids and time of messages. */
  readonly stamp: Stamp;
  /** User who asks; `null` where there are none. */
  readonly uid: number | null;
  /** What is free where a folder lies. */
  readonly diskSpace: (folder: string) => DiskSpace;
  /** Addresses of a name. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** How long the cloud may take for a first message, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** Keys of what the files of a configuration hold beside the certificates. */
const OTHER_FILES: readonly string[] = [
  "edgehub.token-file",
  "edged.token-file",
  "edgehub.proxy-cafile",
];

/**
 * Examines a gateway, whether its node runs or not: from the configuration
 * over the machine to the cloud and the store. Each thing is told as soon as
 * it is known; what depends on a thing that failed is not told.
 */
export async function* examineNode(
  options: ExaminationOptions,
): AsyncGenerator<Finding> {
  const { config, clock, uid, diskSpace } = options;
  const answer = await options.ask();
  const startedMs = answer.kind === "answers"
    ? Date.parse(String(answer.status.started))
    : undefined;
  yield* checkConfiguration({ ...options, startedMs });
  const user = checkUser(config, uid);
  yield* user;
  // What a stranger may not do says nothing about the node.
  if (worst(user) === "ok" || uid === ROOT) yield* checkFolders(config);
  yield* checkSpace(config, diskSpace);
  yield* checkClock(config, clock.now());
  for (const { key, text } of checkFiles(config, clock.now()).problems) {
    if (OTHER_FILES.includes(key)) yield fileProblem(key, text);
  }
  const credentials = checkCredentials(config, clock.now());
  yield* credentials.findings;
  const looked = lookAtStore(config.store.path);
  const store = "unseen" in looked ? undefined : looked;
  const running = runningOf(answer, store);
  yield* checkNode(answer, store);
  yield* checkCloud(options, { ...credentials, running, answer });
  if (running !== "unknown") {
    yield* await checkSockets(config, running !== "no");
  }
  if ("unseen" in looked) yield looked.unseen;
  else yield* checkStore(config.store.path, looked);
}

/** Whoever may do everything. */
const ROOT = 0;

function fileProblem(key: string, text: string): Finding {
  // What is wrong and what to do are two sentences there.
  const [what = "", ...remedy] = text.split(". ");
  return fail(key, what, remedy.join(". ") || "See the message");
}

function lookAtStore(path: string) {
  try {
    return inspectStore(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = "Run it as the node's user";
    const text = `Cannot look at ${path}: ${reason}`;
    return { unseen: warn("store", text, remedy) };
  }
}

/** What is known before the cloud is tried. */
interface Before {
  readonly hasPair: boolean;
  readonly mayDial: boolean;
  readonly running: Running;
  readonly answer: NodeAnswer;
}

async function* checkCloud(
  options: ExaminationOptions,
  { hasPair, mayDial, running, answer }: Before,
): AsyncGenerator<Finding> {
  const { urls, url } = options.config.edgehub.websocket;
  if (url === "") {
    yield ok("cloud", "none is configured, this is a standalone node");
    return;
  }
  let open: URL | undefined;
  for (const text of urls) {
    const at = new URL(text);
    const way = await checkWay(at, { ...options, hasPair });
    yield* way.findings;
    if (way.isOpen) open ??= at;
  }
  if (answer.kind === "answers") {
    yield checkLink(answer.status);
  } else if (running === "mute" || running === "unknown") {
    const may = running === "mute" ? "runs" : "may run";
    const text = `Not tried: a node ${may} here, and its session would end`;
    const remedy = "Run it as the node's user, with the node's configuration";
    yield warn("upgrade", text, remedy);
  } else if (open && mayDial) {
    yield* await checkSession(open, { ...options, hasPair });
  }
}
