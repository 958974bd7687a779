import { dirname } from "node:path";
import type { Config } from "../config/mod.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { nearestFolder } from "./nearest_folder.ts";

/** A folder that the node writes to. */
interface Place {
  readonly folder: string;
  /** Key of the configuration that names something in it. */
  readonly key: string;
  /** Mode that it should have. */
  readonly mode: string;
}

/**
 * Tries the folders that the node writes to, as the user who asks: makes a
 * file in each and removes it, since a mode does not tell of a disk that is
 * mounted read-only, of ACLs or of quotas.
 */
export function checkFolders(config: Config): Finding[] {
  const { store, edged, admin, edgehub: { websocket } } = config;
  const sockets = [["edged.socket", edged.socket], [
    "admin.socket",
    admin.socket,
  ]] as const;
  const findings = [judge(
    { folder: dirname(store.path), key: "store.path", mode: "0700" },
    false,
  )];
  for (const [key, path] of sockets) {
    if (path === "") continue;
    findings.push(judge({ folder: dirname(path), key, mode: "0750" }, true));
  }
  if (websocket.keyfile !== "") {
    const found = judge({
      folder: dirname(websocket.keyfile),
      key: "edgehub.websocket.keyfile",
      mode: "0700",
    }, false);
    // Without the right to write there a node still runs, until the
    // certificate has to be replaced.
    findings.push(found.state === "fail" ? { ...found, state: "warn" } : found);
  }
  return findings;
}

/** @param isStrict Whether the node refuses a folder that all may write to. */
function judge({ folder, key, mode }: Place, isStrict: boolean): Finding {
  const check = "folder";
  const named = `${folder} (${key})`;
  try {
    const there = nearestFolder(folder);
    const loose = (Deno.statSync(there).mode ?? 0) & 0o7777;
    tryWrite(there);
    if (there !== folder) {
      return ok(check, `${named} is not there yet and can be made`);
    }
    const octal = loose.toString(8).padStart(4, "0");
    const isSticky = (loose & 0o1000) !== 0;
    if ((loose & 0o002) !== 0 && (isStrict || !isSticky)) {
      const finding = isStrict ? fail : warn;
      return finding(
        check,
        `Everybody may write to ${named}, mode ${octal}`,
        `Use a folder of its own, or chmod ${mode} ${folder}`,
      );
    }
    return ok(check, `${named} can be written, mode ${octal}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return fail(
      check,
      `Cannot write to ${named}: ${reason.replace(/: tmpfile$/, "")}`,
      `Make it for the node's user, mode ${mode}, on a disk that can be written`,
    );
  }
}

function tryWrite(folder: string): void {
  const file = Deno.makeTempFileSync({
    dir: folder,
    prefix: ".metamanager-doctor-",
  });
  Deno.removeSync(file);
}

/**
 * Says whose rights were tried: what root may do says nothing about the
 * node's user.
 *
 * @param uid User who asks.
 */
export function checkUser(config: Config, uid: number | null): Finding[] {
  const { path } = config.store;
  const owner = ownerOf(path) ?? ownerOf(dirname(path));
  if (owner === undefined || uid === null) return [];
  if (owner === uid) return [ok("user", `${uid}, who owns the store`)];
  return [
    warn(
      "user",
      `Rights were tried as user ${uid}, but user ${owner} owns the store`,
      `Run it as the node's user: sudo -u '#${owner}' metamanager doctor`,
    ),
  ];
}

function ownerOf(path: string): number | undefined {
  try {
    return Deno.statSync(path).uid ?? undefined;
  } catch {
    // Why it cannot be looked at is told by whoever tries to use it.
    return undefined;
  }
}
