import type { Config } from "../config/mod.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** Looks whether agents and operators can connect, or will once the node runs. */
export async function checkSockets(
  config: Config,
  isRunning: boolean,
): Promise<Finding[]> {
  const { edged, admin } = config;
  const findings: Finding[] = [];
  const paths = [["edged.socket", edged.socket], [
    "admin.socket",
    admin.socket,
  ]] as const;
  for (const [key, path] of paths) {
    if (path === "") continue;
    findings.push(await checkPath(`${path} (${key})`, path, isRunning));
  }
  if (edged.listen) {
    const { hostname, port } = edged.listen;
    const named = `${hostname}:${port} (edged.listen)`;
    findings.push(
      isRunning
        ? await tryTcp(named, { hostname, port })
        : tryListen(named, { hostname, port }),
    );
  }
  return findings;
}

const CHECK = "socket";

async function checkPath(
  named: string,
  path: string,
  isRunning: boolean,
): Promise<Finding> {
  try {
    if (!Deno.statSync(path).isSocket) {
      return fail(
        CHECK,
        `What is there is no socket: ${named}`,
        `Move it away, or name another path`,
      );
    }
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    return refused(named, error, isRunning);
  }
  if (isRunning) return ok(CHECK, `${named} answers`);
  return fail(
    CHECK,
    `Another process answers at ${named}, and the node does not run`,
    `End it, or name another path: see who it is with fuser ${path}`,
  );
}

function refused(named: string, error: unknown, isRunning: boolean): Finding {
  const restart = "Restart the node";
  if (error instanceof Deno.errors.NotFound) {
    if (isRunning) return fail(CHECK, `There is none: ${named}`, restart);
    return ok(CHECK, `${named} is free`);
  }
  if (error instanceof Deno.errors.ConnectionRefused) {
    if (isRunning) return fail(CHECK, `Nobody listens at ${named}`, restart);
    return ok(CHECK, `${named} was left by a node that was killed: replaced`);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return warn(
    CHECK,
    `Cannot connect to ${named}: ${reason}`,
    "Run it as the node's user, or as one who may enter the folder",
  );
}

async function tryTcp(
  named: string,
  at: { hostname: string; port: number },
): Promise<Finding> {
  // A port that the system chose is known to the node alone.
  if (at.port === 0) return ok(CHECK, `${named}: a free port`);
  try {
    (await Deno.connect(at)).close();
    return ok(CHECK, `${named} answers`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const text = `Nobody listens at ${named}: ${reason}`;
    return fail(CHECK, text, "Restart the node");
  }
}

function tryListen(
  named: string,
  at: { hostname: string; port: number },
): Finding {
  try {
    Deno.listen(at).close();
    return ok(CHECK, `${named} is free`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(
      CHECK,
      `Cannot listen on ${named}: ${reason}`,
      "End the process that has the port, or give another one to edged.listen",
    );
  }
}
