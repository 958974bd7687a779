import { askFailure, nodeClient, readAnswer } from "./admin_client.ts";

/** Longest line that is held, in UTF-16 units. */
const LINE_LENGTH_MAX = 4 * 1024 * 1024;

/**
 * Listens to a running node through its admin socket.
 *
 * @example
 * ```ts ignore
 * for await (const line of listenToNode(socket, "/messages?follow", {
 *   signal,
 * })) {
 *   print(line);
 * }
 * ```
 * @param path Page and parameters.
 * @param options `signal` ends it, without an error; `onOpen` is told once the
 *   node has begun to tell.
 * @returns Lines of JSON, until the node stops.
 * @throws {AdminClientError} If no node answers there, or it says no.
 */
export async function* listenToNode(
  socket: string,
  path: string,
  { signal, onOpen }: { signal: AbortSignal; onOpen?: () => void },
): AsyncGenerator<string> {
  using client = await nodeClient(socket);
  let isOpen = false;
  try {
    const response = await fetch(`http://localhost${path}`, { client, signal });
    if (!response.ok || !response.body) return void await readAnswer(response);
    isOpen = true;
    onOpen?.();
    yield* linesOf(response.body);
  } catch (error) {
    // A node that stops, or is killed, breaks the connection off.
    const isEnd = isOpen && error instanceof TypeError;
    if (!signal.aborted && !isEnd) throw askFailure(socket, error);
  }
}

/** Lines of a text, without those that are empty. */
async function* linesOf(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    rest += decoder.decode(bytes, { stream: true });
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
    if (rest.length > LINE_LENGTH_MAX) {
      throw new RangeError(`Line is over ${LINE_LENGTH_MAX} characters`);
    }
  }
}
