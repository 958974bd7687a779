/**
 * Dials an address once and prints what became of it as JSON; a program of
 * its own since the runtime reads its authorities at start.
 *
 *   deno run -A dial_once.ts URL CAFILE
 */
import { SystemClock } from "../../../lib/base/mod.ts";
import { dial } from "../../../lib/edgehub/dial.ts";
import { LinkError } from "../../../lib/edgehub/mod.ts";

const [url = "", caFile = ""] = Deno.args;
let told: unknown = { kind: "connected" };
try {
  const { connection } = await dial({
    url: new URL(url),
    headers: {},
    files: { caFile, certFile: "", keyFile: "" },
    handshakeTimeoutMs: 10_000,
    messageBytesMax: 1024,
    clock: new SystemClock(),
    signal: new AbortController().signal,
  });
  connection.abort();
} catch (error) {
  if (!(error instanceof LinkError)) throw error;
  const { kind, message, hint } = error;
  told = { kind, message, hint };
}
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(told)));
