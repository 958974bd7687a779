/** One step of the schema, forward only; a released one never changes. */
export interface Migration {
  /** `user_version` of the file after it; one more than that of the last. */
  readonly version: number;
  /** Statements, run within one transaction together with the version. */
  readonly sql: string;
}
