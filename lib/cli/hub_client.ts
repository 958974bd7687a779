import { join } from "node:path";
import { isRecord } from "../base/mod.ts";
import { HUB_FILE, type HubAddress } from "../dev/mod.ts";
import { errorText } from "../telemetry/mod.ts";
import type { OptionSpec } from "./command.ts";

/** The development hub cannot run, could not be asked, or said no. */
export class HubClientError extends Error {
  /** Always `HubClientError`. */
  override readonly name = "HubClientError";
  /** What to do about it; may be empty. */
  readonly hint: string;

  /** @param message What failed and why. */
  constructor(message: string, options: { hint?: string; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.hint = options.hint ?? "";
  }
}

/** Folder of the hub, where no other is given. */
export const HUB_FOLDER = "hub";

/** Says where the hub is. */
export const HUB_OPTION: OptionSpec = {
  name: "hub",
  value: "FOLDER",
  doc: `Folder of the hub, as metamanager hub made it [${HUB_FOLDER}]`,
};

const TIMEOUT_MS = 30_000;
const DOWN_HINT =
  "Start it with metamanager hub, and name its folder with --hub";

/**
 * Sends manifests to a running hub.
 *
 * @param folder Folder of the hub.
 * @param path `/apply` or `/delete`.
 * @param manifests YAML or JSON, several documents.
 * @returns What became of each object.
 * @throws {HubClientError} If no hub answers there, or it says no.
 */
export async function askHub(
  folder: string,
  path: string,
  manifests: string,
): Promise<readonly Record<string, unknown>[]> {
  const { url, token } = await readAddress(folder);
  const { hostname, port } = new URL(url);
  // Straight to the hub, whatever proxy the environment names.
  using client = Deno.createHttpClient({
    proxy: { transport: "tcp", hostname, port: Number(port) },
  });
  const response = await send(`${url}${path}`, {
    client,
    method: "POST",
    headers: {
      authorization: `Bearer ${token}`,
      "content-type": "application/yaml",
    },
    body: manifests,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body: unknown = await response.json();
  if (response.ok && isRecord(body) && Array.isArray(body.results)) {
    return body.results.filter(isRecord);
  }
  throw new HubClientError(
    isRecord(body) ? String(body.error) : `The hub at ${url} gave no results`,
    { hint: response.status === 401 ? DOWN_HINT : "" },
  );
}

async function send(
  url: string,
  init: RequestInit & { client: Deno.HttpClient },
): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new HubClientError(`Cannot ask the hub at ${url}`, {
      hint: DOWN_HINT,
      cause,
    });
  }
}

async function readAddress(folder: string): Promise<HubAddress> {
  const path = join(folder, HUB_FILE);
  try {
    const { url, token } = JSON.parse(await Deno.readTextFile(path));
    return { url: String(new URL(url)).replace(/\/$/, ""), token };
  } catch (cause) {
    const why = cause instanceof Deno.errors.NotFound
      ? `No hub runs: there is no ${path}`
      : `Cannot read ${path}: ${errorText(cause)}`;
    throw new HubClientError(why, { hint: DOWN_HINT, cause });
  }
}
