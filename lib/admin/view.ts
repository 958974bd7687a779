/**
 * A JSON page that takes parameters. It is for the operator's socket alone
 * unless it is made with {@link publicView}.
 *
 * @param parameters Those of the address, as in `/objects?type=pod`.
 * @returns Any JSON value, or its promise.
 * @throws {ActionError} If a parameter is wrong, with the remedy.
 */
export interface View {
  (parameters: URLSearchParams): unknown;
  /** Whether it holds no contents and no secrets. @default false */
  readonly isPublic?: boolean;
}

/** A view that holds no contents of objects and messages, so it may go over TCP, too. */
export function publicView(view: View): View {
  return Object.assign(
    (parameters: URLSearchParams) => view(parameters),
    { isPublic: true },
  );
}
