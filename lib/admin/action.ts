import { errorText } from "../telemetry/mod.ts";
import type { View } from "./view.ts";

/**
 * Something an operator can have done.
 *
 * @param input JSON body of the request; `undefined` if it had none.
 * @returns Any JSON value: what was done.
 * @throws {ActionError} If it cannot be done, with the remedy.
 */
export type Action = (input: unknown) => unknown;

/** Why an action was not done; its text goes to the operator. */
export class ActionError extends Error {
  /** Always `ActionError`. */
  override readonly name = "ActionError";
  /**
   * HTTP status: 400 the input is wrong, 404 there is no such thing, 409 not
   * in this state, 503 not now.
   */
  readonly status: 400 | 404 | 409 | 503;
  /** What to do about it; may be empty. */
  readonly hint: string;

  /**
   * Names what cannot be done.
   *
   * @param status Which kind of failure it is.
   * @param message What cannot be done and why; without secrets.
   */
  constructor(
    status: ActionError["status"],
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.status = status;
    this.hint = options.hint ?? "";
  }
}

/** Largest body of a request in bytes: a list of ids, no objects. */
const INPUT_BYTES_MAX = 256 * 1024;

/**
 * Runs an action. Its body must be declared as JSON: a form of a web page
 * cannot do that without asking first.
 *
 * @throws What the action throws, but for `ActionError`.
 */
export function runAction(
  action: Action,
  request: Request,
): Promise<Response> {
  return answer(async () => await action(await readInput(request)));
}

/**
 * Makes a page out of its parameters.
 *
 * @throws What the page throws, but for `ActionError`.
 */
export function runView(
  view: View,
  parameters: URLSearchParams,
): Promise<Response> {
  return answer(async () => await view(parameters));
}

/**
 * An answer of JSON, or the one that is made; what cannot be done is told.
 *
 * @throws What `make` throws, but for `ActionError`.
 */
export async function answer(make: () => unknown): Promise<Response> {
  try {
    const made = await make();
    return made instanceof Response ? made : json(200, made ?? {});
  } catch (error) {
    if (!(error instanceof ActionError)) throw error;
    const { status, hint, message } = error;
    return json(status, { error: message, ...(hint ? { hint } : {}) });
  }
}

/** A JSON answer. */
export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body, undefined, 2) + "\n", {
    status,
    headers: {
      "cache-control": "no-store",
      "content-type": "application/json",
    },
  });
}

async function readInput(request: Request): Promise<unknown> {
  const bytes = await readBody(request);
  if (bytes.length === 0) return undefined;
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json(?:;|$)/i.test(type)) {
    throw new ActionError(400, "Content-Type must be application/json");
  }
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    const cause = errorText(error);
    throw new ActionError(400, `Body is no JSON: ${cause}`, { cause: error });
  }
}

/** @throws {ActionError} Before more than the bound is held. */
async function readBody(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > INPUT_BYTES_MAX) {
      throw new ActionError(400, `Body is over ${INPUT_BYTES_MAX} bytes`);
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
