import { sleep } from "../base/mod.ts";
import { encode, type Stamp } from "../message/mod.ts";
import { HandshakeError, HeadReader } from "../websocket/mod.ts";
import { dial, type DialOptions, onLine, reach } from "./dial.ts";
import { LinkError } from "./link_error.ts";
import { keepalive, nodeQuery } from "./session_messages.ts";

/** What the cloud's HTTP said. */
export interface Examined {
  /** Status of its answer to a request that is no upgrade. */
  readonly status: number;
  /** Its wall clock, milliseconds since 1970; missing if it does not tell. */
  readonly dateMs: number | undefined;
}

/**
 * Comes as far as the cloud's HTTP and asks for nothing: no upgrade and no
 * node's name, so that no session of anybody ends or begins. An answer shows
 * that both sides took each other's certificates.
 *
 * @throws {LinkError} At the step that failed.
 */
export async function examine(options: DialOptions): Promise<Examined> {
  return await onLine(options, async (line) => {
    const { stream } = await reach(options, line);
    line.attempt.upgrading = true;
    const request = `GET / HTTP/1.1\r\nHost: ${options.url.host}\r\n` +
      "Connection: close\r\n\r\n";
    const bytes = new TextEncoder().encode(request);
    for (let at = 0; at < bytes.length;) {
      at += await stream.write(bytes.subarray(at));
    }
    const { startLine, headers } = await new HeadReader(stream).head();
    line.attempt.receivedBytes = stream.receivedBytes;
    const status = /^HTTP\/1\.[01] ([1-5]\d\d)/.exec(startLine)?.[1];
    if (!status) throw new HandshakeError("Answer is not HTTP/1.1");
    const dateMs = Date.parse(headers.get("date") ?? "");
    stream.close();
    line.bridge?.close();
    await line.bridge?.ended;
    return {
      status: Number(status),
      dateMs: Number.isNaN(dateMs) ? undefined : dateMs,
    };
  });
}

/** Whom a trial session is for. */
export interface TrialOptions extends DialOptions {
  /** Name of the node. */
  readonly nodeId: string;
  /** Ids and time of the messages. */
  readonly stamp: Stamp;
  /** How long the cloud may take for a first message, in milliseconds. */
  readonly answerTimeoutMs: number;
}

/** What came of a trial session. */
export interface Trial {
  /** Whether the cloud said anything: it lets a node it rejects wait for ever. */
  readonly isAnswered: boolean;
}

/**
 * Opens a session as the node would, waits for the first message and closes
 * it in order; acknowledges nothing, so the cloud repeats what it sent. Never
 * for a node that runs: it would take its session's place.
 *
 * @throws {LinkError} If there is no session to be had.
 */
export async function tryOut(options: TrialOptions): Promise<Trial> {
  const { clock, stamp, nodeId, answerTimeoutMs } = options;
  await using dialled = await dial(options);
  const { connection } = dialled;
  const over = new AbortController();
  try {
    connection.send(encode(keepalive(stamp)), "first");
    connection.send(encode(nodeQuery(stamp, nodeId)), "first");
    const first = await Promise.race([
      connection.receive(),
      silence(() => sleep(clock, answerTimeoutMs, over.signal)),
    ]);
    if (first === null) {
      throw new LinkError("ended", "The cloud ended the session at once", {
        hint: "See the log of CloudCore for the reason",
      });
    }
    return { isAnswered: first !== "silence" };
  } finally {
    over.abort();
    await connection.close({ code: 1000, reason: "tried", deadlineMs: 1000 });
    connection.abort();
  }
}

/** Settles if nothing ends the wait before. */
async function silence(wait: () => Promise<void>): Promise<"silence"> {
  try {
    await wait();
  } catch (error) {
    // Nobody waits for it any more.
    if (!(error instanceof DOMException)) throw error;
  }
  return "silence";
}
