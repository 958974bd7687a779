import { ActionError, type AdminSources } from "../admin/mod.ts";
import { isRecord } from "../base/mod.ts";
import {
  type Processor,
  ResyncError,
  type ResyncOrder,
} from "../processor/mod.ts";

/**
 * Adds what an operator compares store and cloud with: `POST /resync` begins,
 * `GET /resync` says how far it is, and in the end what differs.
 */
export function withResync<
  T extends Required<Pick<AdminSources, "views" | "actions">>,
>(from: T, { resync }: Pick<Processor, "resync">): T {
  return {
    ...from,
    views: { ...from.views, "/resync": () => resync.state },
    actions: {
      ...from.actions,
      "/resync": (input: unknown) => {
        const order = readOrder(input);
        try {
          resync.start(order);
        } catch (error) {
          if (!(error instanceof ResyncError)) throw error;
          const { message, hint, isWrong } = error;
          throw new ActionError(isWrong ? 400 : 409, message, {
            hint,
            cause: error,
          });
        }
        return resync.state;
      },
    },
  };
}

function readOrder(input: unknown): ResyncOrder {
  if (isRecord(input)) {
    const { type, apply = false } = input;
    const isType = type === undefined || typeof type === "string";
    if (isType && typeof apply === "boolean") {
      return { apply, ...(type === undefined ? {} : { type }) };
    }
  }
  throw new ActionError(
    400,
    'Body must be {"type": <type, if not all>, "apply": <boolean>}',
  );
}
