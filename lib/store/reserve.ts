import type { Clock } from "../base/mod.ts";
import { FILE_MODE } from "./env.ts";
import { StoreError } from "./errors.ts";
import type { FileSystem } from "./file_system.ts";

/** Time between two looks at the free space, in milliseconds. */
const LOOK_EVERY_MS = 1000;
/** Time after a full disk before the reserve is written again, in milliseconds. */
const REFILL_AFTER_MS = 60_000;
/** Room beyond the reserve that has to be free before the store grows again. */
const MARGIN_BYTES = 4 * 1024 * 1024;

/**
 * A file that occupies room for the day the disk is full: in WAL mode even a
 * delete and a checkpoint need some (platform.md 3.6). When SQLite says full
 * it is removed; from then on the store takes deletes but nothing that makes
 * it grow, until room has come back and the reserve stands again.
 */
export class Reserve {
  readonly #path: string;
  readonly #sizeBytes: number;
  readonly #fs: FileSystem;
  readonly #clock: Clock;
  #problem = "";
  /** Since when the disk is full, for a person. */
  #since = "";
  #isFull = false;
  #fullAtMs = -Infinity;
  #lookedAtMs = -Infinity;
  #tendedAtMs = -Infinity;
  /** What the last look found, while the disk counts as full. */
  #hasRoom = false;

  /** @param options `sizeBytes`: 0 for none. */
  constructor(
    options: { path: string; sizeBytes: number; fs: FileSystem; clock: Clock },
  ) {
    this.#path = options.path;
    this.#sizeBytes = options.sizeBytes;
    this.#fs = options.fs;
    this.#clock = options.clock;
  }

  /** What is wrong; empty if nothing is. */
  get problem(): string {
    return this.#problem;
  }

  /** Makes the reserve unless it is there; a failure becomes the problem. */
  fill(): void {
    const info = this.#fs.stat(this.#path);
    if (this.#sizeBytes === 0) return;
    if (info && info.sizeBytes >= this.#sizeBytes) {
      this.#fs.chmod(this.#path, FILE_MODE);
      return this.#settled();
    }
    const freeBytes = this.#fs.freeBytes(folderOf(this.#path));
    if (freeBytes !== undefined && freeBytes < this.#neededBytes) {
      this.#problem = `Disk nearly full: ${freeBytes} bytes free, ` +
        `no room for the reserve of ${this.#sizeBytes}`;
      return;
    }
    try {
      this.#fs.occupy(this.#path, this.#sizeBytes);
      this.#settled();
    } catch (error) {
      this.#problem = `Cannot write the reserve ${this.#path}: ${
        error instanceof Error ? error.message : String(error)
      }`;
    }
  }

  /** Makes the reserve anew if somebody removed it. */
  restore(): void {
    if (!this.#isFull) this.fill();
  }

  /** Gives the reserve up: SQLite said that the disk is full. */
  spend(): void {
    this.#fullAtMs = this.#clock.monotonic();
    this.#lookedAtMs = this.#fullAtMs;
    if (!this.#isFull) {
      this.#since = new Date(this.#clock.now()).toISOString();
    }
    this.#isFull = true;
    this.#noteRoom(false);
    this.#fs.remove(this.#path);
  }

  /**
   * Asks whether the store may grow.
   *
   * @throws {StoreError} `full` while the disk is.
   */
  admit(): void {
    if (!this.#isFull) return;
    this.#look();
    if (!this.#isFull || this.#hasRoom) return;
    throw new StoreError("full", `Cannot store more: ${this.#problem}`, {
      hint: "Free space on the file system of the store",
    });
  }

  /** Looks whether what was wrong is over, for when nothing is to be stored. */
  tend(): void {
    if (this.#isFull) return this.#look();
    if (this.#problem === "") return;
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#tendedAtMs < REFILL_AFTER_MS) return;
    this.#tendedAtMs = nowMs;
    this.fill();
  }

  /** Looks at the free space, at most once a second. */
  #look(): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs - this.#lookedAtMs < LOOK_EVERY_MS) return;
    this.#lookedAtMs = nowMs;
    const freeBytes = this.#fs.freeBytes(folderOf(this.#path));
    // Where it is not known it is tried: SQLite will say.
    this.#noteRoom(freeBytes === undefined || freeBytes >= this.#neededBytes);
    if (!this.#hasRoom || nowMs - this.#fullAtMs < REFILL_AFTER_MS) return;
    this.fill();
    if (this.#sizeBytes === 0) this.#settled();
    this.#hasRoom = !this.#isFull;
  }

  #noteRoom(hasRoom: boolean): void {
    this.#hasRoom = hasRoom;
    this.#problem = `Disk full since ${this.#since}` +
      (hasRoom
        ? ", there is room again: the reserve is written anew a minute after " +
          "it was full"
        : ": only deletes are stored");
  }

  get #neededBytes(): number {
    return this.#sizeBytes + MARGIN_BYTES;
  }

  #settled(): void {
    this.#isFull = false;
    this.#problem = "";
  }
}

/** Folder in which a file lies. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end < 0 ? "." : path.slice(0, end) || "/";
}
