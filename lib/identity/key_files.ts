import { createPrivateKey, X509Certificate } from "node:crypto";
import { dirname } from "node:path";
import type { CredentialFiles } from "./credentials.ts";
import { IdentityError } from "./errors.ts";
import { type KeyFileSystem, SystemKeyFileSystem } from "./key_file_system.ts";

/** What is written. */
export interface NewCredentials {
  /** The node's certificate, PEM. */
  readonly certPem: string;
  /** Its private key, PEM. */
  readonly keyPem: string;
  /** The cloud's CA, PEM; left out by a rotation, which keeps it. */
  readonly caPem?: string;
}

/**
 * What {@link recoverCredentials} found: nothing to do; an interrupted change
 * that was completed; or one that was undone, the former files being whole.
 */
export type Recovery = "nothing" | "completed" | "undone";

/** Ending of a file on its way in. */
const NEW = ".new";

/**
 * Writes key and certificate, and the CA if given, as one: whoever calls
 * {@link recoverCredentials} before reading finds the former pair or the new
 * one, whole, wherever this was killed (failures.md H4).
 *
 * All files are first written beside, the certificate last: once it is on the
 * disk the change counts, and the renames only carry it out.
 *
 * @throws {IdentityError} If key and certificate do not belong together,
 *   or a file cannot be written.
 */
export function writeCredentials(
  files: CredentialFiles,
  credentials: NewCredentials,
  system: KeyFileSystem = new SystemKeyFileSystem(),
): void {
  const { caPem, certPem, keyPem } = credentials;
  if (!isPair(certPem, keyPem)) {
    throw new IdentityError(
      "Cannot store the pair: key and certificate do not belong together",
      { hint: "Join again: metamanager join --force" },
    );
  }
  // In this order: the certificate last, it is what makes the change count.
  const texts: readonly (readonly [string, string])[] = [
    ...(caPem === undefined ? [] : [[files.caFile, caPem] as const]),
    [files.keyFile, keyPem],
    [files.certFile, certPem],
  ];
  try {
    for (const folder of foldersOf(files)) system.makeFolder(folder);
    using _lock = system.lock(dirname(files.keyFile));
    recover(files, system);
    writeBeside(texts, system);
    install(texts.map(([path]) => path), system);
  } catch (cause) {
    throw notWritten(files, cause);
  }
}

/**
 * Completes or undoes what {@link writeCredentials} left when it was killed.
 * Call it at start, before the files are read; it is cheap and changes nothing
 * where nothing is left.
 *
 * @throws {IdentityError} If a file cannot be read, renamed or removed.
 */
export function recoverCredentials(
  files: CredentialFiles,
  system: KeyFileSystem = new SystemKeyFileSystem(),
): Recovery {
  if (!files.certFile || !files.keyFile) return "nothing";
  try {
    // Others may hold the lock; it is asked for only if there is work.
    const isLeft = pathsOf(files).some((path) =>
      system.read(path + NEW) !== undefined
    );
    if (!isLeft) return "nothing";
    using lock = system.lock(dirname(files.keyFile));
    return lock ? recover(files, system) : "nothing";
  } catch (cause) {
    throw notWritten(files, cause);
  }
}

function recover(files: CredentialFiles, system: KeyFileSystem): Recovery {
  const key = system.read(files.keyFile + NEW);
  const certificate = system.read(files.certFile + NEW);
  // Either half may already be in place.
  const isWhole = (key !== undefined || certificate !== undefined) &&
    isPair(
      certificate ?? system.read(files.certFile) ?? "",
      key ?? system.read(files.keyFile) ?? "",
    );
  if (!isWhole) return undo(files, system) ? "undone" : "nothing";
  const beside = pathsOf(files).filter((path) =>
    system.read(path + NEW) !== undefined
  );
  install(beside, system);
  return "completed";
}

/** Writes all files beside; a failure leaves none behind. */
function writeBeside(
  texts: readonly (readonly [string, string])[],
  system: KeyFileSystem,
): void {
  const written: string[] = [];
  try {
    for (const [path, text] of texts) {
      system.create(path + NEW, text);
      written.push(path + NEW);
    }
  } catch (error) {
    for (const path of written) system.remove(path);
    throw error;
  }
}

/**
 * Gives what lies beside its names, in this order on the disk too: a CA that
 * came last would look like one of a change that never counted.
 */
function install(paths: readonly string[], system: KeyFileSystem): void {
  for (const path of paths) system.syncFolder(dirname(path));
  for (const path of paths) {
    system.rename(path + NEW, path);
    system.syncFolder(dirname(path));
  }
}

/** Removes what lies beside; `false` if there was nothing. */
function undo(files: CredentialFiles, system: KeyFileSystem): boolean {
  const beside = pathsOf(files).toReversed();
  return beside.filter((path) => system.remove(path + NEW)).length > 0;
}

function foldersOf(files: CredentialFiles): string[] {
  return [...new Set(pathsOf(files).map((path) => dirname(path)))];
}

/** In the order in which they are put in place. */
function pathsOf({ caFile, keyFile, certFile }: CredentialFiles): string[] {
  return [caFile, keyFile, certFile].filter(Boolean);
}

function isPair(certPem: string, keyPem: string): boolean {
  try {
    const certificate = new X509Certificate(certPem);
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    // A file that was cut off is no half of a pair; its text stays unquoted.
    return false;
  }
}

function notWritten(files: CredentialFiles, cause: unknown): IdentityError {
  return new IdentityError(
    `Cannot write key and certificate: ${dirname(files.keyFile)}`,
    {
      file: files.keyFile,
      hint: cause instanceof Deno.errors.WouldBlock
        ? "Another process has locked that folder: see who with fuser or lsof"
        : "Check that this user may write there, and free space",
      cause,
    },
  );
}
