/** State of the link, for a person. */
export interface LinkState {
  /** What it does; `unproven` until the cloud has answered. */
  readonly state: "disconnected" | "dialling" | "unproven" | "connected";
  /** Since when, wall clock in milliseconds. */
  readonly since: number;
}

/** What waits at the link. */
export interface LinkLoad {
  /** Bytes that wait for the uplink. */
  readonly bufferedBytes: number;
  /** Whether nothing is read until the node has room. */
  readonly isPaused: boolean;
  /** How often reading was paused on this connection. */
  readonly pauses: number;
}

/** Nothing waits where there is no link. */
export const NO_LOAD: LinkLoad = {
  bufferedBytes: 0,
  isPaused: false,
  pauses: 0,
};
