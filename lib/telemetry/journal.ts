/** What is kept of one message: headers, and contents only if asked for. */
export interface JournalEntry {
  /** Number in the order of writing, from 1. */
  readonly seq: number;
  /** Monotonic time in milliseconds: when it came, or when it left. */
  readonly atMs: number;
  /** Who sent it: `cloud`, `node` or the module of an agent. */
  readonly from: string;
  /** Who got it: `cloud`, `node` or the module of an agent. */
  readonly to: string;
  /** What it does. */
  readonly operation: string;
  /** On what. */
  readonly resource: string;
  /** Module that it says it comes from. */
  readonly source: string;
  /** Group that it is for. */
  readonly group: string;
  /** Its id. */
  readonly id: string;
  /** Id of the message that it answers; empty if it is no answer. */
  readonly parentId: string;
  /** Size on the wire; -1 if it is not known. */
  readonly bytes: number;
  /** Milliseconds from its arrival until its outcome had left; -1 if it left. */
  readonly latencyMs: number;
  /** What became of it. */
  readonly outcome: string;
  /** What it says, as JSON without secrets; empty unless it was asked for. */
  readonly content: string;
}

/** An entry that is being written. */
export type JournalSlot = {
  -readonly [Name in keyof JournalEntry]: JournalEntry[Name];
};

/** What was written since a reader looked last. */
export interface JournalNews {
  /** In the order of writing. */
  readonly entries: readonly JournalEntry[];
  /** Entries that were written over before they were read. */
  readonly dropped: number;
}

/** Bounds of a journal. */
export interface JournalOptions {
  /** Entries kept: the oldest is written over. A power of two. */
  readonly entriesMax: number;
  /** Length of their texts in UTF-16 units: the oldest go. */
  readonly lengthMax: number;
}

/** Longest text of a header that is kept, as `LIMITS.resourceLengthMax`. */
const TEXT_LENGTH_MAX = 1024;

/**
 * The messages that flowed last, in memory: a ring of slots that are made once
 * and written over, so that a message costs a few assignments while nobody
 * looks.
 *
 * Invariants: no more than the bounds is kept; a content is kept only while
 * somebody who wants contents is attached, and is without secrets by then.
 */
export class Journal {
  readonly #slots: JournalSlot[];
  readonly #lengthMax: number;
  #seq = 0;
  /** The oldest that is kept; the one after the last if none is. */
  #first = 1;
  /** Length of all texts that are kept. */
  #length = 0;
  #contentReaders = 0;
  #onHalf: (() => void) | undefined;

  /**
   * Makes an empty journal.
   *
   * @throws {TypeError} If the number of entries is no power of two.
   */
  constructor({ entriesMax, lengthMax }: JournalOptions) {
    if (entriesMax < 2 || (entriesMax & (entriesMax - 1)) !== 0) {
      throw new TypeError(
        `Cannot make a journal: expected a power of two, got: ${entriesMax}`,
      );
    }
    this.#slots = Array.from({ length: entriesMax }, emptySlot);
    this.#lengthMax = lengthMax;
  }

  /** Number of the entry written last; 0 before the first. */
  get seq(): number {
    return this.#seq;
  }

  /** Whether somebody who wants contents is attached. */
  get wantsContents(): boolean {
    return this.#contentReaders > 0;
  }

  /** Told whenever half of the ring was written: who follows should look. */
  set onHalf(listener: () => void) {
    this.#onHalf = listener;
  }

  /**
   * The slot for the next entry, the oldest one's until now. The caller sets
   * all of it but `seq`, at once, and hands it to `written`.
   */
  next(): JournalSlot {
    const slot = this.#slots[this.#seq & (this.#slots.length - 1)];
    if (!slot) throw new TypeError("Journal has no slot");
    if (slot.seq === this.#first) this.#forgetFirst();
    return slot;
  }

  /** Takes the slot that `next` gave; its texts are cut where too long. */
  written(slot: JournalSlot): void {
    if (lengthOf(slot) > TEXT_LENGTH_MAX) cut(slot);
    slot.seq = ++this.#seq;
    this.#length += lengthOf(slot);
    while (this.#length > this.#lengthMax && this.#first < this.#seq) {
      this.#forgetFirst();
    }
    if ((this.#seq & (this.#slots.length / 2 - 1)) === 0) this.#onHalf?.();
  }

  /** What was written after an entry; with 0 all that is kept. */
  since(seq: number): JournalNews {
    const entries: JournalEntry[] = [];
    const from = Math.max(seq + 1, this.#first);
    for (let at = from; at <= this.#seq; at++) {
      const slot = this.#slots[(at - 1) & (this.#slots.length - 1)];
      // A copy: the slot is written over while a reader still waits.
      if (slot) entries.push({ ...slot });
    }
    return { entries, dropped: seq === 0 ? 0 : from - seq - 1 };
  }

  /**
   * Contents are kept from now on, until all who asked for them have ended it.
   *
   * @returns Ends it; further calls do nothing.
   */
  keepContents(): () => void {
    this.#contentReaders++;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#contentReaders === 0) this.#forgetContents();
    };
  }

  #forgetContents(): void {
    for (const slot of this.#slots) {
      if (slot.seq >= this.#first) this.#length -= slot.content.length;
      slot.content = "";
    }
  }

  /** Its texts go at once: they may be the reason why it goes. */
  #forgetFirst(): void {
    const slot = this.#slots[(this.#first - 1) & (this.#slots.length - 1)];
    this.#first++;
    if (!slot) return;
    this.#length -= lengthOf(slot);
    slot.operation =
      slot.resource =
      slot.source =
      slot.group =
        "";
    slot.id = slot.parentId = slot.content = "";
  }
}

/** Length of the texts that come from peers. */
function lengthOf(slot: JournalEntry): number {
  return slot.operation.length + slot.resource.length + slot.source.length +
    slot.group.length + slot.id.length + slot.parentId.length +
    slot.content.length;
}

function cut(slot: JournalSlot): void {
  slot.operation = cutText(slot.operation);
  slot.resource = cutText(slot.resource);
  slot.source = cutText(slot.source);
  slot.group = cutText(slot.group);
  slot.id = cutText(slot.id);
  slot.parentId = cutText(slot.parentId);
}

/** A copy: a part of a string keeps the whole string alive. */
function cutText(text: string): string {
  if (text.length <= TEXT_LENGTH_MAX) return text;
  return structuredClone(text.slice(0, TEXT_LENGTH_MAX)) + "...";
}

function emptySlot(): JournalSlot {
  return {
    seq: 0,
    atMs: 0,
    from: "",
    to: "",
    operation: "",
    resource: "",
    source: "",
    group: "",
    id: "",
    parentId: "",
    bytes: -1,
    latencyMs: -1,
    outcome: "",
    content: "",
  };
}
