import { type Action, ActionError } from "../admin/mod.ts";
import { type SqliteStore, StoreError } from "../store/mod.ts";

/** What an operator can have done with the store of a running node, by path. */
export function storeActions(
  store: Pick<SqliteStore, "compactStep">,
): Readonly<Record<string, Action>> {
  return {
    "/store/compact": () => {
      try {
        return store.compactStep();
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        throw new ActionError(503, error.message, {
          hint: error.hint,
          cause: error,
        });
      }
    },
  };
}
