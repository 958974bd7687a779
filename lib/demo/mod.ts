/**
 * The demonstration: a cloud, a node and a pod agent in one process, over
 * real sockets, through the seven operations, an outage and a restart; every
 * step is checked.
 *
 * It prints nothing: steps are events. Open `demo.ts` first, then the acts.
 *
 * @module
 */
export { type DemoOptions, type DemoResult, runDemo } from "./demo.ts";
export type { DemoEvent, Hop, Party } from "./event.ts";
