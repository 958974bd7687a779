import { offlineViews } from "../app/mod.ts";
import type { Config } from "../config/mod.ts";
import { storeFileMark } from "../store/mod.ts";
import { AdminClientError, askNode } from "./admin_client.ts";
import type { Io } from "./io.ts";
import { painter } from "./style.ts";

/** Asks for a page; a JSON value. */
export type Ask = (path: string, parameters?: Parameters) => Promise<unknown>;

/** Parameters of a page; those that are `undefined` are left out. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/**
 * Asks the running node, or while it is down reads its store file. Each
 * question goes to the node first, so that one that starts or ends meanwhile
 * is followed. The first answer from the file is noted on standard error.
 *
 * @throws {AdminClientError} From `Ask`, if the node runs and says no.
 * @throws {StoreError} From `Ask`, if it is down and its file cannot be read.
 */
export function nodeOrFile(config: Config, io: Io): Ask {
  const offline = offlineViews(config.store.path);
  let isNoted = false;
  return async (path, parameters = {}) => {
    const given = new URLSearchParams(
      Object.entries(parameters).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value]]
      ),
    );
    const query = given.size > 0 ? `?${given}` : "";
    const { socket } = config.admin;
    try {
      if (socket !== "") return await askNode(socket, path + query);
    } catch (error) {
      if (!(error instanceof AdminClientError) || !error.isDown) throw error;
      if (storeFileMark(config.store.path) === "") {
        throw new AdminClientError(
          `${error.message}, and no store ${config.store.path}`,
          { hint: error.hint, isDown: true, cause: error },
        );
      }
    }
    const answer = await offline[path]?.(given);
    if (!isNoted) {
      const why = socket === "" ? "admin.socket is empty" : "no node answers";
      io.stderr(
        `${painter(io, "stderr")("yellow", "note:")} ${why}, ` +
          `read from ${config.store.path}\n`,
      );
    }
    isNoted = true;
    return answer;
  };
}
