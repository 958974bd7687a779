import type { View } from "../admin/mod.ts";
import { type Clock, SystemClock } from "../base/mod.ts";
import { readStoreFile, storeFileMark, StoreView } from "../store/mod.ts";
import { objectViews } from "./object_views.ts";
import { outboxMessage } from "./outbox_report.ts";

/**
 * What the pages of a node say of its store, read from the file while the
 * node is down: the same paths, the same answers.
 *
 * @param path Path of the store (`store.path`).
 * @param options `clock`: for ages. @default the machine's
 */
export function offlineViews(
  path: string,
  { clock = new SystemClock() }: { readonly clock?: Clock } = {},
): Readonly<Record<string, View>> {
  const nowMs = () => clock.now();
  const mark = () => storeFileMark(path);
  const viewsOf = (view: StoreView): Readonly<Record<string, View>> => ({
    ...objectViews({ view, mark, nowMs }),
    "/outbox": () => ({
      messages: view.outbox().map((row) =>
        outboxMessage(row, { nowMs: nowMs(), isSent: false })
      ),
    }),
  });
  const paths = ["/objects", "/objects/keys", "/objects/types", "/outbox"];
  return Object.fromEntries(paths.map((page) => [
    page,
    (parameters: URLSearchParams) =>
      readStoreFile(
        path,
        (db) => viewsOf(new StoreView({ db: () => db }))[page]?.(parameters),
        { clock },
      ),
  ]));
}
