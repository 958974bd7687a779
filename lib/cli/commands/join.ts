import { dirname } from "node:path";
import { proxyOptions } from "../../app/mod.ts";
import { SystemClock, systemRandom } from "../../base/mod.ts";
import { eraseValue } from "../../config/mod.ts";
import {
  enrol,
  EnrolmentError,
  type EnrolmentProgress,
  IdentityError,
  judgeCredentials,
  NO_FILE,
  recoverCredentials,
  TokenFile,
  writeCredentials,
} from "../../identity/mod.ts";
import {
  type Command,
  CONFIG_OPTIONS,
  ExitCode,
  UsageError,
} from "../command.ts";
import type { Io } from "../io.ts";
import { ATTEMPTS_DEFAULT, type JoinPlan, joinPlan } from "../join_plan.ts";
import { painter } from "../style.ts";

/** `join`: gets the node its key and certificate from the cloud, once. */
export const join: Command = {
  name: "join",
  summary: "Get this node its certificate from the cloud with a join token",
  details:
    `Fetches the cloud's CA certificate and compares it with the token, makes a key,
asks for a certificate, and writes rootCA.crt, server.crt and server.key as one.
A node that has joined is left as it is. The token is what 'keadm gettoken'
prints in the cloud; a token file is removed once it was used. A token on the
command line can be seen by other users of this machine.`,
  options: [
    {
      name: "server",
      value: "HOST[:PORT]",
      doc:
        "CloudCore's HTTPS server, port 10002 if none is given; without it " +
        "edgehub.http-server, or the host of edgehub.websocket.url",
    },
    {
      name: "token",
      value: "TOKEN",
      doc: "Join token; without it edgehub.token-file or edgehub.token",
    },
    { name: "token-file", value: "FILE", doc: "File with the join token" },
    {
      name: "node-id",
      value: "NAME",
      doc: "Name of the node; without it edgehub.controller.node-id",
    },
    {
      name: "cert-dir",
      value: "DIR",
      doc: "Folder for the three files; without it the files of " +
        "edgehub.websocket, or certs beside the store",
    },
    {
      name: "attempts",
      value: "COUNT",
      doc: `Tries of each step, by default ${ATTEMPTS_DEFAULT}`,
    },
    { name: "force", doc: "Join anew, whatever is there" },
    ...CONFIG_OPTIONS,
  ],
  examples: [
    [
      "join --server cloud.example:10002 --token-file /run/token",
      "Join as the host name",
    ],
    [
      "join --config /etc/metamanager/edge.yaml --token-file /run/token",
      "Join the cloud of a configuration",
    ],
  ],
  async run(input) {
    const { io } = input;
    const plan = await joinPlan(input);
    try {
      return await run(io, plan);
    } catch (error) {
      if (
        !(error instanceof EnrolmentError) && !(error instanceof IdentityError)
      ) throw error;
      const paint = painter(io, "stderr");
      io.stderr(`${paint("red", "error:")} ${error.message}\n`);
      io.stderr(`${paint("yellow", "hint:")} ${error.hint}\n`);
      return ExitCode.failure;
    }
  },
};

async function run(io: Io, plan: JoinPlan): Promise<number> {
  const { token, files, nodeId } = plan;
  const paint = painter(io, "stdout");
  if (recoverCredentials(files) === "completed") {
    io.stdout(`${paint("yellow", "note:")} completed an interrupted join\n`);
  }
  if (isJoined(io, plan)) return ExitCode.ok;
  const { server } = plan;
  if (!token && plan.tokenFile) {
    throw new UsageError(
      `The token file is empty or does not exist: ${plan.tokenFile}`,
    );
  }
  if (!server) {
    throw new UsageError("Join needs --server, or edgehub.websocket.url");
  }
  if (!token) {
    throw new UsageError(
      "Join needs --token or --token-file, or edgehub.token",
    );
  }
  io.stdout(`joining ${server.host}:${server.port} as ${nodeId}\n`);
  const enrolled = await enrol({
    server,
    proxy: proxyOptions(plan.config),
    token,
    nodeId,
    attemptsMax: plan.attemptsMax,
    clock: new SystemClock(),
    random: systemRandom,
    onProgress: (progress) => io.stdout(lineOf(io, progress)),
  });
  writeCredentials(files, enrolled);
  io.stdout(
    `${paint("green", "ok:")} key and certificate: written to ${
      dirname(files.certFile)
    }\n`,
  );
  await eraseToken(io, plan);
  explain(io, plan);
  return ExitCode.ok;
}

