import { dirname } from "node:path";

/** Longest path of a Unix socket in bytes (`sun_path` without its NUL). */
const PATH_BYTES_MAX = 107;
/** Mode of a folder made for a socket: who may enter it may connect. */
const FOLDER_MODE = 0o750;

/** A Unix socket cannot be listened on; `message` says what to do. */
export class UnixSocketError extends Error {
  /** Always `UnixSocketError`. */
  override readonly name = "UnixSocketError";
  /** Path of the socket. */
  readonly path: string;
  /** Whether another process answers there. */
  readonly inUse: boolean;

  /**
   * Names the socket.
   *
   * @param reason Why, and the remedy.
   */
  constructor(
    path: string,
    reason: string,
    options: { inUse?: boolean; cause?: unknown } = {},
  ) {
    super(`Cannot listen on ${path}: ${reason}`, { cause: options.cause });
    this.path = path;
    this.inUse = options.inUse ?? false;
  }
}

/**
 * Makes a path ready to listen on: creates its folder with mode 0750 and
 * removes the socket file that a killed process left behind. Whoever may
 * write into the folder could put a socket of his own in its place, so a
 * folder that everybody may write to is refused.
 *
 * @throws {UnixSocketError} If another process answers there, something that
 *   is no socket has the name, the folder cannot be made or is open to
 *   everybody, or the path is too long.
 */
export async function prepareUnixSocket(path: string): Promise<void> {
  const length = new TextEncoder().encode(path).length;
  if (length > PATH_BYTES_MAX) {
    throw new UnixSocketError(
      path,
      `the path is too long: ${length} bytes, at most ${PATH_BYTES_MAX}`,
    );
  }
  await prepareFolder(path);
  let found: Deno.FileInfo;
  try {
    found = await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  // A plain file refuses connections as well; it is not ours to remove.
  if (!found.isSocket) {
    throw new UnixSocketError(path, "the file there is not a socket, move it");
  }
  if (await isStale(path)) await Deno.remove(path);
}

async function prepareFolder(path: string): Promise<void> {
  const folder = dirname(path);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    throw new UnixSocketError(
      path,
      `the folder cannot be made, make ${folder} for the node's user with mode 0750`,
      { cause: error },
    );
  }
  const mode = (await Deno.stat(folder)).mode ?? 0;
  if ((mode & 0o002) === 0) return;
  throw new UnixSocketError(
    path,
    `everybody may write to ${folder}, choose a folder of its own with mode 0750`,
  );
}

/** Tells whether nobody listens; an answer means that another process does. */
async function isStale(path: string): Promise<boolean> {
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return true;
    throw new UnixSocketError(path, "cannot tell whether it is in use", {
      inUse: true,
      cause: error,
    });
  }
  throw new UnixSocketError(
    path,
    "another instance runs and answers there, stop it first",
    { inUse: true },
  );
}
