import {
  type KeyFileSystem,
  SystemKeyFileSystem,
} from "../../lib/identity/mod.ts";

/** The process was killed. */
export class Killed extends Error {}

/** Ends after so many changes, or within one: a file is then half written. */
export class KillingSystem implements KeyFileSystem {
  readonly #system = new SystemKeyFileSystem();
  readonly done: string[] = [];

  constructor(readonly stepsMax: number, readonly tornAt = Infinity) {}

  #step(name: string, act: () => boolean | void): boolean {
    if (this.done.length >= this.stepsMax) throw new Killed();
    this.done.push(name);
    return act() ?? true;
  }

  read(path: string) {
    return this.#system.read(path);
  }
  lock(path: string) {
    return this.#system.lock(path);
  }
  makeFolder(path: string) {
    this.#step("folder", () => this.#system.makeFolder(path));
  }
  create(path: string, text: string) {
    const isTorn = this.done.length === this.tornAt;
    this.#step(
      "create",
      () => this.#system.create(path, isTorn ? text.slice(0, 40) : text),
    );
    if (isTorn) throw new Killed();
  }
  rename(from: string, to: string) {
    this.#step("rename", () => this.#system.rename(from, to));
  }
  remove(path: string): boolean {
    // A killed process cleans nothing up.
    if (this.done.length >= this.stepsMax || this.tornAt < Infinity) {
      throw new Killed();
    }
    return this.#system.remove(path);
  }
  syncFolder(path: string) {
    this.#step("sync", () => this.#system.syncFolder(path));
  }
}
