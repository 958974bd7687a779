import { storeError } from "./classify.ts";
import type { Connection } from "./driver.ts";
import type { StoreEnv } from "./env.ts";
import { StoreError } from "./errors.ts";
import { readText, writeState } from "./state.ts";

/** Whose data a store holds. */
export interface StoreOwner {
  /** Name of the node. */
  readonly node: string;
  /**
   * Fingerprints of the authorities that the node trusts for its cloud; none
   * if they are not known now.
   */
  readonly authorities: readonly string[];
}

/**
 * Binds a store to its owner at first use, and later compares (failures.md
 * C12). The data of another node is refused. Another authority may be another
 * cluster, or only a new certificate of the same: what is stored is served on,
 * and a problem is noted until the cloud has been asked about all of it.
 *
 * @throws {StoreError} `foreign` if the store is that of another node.
 */
export function bind(env: StoreEnv, db: Connection): void {
  const { owner } = env;
  if (!owner) return;
  const node = readText(db, "node");
  if (node !== "" && node !== owner.node) {
    throw new StoreError(
      "foreign",
      `Cannot use ${env.path}: it holds the objects of node ${node}, and ` +
        `this is node ${owner.node}`,
      {
        hint: `Set edgehub.controller.node-id to ${node}, or name another ` +
          "path in store.path",
      },
    );
  }
  const known = readText(db, "authority").split(" ").filter(Boolean);
  const given = [...owner.authorities].sort();
  const isSame = given.length === 0 || given.join() === known.join();
  if (node !== "" && isSame) return;
  try {
    db.run("BEGIN IMMEDIATE");
    if (node === "") writeState(db, "node", owner.node);
    if (!isSame) {
      writeState(db, "authority", given.join(" "));
      // A new one beside the old is how authorities are exchanged.
      const isOther = known.length > 0 &&
        !given.some((one) => known.includes(one));
      if (isOther) noteOther(env, db);
    }
    db.run("COMMIT");
  } catch (error) {
    if (db.inTransaction) db.run("ROLLBACK");
    const failure = storeError(error, `bind ${env.path}`);
    if (failure.kind !== "full") throw failure;
    // A full disk must not keep the node from serving; the next start binds.
    env.log("warn", `Not bound to its node: ${failure.message}`);
  }
}

function noteOther(env: StoreEnv, db: Connection): void {
  const now = new Date(env.clock.now()).toISOString();
  const problem = `Not in sync since ${now}, the authority of the cloud is ` +
    `another one: what ${env.path} holds may be of another cluster`;
  env.log("error", problem);
  // What a repair could not save is the greater problem.
  if (readText(db, "problem") === "") writeState(db, "problem", problem);
}
