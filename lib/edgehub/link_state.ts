/** State of the link, for a person. */
export interface LinkState {
  /** What it does; `unproven` until the cloud has answered. */
  readonly state: "disconnected" | "dialling" | "unproven" | "connected";
  /** Since when, wall clock in milliseconds. */
  readonly since: number;
}
