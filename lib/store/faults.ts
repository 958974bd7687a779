import type { StoreError } from "./errors.ts";

/** What has been noticed about the open file and calls for a repair. */
export class Faults {
  /** The error that says the file is damaged or gone. */
  broken: StoreError | undefined;

  /** Keeps the first error that only a repair can end. */
  note(error: StoreError): void {
    const calls = error.kind === "corrupt" || error.kind === "file-gone" ||
      error.kind === "not-a-database";
    if (calls) this.broken ??= error;
  }
}
