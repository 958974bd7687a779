import { assertEquals } from "@std/assert";
import type { Clock, Timer } from "../../../lib/base/mod.ts";
import {
  type EndSignal,
  type SignalSource,
  watchSignals,
} from "../../../lib/cli/signals.ts";

class Stage implements Clock, SignalSource {
  nowMs = 0;
  readonly seen: string[] = [];
  readonly listeners = new Map<EndSignal, () => void>();
  readonly end = watchSignals({
    clock: this,
    source: this,
    onFirst: (signal) => this.seen.push(`first ${signal}`),
    onSecond: (signal) => this.seen.push(`second ${signal}`),
  });

  send(signal: EndSignal): void {
    this.listeners.get(signal)?.();
  }

  now(): number {
    return 0;
  }

  monotonic(): number {
    return this.nowMs;
  }

  after(): Timer {
    throw new Error("Signals set no timers");
  }

  defer(): Timer {
    throw new Error("Signals set no timers");
  }

  addSignalListener(signal: EndSignal, listener: () => void): void {
    this.listeners.set(signal, listener);
  }

  removeSignalListener(signal: EndSignal, listener: () => void): void {
    if (this.listeners.get(signal) === listener) this.listeners.delete(signal);
  }
}

Deno.test("watchSignals, one Ctrl-C that arrives twice is one signal", () => {
  const stage = new Stage();
  stage.send("SIGINT");
  stage.nowMs = 99;
  stage.send("SIGINT");
  assertEquals(stage.seen, ["first SIGINT"]);
  stage.nowMs = 100;
  stage.send("SIGINT");
  assertEquals(stage.seen, ["first SIGINT", "second SIGINT"]);
});

Deno.test("watchSignals, another signal is no repeat, however soon it comes", () => {
  const stage = new Stage();
  stage.send("SIGINT");
  stage.send("SIGTERM");
  assertEquals(stage.seen, ["first SIGINT", "second SIGTERM"]);
});

Deno.test("watchSignals, hears each of the three, until it is ended", () => {
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) {
    const stage = new Stage();
    stage.send(signal);
    assertEquals(stage.seen, [`first ${signal}`]);
    stage.end();
    assertEquals(stage.listeners.size, 0);
  }
});
