import { Operation } from "../message/mod.ts";
import { STATE_TYPES } from "../operations/mod.ts";
import type { OutboxInfo } from "../store/mod.ts";

/**
 * Which message of the outbox is sent next on the present connection: state
 * first, of what waits at its begin the newest before the older, then the rest
 * in its order.
 *
 * Invariants: of one resource at most one message is out, and its messages go
 * in the order in which they came; a resource is in line once, however many
 * messages it has.
 */
export class OutboxQueue {
  /** Messages not sent yet, by resource, each in its order. */
  readonly #lines = new Map<string, OutboxInfo[]>();
  /** Resources that may send, in the order in which they will. */
  readonly #states = new Set<string>();
  readonly #rest = new Set<string>();
  /** Resources that wait for an answer, or until they may send. */
  readonly #busy = new Set<string>();
  #size = 0;

  /** Messages in line, those included that left the outbox meanwhile. */
  get size(): number {
    return this.#size;
  }

  /** Whether `next` has a message. */
  get hasNext(): boolean {
    return this.#states.size + this.#rest.size > 0;
  }

  /** Takes in what a new connection begins with, given oldest first. */
  begin(rows: readonly OutboxInfo[]): void {
    const states = rows.filter(isState);
    this.add(states);
    const newest = new Set(states.reverse().map(({ resource }) => resource));
    for (const resource of newest) {
      // To the end of the line, one by one; within one its order stays.
      if (this.#states.delete(resource)) this.#states.add(resource);
    }
    this.add(rows.filter((row) => !isState(row)));
  }

  /** Takes in what came later, given oldest first. */
  add(rows: readonly OutboxInfo[]): void {
    for (const row of rows) this.#add(row);
  }

  /** The next message, taken out of the line; its resource is busy then. */
  next(): OutboxInfo | undefined {
    const [resource] = this.#states.size > 0 ? this.#states : this.#rest;
    if (resource === undefined) return undefined;
    this.#states.delete(resource);
    this.#rest.delete(resource);
    const line = this.#lines.get(resource);
    const row = line?.shift();
    if (line?.length === 0) this.#lines.delete(resource);
    if (row) this.#size--;
    this.#busy.add(resource);
    return row;
  }

  /** Lets a resource send again. */
  release(resource: string): void {
    this.#busy.delete(resource);
    this.#line(resource);
  }

  /** Puts a message back before those of its resource, which stays busy. */
  putBack(row: OutboxInfo): void {
    this.#size++;
    this.#busy.add(row.resource);
    const line = this.#lines.get(row.resource);
    if (line) line.unshift(row);
    else this.#lines.set(row.resource, [row]);
  }

  /** Keeps a resource from sending until it is released. */
  occupy(resource: string): void {
    this.#busy.add(resource);
    this.#states.delete(resource);
    this.#rest.delete(resource);
  }

  /** Forgets everything. */
  clear(): void {
    this.#lines.clear();
    this.#states.clear();
    this.#rest.clear();
    this.#busy.clear();
    this.#size = 0;
  }

  #add(row: OutboxInfo): void {
    const line = this.#lines.get(row.resource);
    const last = line?.at(-1);
    if (!line || !last) this.#lines.set(row.resource, [row]);
    else if (isUpdate(last) && isUpdate(row)) {
      // It took its place in the outbox, too.
      line[line.length - 1] = row;
      return;
    } else line.push(row);
    this.#size++;
    this.#line(row.resource);
  }

  #line(resource: string): void {
    const first = this.#lines.get(resource)?.[0];
    if (!first || this.#busy.has(resource)) return;
    (isState(first) ? this.#states : this.#rest).add(resource);
  }
}

function isState(row: OutboxInfo): boolean {
  return STATE_TYPES.has(row.type);
}

function isUpdate(row: OutboxInfo): boolean {
  return row.operation === Operation.update;
}
