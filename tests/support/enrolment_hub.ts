import {
  type EnrolmentAnswer,
  EnrolmentEndpoint,
  type EnrolmentEndpointOptions,
  type EnrolmentRequest,
} from "../../lib/dev/mod.ts";
import { isRecord } from "../../lib/base/mod.ts";

const SCRIPT = new URL("enrolment_hub.mjs", import.meta.url).pathname;

/** CloudCore's certificate server as a process that sees client certificates. */
export interface EnrolmentHub {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  /** Every request that came. */
  readonly requests: readonly EnrolmentRequest[];
  /** What answers. */
  readonly endpoint: EnrolmentEndpoint;
}

/** How the hub is set up. */
export interface EnrolmentHubOptions extends EnrolmentEndpointOptions {
  /** Answers in the place of CloudCore; `undefined` lets it answer itself. */
  readonly intercept?: (
    request: EnrolmentRequest,
  ) => EnrolmentAnswer | undefined;
}

/** Runs the hub while `run` does. */
export async function withEnrolmentHub(
  options: EnrolmentHubOptions,
  run: (hub: EnrolmentHub) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const { cert, key } = await options.ca.server();
  await Deno.writeTextFile(`${folder}/cert`, cert);
  await Deno.writeTextFile(`${folder}/key`, key);
  const child = new Deno.Command("node", {
    args: [SCRIPT, "--cert", `${folder}/cert`, "--key", `${folder}/key`],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const endpoint = new EnrolmentEndpoint(options);
  const requests: EnrolmentRequest[] = [];
  const listening = Promise.withResolvers<number>();
  const writer = child.stdin.getWriter();
  const serving = serve(child.stdout, async (line) => {
    if (line.event === "listening") listening.resolve(Number(line.port));
    if (line.event !== "request") return;
    const request = requestOf(line);
    requests.push(request);
    const { status, contentType, body } = options.intercept?.(request) ??
      await endpoint.answer(request);
    const bodyBase64 = body.toBase64();
    const answer = { id: line.id, status, contentType, bodyBase64 };
    await writer.write(new TextEncoder().encode(JSON.stringify(answer) + "\n"));
  });
  try {
    await run({ port: await listening.promise, requests, endpoint });
  } finally {
    await writer.close();
    await serving;
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

async function serve(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  take: (line: Record<string, unknown>) => Promise<void>,
): Promise<void> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const value: unknown = JSON.parse(line);
      if (isRecord(value)) await take(value);
    }
  }
}

function requestOf(line: Record<string, unknown>): EnrolmentRequest {
  const client = String(line.clientBase64);
  return {
    method: String(line.method),
    path: String(line.path),
    headers: new Headers(line.headers as [string, string][]),
    body: Uint8Array.fromBase64(String(line.bodyBase64)),
    ...(client ? { clientCertificate: Uint8Array.fromBase64(client) } : {}),
  };
}
