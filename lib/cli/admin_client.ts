import { isRecord } from "../base/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import { ExitCode } from "./command.ts";

/** The running node could not be asked, or could not do it. */
export class AdminClientError extends Error {
  /** Always `AdminClientError`. */
  override readonly name = "AdminClientError";
  /** What to do about it; may be empty. */
  readonly hint: string;
  /** Whether no node answers at the socket. */
  readonly isDown: boolean;
  /** Exit code of the command: what it was given may be wrong. */
  readonly exitCode: number;

  /** @param message What failed and why. */
  constructor(
    message: string,
    options: {
      hint?: string;
      isDown?: boolean;
      isUsage?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.hint = options.hint ?? "";
    this.isDown = options.isDown ?? false;
    this.exitCode = options.isUsage ? ExitCode.usage : ExitCode.failure;
  }
}

/** Longest wait for an answer of the node, in milliseconds. */
const TIMEOUT_MS = 30_000;

/**
 * Asks a running node through its admin socket.
 *
 * @example
 * ```ts ignore
 * const done = await askNode("/run/metamanager/admin.sock", "/reconnect", {});
 * ```
 * @param socket Path of the socket (`admin.socket`).
 * @param path Page, or action if `input` is given.
 * @param input JSON value for the action.
 * @returns The JSON value of the answer.
 * @throws {AdminClientError} If no node answers there, or it says no.
 */
export function askNode(
  socket: string,
  path: string,
  input?: unknown,
): Promise<unknown> {
  return ask(socket, path, { input });
}

/**
 * Asks a running node for a page.
 *
 * @param options `signal` ends the wait with its reason.
 * @throws {AdminClientError} If no node answers there, or it says no.
 */
export function lookAtNode(
  socket: string,
  path: string,
  { signal }: { readonly signal: AbortSignal },
): Promise<unknown> {
  return ask(socket, path, { signal });
}

async function ask(
  socket: string,
  path: string,
  { input, signal }: {
    readonly input?: unknown;
    readonly signal?: AbortSignal;
  },
): Promise<unknown> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  using client = await nodeClient(socket);
  try {
    const response = await fetch(`http://localhost${path}`, {
      client,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      ...(input === undefined ? {} : {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(input),
      }),
    });
    return await readAnswer(response);
  } catch (error) {
    throw askFailure(socket, error);
  }
}

/**
 * A client for the node behind a socket; the caller closes it.
 *
 * @throws {AdminClientError} If there is no socket.
 */
export async function nodeClient(socket: string): Promise<Deno.HttpClient> {
  if (socket === "") {
    throw new AdminClientError("Cannot ask the node: admin.socket is empty", {
      hint: "Set admin.socket in the node's configuration and restart it",
    });
  }
  await checkSocket(socket);
  return Deno.createHttpClient({ proxy: { transport: "unix", path: socket } });
}

/** What to say of a question that failed. */
export function askFailure(socket: string, error: unknown): AdminClientError {
  if (error instanceof AdminClientError) return error;
  const reason = errorText(error);
  // A node that was killed leaves its socket behind.
  const said = reason.includes("Connection refused")
    ? `No node runs: nobody listens at ${socket}`
    : `Cannot ask the node at ${socket}: ${reason}`;
  return new AdminClientError(said, {
    hint: DOWN_HINT,
    isDown: true,
    cause: error,
  });
}

const DOWN_HINT =
  "Start it, or give the configuration it runs with: --config FILE";

/** The error of a failed connect does not say what is wrong with the path. */
async function checkSocket(socket: string): Promise<void> {
  try {
    const { isSocket } = await Deno.stat(socket);
    if (isSocket) return;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new AdminClientError(`No node runs: there is no ${socket}`, {
        hint: DOWN_HINT,
        isDown: true,
        cause: error,
      });
    }
    throw new AdminClientError(
      `Cannot ask the node at ${socket}: ${errorText(error)}`,
      { hint: "Run the command as the node's user", cause: error },
    );
  }
  throw new AdminClientError(`No node runs: ${socket} is no socket`, {
    hint: DOWN_HINT,
    isDown: true,
  });
}

/**
 * Reads an answer.
 *
 * @throws {AdminClientError} If it says no.
 */
export async function readAnswer(response: Response): Promise<unknown> {
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  const body: unknown = isJson ? JSON.parse(text) : text.trim();
  if (response.ok) return body;
  if (response.status === 404 && !isJson) {
    throw new AdminClientError("The running node does not know this command", {
      hint: "It may be an older version: compare with metamanager version",
    });
  }
  const said = isRecord(body) ? body : { error: body };
  throw new AdminClientError(String(said.error), {
    hint: typeof said.hint === "string" ? said.hint : "",
    isUsage: response.status === 400,
  });
}