/** Whether there is nothing to do; says why, either way. */
function isJoined(io: Io, plan: JoinPlan): boolean {
  const { files, nodeId, token, isForced } = plan;
  if (isForced) return false;
  const paint = painter(io, "stdout");
  const nowMs = new SystemClock().now();
  const verdict = judgeCredentials(files, { nodeId, nowMs, token });
  const note = (text: string) =>
    io.stdout(`${paint("yellow", "note:")} ${text}\n`);
  switch (verdict.kind) {
    case "good":
      io.stdout(
        `${paint("green", "ok:")} ${nodeId} has joined; its certificate is ` +
          `good until ${dateOf(verdict.notAfterMs)}: ${files.certFile}\n`,
      );
      if (verdict.isLegacy) note("the certificate names no node, as in v1.15");
      return true;
    case "foreign":
      throw new IdentityError(verdict.error.message, {
        hint: "Check --node-id; --force replaces the other node's files",
      });
    case "unusable":
      note(`what is there is of no use: ${verdict.error.message}`);
      return false;
    case "expired":
      note(`the certificate ran out at ${dateOf(verdict.notAfterMs)}`);
      return false;
    case "other-cloud":
      note("what is there is of another cloud than the token");
      return false;
    case "missing":
      return false;
  }
}

function lineOf(io: Io, progress: EnrolmentProgress): string {
  const paint = painter(io, "stdout");
  const name = progress.step === "authority" ? "CA certificate" : "certificate";
  if (progress.kind === "done") {
    return `${paint("green", "ok:")} ${name}: ${progress.detail}\n`;
  }
  const seconds = (progress.waitMs / 1000).toFixed(1);
  return `${paint("yellow", "retry:")} ${name}: ${progress.error.message}, ` +
    `again in ${seconds} s\n`;
}

/** A used token is of use to nobody but a thief (failures.md I4). */
async function eraseToken(
  io: Io,
  { tokenFile, configFile }: JoinPlan,
): Promise<void> {
  const place = tokenFile || configFile;
  if (!place) return;
  const paint = painter(io, "stdout");
  const reason = tokenFile
    ? await new TokenFile(tokenFile).erase()
    : await eraseConfigured(configFile);
  if (reason === "") {
    const done = tokenFile ? "removed" : "erased from";
    io.stdout(`${paint("green", "ok:")} used token: ${done} ${place}\n`);
  } else if (reason !== NO_FILE) {
    io.stdout(
      `${
        paint("yellow", "note:")
      } remove the used token: ${place}: ${reason}\n`,
    );
  }
}

async function eraseConfigured(file: string): Promise<string> {
  const erased = await eraseValue(file, "edgehub.token");
  return erased.kind === "kept" ? erased.reason : "";
}

/** What edge.yaml has to say, if it does not say it yet. */
function explain(io: Io, { files, nodeId, server, config }: JoinPlan): void {
  const { websocket, controller } = config.edgehub;
  const isConfigured = Boolean(websocket.url) &&
    websocket.cafile === files.caFile &&
    websocket.certfile === files.certFile &&
    websocket.keyfile === files.keyFile && controller.nodeId === nodeId;
  if (isConfigured || !server) return;
  const host = server.host.includes(":") ? `[${server.host}]` : server.host;
  // Without its path, which names the node that is configured.
  const url = websocket.url
    ? new URL(websocket.url).origin
    : `wss://${host}:10000`;
  io.stdout(`
Put this into edge.yaml:

edgehub:
  websocket:
    url: ${JSON.stringify(url)}
    certfile: ${JSON.stringify(files.certFile)}
    keyfile: ${JSON.stringify(files.keyFile)}
    cafile: ${JSON.stringify(files.caFile)}
  controller:
    node-id: ${JSON.stringify(nodeId)}
`);
}

function dateOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
