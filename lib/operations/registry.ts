import { Operation } from "../message/mod.ts";
import type { Operate } from "./context.ts";
import { applicationResponse } from "./application_response.ts";
import { remove } from "./delete.ts";
import { insert } from "./insert.ts";
import { metaSync } from "./meta_sync.ts";
import { nodeConnection } from "./node_connection.ts";
import { patch } from "./patch.ts";
import { query } from "./query.ts";
import { response } from "./response.ts";
import { update } from "./update.ts";

/** Operations that the processor runs; a missing one does not compile. */
export type ProcessedOperation =
  | typeof Operation.insert
  | typeof Operation.update
  | typeof Operation.delete
  | typeof Operation.query
  | typeof Operation.patch
  | typeof Operation.response
  | typeof Operation.error
  | typeof Operation.applicationResponse
  | typeof Operation.connect
  | typeof Operation.publish
  | typeof Operation.metaSync;

/** What runs for each operation. */
export const OPERATIONS: Readonly<Record<ProcessedOperation, Operate>> = {
  [Operation.insert]: insert,
  [Operation.update]: update,
  [Operation.delete]: remove,
  [Operation.query]: query,
  [Operation.patch]: patch,
  [Operation.response]: response,
  [Operation.error]: response,
  [Operation.applicationResponse]: applicationResponse,
  [Operation.connect]: nodeConnection,
  [Operation.publish]: nodeConnection,
  [Operation.metaSync]: metaSync,
};

/** The operation of this name; `undefined` if there is none. */
export function operationFor(name: string): Operate | undefined {
  return Object.hasOwn(OPERATIONS, name)
    ? OPERATIONS[name as ProcessedOperation]
    : undefined;
}
