import { assertEquals } from "@std/assert";
import type { Io } from "../../../lib/cli/mod.ts";
import type { EndSignal, SignalSource } from "../../../lib/cli/signals.ts";
import { untilEnded } from "../../../lib/cli/until_ended.ts";
import { FakeIo } from "./fake_io.ts";

class Source implements SignalSource {
  readonly listeners = new Map<EndSignal, () => void>();
  addSignalListener(signal: EndSignal, listener: () => void): void {
    this.listeners.set(signal, listener);
  }
  removeSignalListener(signal: EndSignal): void {
    this.listeners.delete(signal);
  }
}

Deno.test("untilEnded, a signal ends it, and nothing listens afterwards", () => {
  const source = new Source();
  {
    using ended = untilEnded(new FakeIo(), source);
    assertEquals(ended.signal.aborted, false);
    source.listeners.get("SIGINT")?.();
    assertEquals([ended.signal.aborted, ended.signal.reason], [true, "SIGINT"]);
  }
  assertEquals(source.listeners.size, 0);
});

Deno.test("untilEnded, it ends when nobody reads the output", () => {
  const reader = new AbortController();
  const io: Io = Object.assign(new FakeIo(), { stdoutEnded: reader.signal });
  using ended = untilEnded(io, new Source());
  reader.abort();
  assertEquals(ended.signal.aborted, true);
});
