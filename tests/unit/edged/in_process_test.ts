import { assert, assertEquals, assertThrows } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { attachInProcess } from "../../../lib/edged/mod.ts";
import type { Message } from "../../../lib/message/mod.ts";
import { Router } from "../../../lib/router/mod.ts";
import { downward, keepingLog, until } from "../../support/edged_harness.ts";

function bench() {
  const router = new Router(new SystemClock());
  const handed: number[] = [];
  router.observe({ handed: (_name, revision) => handed.push(revision) });
  const give = (revision: number) =>
    router.send("edged", {
      message: downward(`a/pod/p${revision}`, { revision }),
      from: "metamanager",
    });
  return { router, handed, give, log: keepingLog() };
}

Deno.test("attachInProcess, registers, hands over, then tells the revision", () => {
  const { router, handed, give, log } = bench();
  const seen: unknown[] = [];
  const agent = attachInProcess(router, {
    module: "edged",
    answers: true,
    since: 3,
    onMessage: (message) => {
      seen.push([message.header.revision, handed.length]);
    },
    log,
  });
  assertEquals(router.modules()[0]!.group, "edged");
  assertEquals(router.modules()[0]!.agent, { answers: true, since: 3 });
  assert(give(4));
  assert(give(5));
  assertEquals(seen, [[4, 0], [5, 1]]);
  assertEquals(handed, [4, 5]);
  agent.detach();
  assertEquals(router.has("edged"), false);
});

Deno.test("attachInProcess, a taken name is refused", () => {
  const { router, log } = bench();
  const options = { module: "edged", onMessage: () => undefined, log };
  using _agent = attachInProcess(router, options);
  assertThrows(() => attachInProcess(router, options), TypeError, "taken");
});

Deno.test("attachInProcess, a handler that throws is logged and counted", async () => {
  const { router, handed, give, log } = bench();
  using agent = attachInProcess(router, {
    module: "edged",
    onMessage: ({ header }) => {
      if (header.revision === 1) throw new Error("bang");
      return header.revision === 2
        ? Promise.reject(new Error("boom"))
        : undefined;
    },
    log,
  });
  for (const revision of [1, 2, 3]) assert(give(revision));
  await until(() => handed.length === 1, "the third is handed");
  assertEquals(handed, [3]);
  assertEquals(agent.failureCount, 2);
  assertEquals(
    log.lines.filter((line) => /handler failed/.test(line)).length,
    2,
  );
});

Deno.test("attachInProcess, waits for a promise and keeps the order", async () => {
  const { router, handed, give, log } = bench();
  const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
  const begun: number[] = [];
  using _agent = attachInProcess(router, {
    module: "edged",
    onMessage: ({ header }) => {
      begun.push(header.revision!);
      return gates[header.revision! - 1]!.promise;
    },
    log,
  });
  for (const revision of [1, 2, 3]) assert(give(revision));
  assertEquals(begun, [1]);
  gates[1]!.resolve();
  gates[0]!.resolve();
  await until(() => begun.length === 3, "the third has begun");
  assertEquals(handed, [1, 2]);
  gates[2]!.resolve();
  await until(() => handed.length === 3, "all handed");
});

Deno.test("attachInProcess, a message from within the handler comes after it", () => {
  const { router, give, log } = bench();
  const seen: string[] = [];
  using _agent = attachInProcess(router, {
    module: "edged",
    onMessage: ({ header }) => {
      seen.push(`begin ${header.revision}`);
      if (header.revision === 1) give(2);
      seen.push(`end ${header.revision}`);
    },
    log,
  });
  give(1);
  assertEquals(seen, ["begin 1", "end 1", "begin 2", "end 2"]);
});

Deno.test("attachInProcess, an agent that is too slow registers again at its position", async () => {
  const { router, handed, give, log } = bench();
  const gate = Promise.withResolvers<void>();
  const seen: number[] = [];
  using agent = attachInProcess(router, {
    module: "edged",
    since: 0,
    waitingMax: 2,
    onMessage: async ({ header }) => {
      seen.push(header.revision!);
      await gate.promise;
    },
    log,
  });
  const sinces: unknown[] = [];
  router.observe({ registered: (module) => sinces.push(module.agent?.since) });
  for (const revision of [1, 2, 3]) assert(give(revision));
  assert(router.room("edged"));
  assertEquals(give(4), false);
  assertEquals(router.has("edged"), false);
  gate.resolve();
  await until(() => router.has("edged"), "registered again");
  assertEquals(seen, [1, 2, 3]);
  assertEquals(handed, [1, 2, 3]);
  assertEquals(sinces, [3]);
  agent.detach();
  assertEquals(router.has("edged"), false);
});

Deno.test("attachInProcess, an agent whose place was taken stays away", async () => {
  const { router, give, log } = bench();
  const gate = Promise.withResolvers<void>();
  const options = { module: "edged", log };
  using _slow = attachInProcess(router, {
    ...options,
    waitingMax: 1,
    onMessage: () => gate.promise,
  });
  for (const revision of [1, 2]) assert(give(revision));
  assertEquals(give(3), false);
  const seen: unknown[] = [];
  using _other = attachInProcess(router, {
    ...options,
    onMessage: ({ header }) => void seen.push(header.revision),
  });
  gate.resolve();
  await until(() => /took its place/.test(log.lines.join()), "logged");
  assert(give(4));
  assertEquals(seen, [4]);
});

Deno.test("attachInProcess, too much at its very registration comes in parts", async () => {
  const { router, handed, log } = bench();
  const count = 7;
  router.observe({
    registered: (module) => {
      for (let i = (module.agent?.since ?? 0) + 1; i <= count; i++) {
        const message = downward("a/pod/b", { revision: i });
        if (!module.receive({ message, from: "x" })) return;
      }
    },
  });
  using _agent = attachInProcess(router, {
    module: "edged",
    waitingMax: 2,
    onMessage: () => Promise.resolve(),
    log,
  });
  await until(() => handed.length === count, "all came");
  assertEquals(handed, [1, 2, 3, 4, 5, 6, 7]);
  assert(router.has("edged"));
});

Deno.test("attachInProcess, after detach nothing is handed over or told", async () => {
  const { router, handed, give, log } = bench();
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  const agent = attachInProcess(router, {
    module: "edged",
    onMessage: () => {
      calls++;
      return gate.promise;
    },
    log,
  });
  give(1);
  give(2);
  agent.detach();
  gate.resolve();
  await gate.promise;
  await Promise.resolve();
  await Promise.resolve();
  assertEquals(calls, 1);
  assertEquals(handed, []);
  assertEquals(router.has("edged"), false);
});

/** Stands for the processor: replays at the very registration, then a marker. */
function replaying(router: Router, messages: Message[]) {
  const refused: unknown[] = [];
  router.observe({
    registered: (module) => {
      const since = module.agent?.since ?? 0;
      for (const message of messages) {
        if ((message.header.revision ?? 0) <= since) continue;
        if (!router.has(module.name)) return;
        if (!module.receive({ message, from: "metamanager" })) {
          refused.push(message.header.revision);
          return;
        }
      }
    },
  });
  return refused;
}

const changes = (...revisions: number[]) =>
  revisions.map((revision) => downward(`a/pod/p${revision}`, { revision }));

Deno.test("attachInProcess, a synchronous handler stays attached past its replay", () => {
  const { router, handed, give, log } = bench();
  replaying(router, changes(1, 2, 3));
  const seen: unknown[] = [];
  using _agent = attachInProcess(router, {
    module: "edged",
    onMessage: ({ header }) => void seen.push(header.revision),
    log,
  });
  assertEquals(seen, [1, 2, 3]);
  assert(give(4));
  assertEquals(seen, [1, 2, 3, 4]);
  assertEquals(handed, [1, 2, 3, 4]);
  assertEquals(log.lines, []);
});

Deno.test("attachInProcess, a handler that makes too much of its replay comes back", () => {
  const { router, give, log } = bench();
  replaying(router, changes(1, 2));
  const seen: unknown[] = [];
  using _agent = attachInProcess(router, {
    module: "edged",
    waitingMax: 1,
    onMessage: ({ header }) => {
      seen.push(header.revision);
      // One waits, the other is too much.
      if (seen.length === 1) { for (const _ of "ab") give(1); }
    },
    log,
  });
  assertEquals(seen, [1, 1, 2]);
  assertEquals(router.modules()[0]?.agent?.since, 1);
  assert(give(3));
  assertEquals(seen, [1, 1, 2, 3]);
});

Deno.test("attachInProcess, detached in the middle of a replay it is gone", async () => {
  const { router, give, log } = bench();
  const gate = Promise.withResolvers<void>();
  const seen: unknown[] = [];
  const agent = attachInProcess(router, {
    module: "edged",
    since: 0,
    waitingMax: 1,
    onMessage: ({ header }) => {
      seen.push(header.revision);
      if (header.revision === 3) agent.detach();
      return header.revision === 1 ? gate.promise : undefined;
    },
    log,
  });
  for (const revision of [1, 2]) assert(give(revision));
  assertEquals(give(3), false);
  replaying(router, changes(3, 4));
  gate.resolve();
  await until(() => seen.length === 3, "the replay has begun");
  assertEquals(seen, [1, 2, 3]);
  assertEquals(router.has("edged"), false);
});

Deno.test("attachInProcess, a since of another store pushes no position ahead", () => {
  const { router, handed, give, log } = bench();
  using _agent = attachInProcess(router, {
    module: "edged",
    since: 900,
    onMessage: () => undefined,
    log,
  });
  assert(give(2));
  assertEquals(handed, [2]);
  router.send("edged", {
    message: downward("meta/replay", {
      content: { state: "finished", full: true },
      revision: 5,
    }),
    from: "metamanager",
  });
  assertEquals(handed, [2, 5]);
});

Deno.test("attachInProcess, the end of a replay is taken as it is", async () => {
  const { router, handed, give, log } = bench();
  const gate = Promise.withResolvers<void>();
  using _agent = attachInProcess(router, {
    module: "edged",
    waitingMax: 1,
    onMessage: ({ header }) => header.revision === 5 ? gate.promise : undefined,
    log,
  });
  const sinces: unknown[] = [];
  router.observe({ registered: (module) => sinces.push(module.agent?.since) });
  assert(give(900));
  const content = { state: "finished", full: true };
  const message = downward("meta/replay", { content, revision: 5 });
  assert(router.send("edged", { message, from: "metamanager" }));
  const plain = downward("a/pod/b");
  assert(router.send("edged", { message: plain, from: "metamanager" }));
  assertEquals(give(6), false);
  gate.resolve();
  await until(() => router.has("edged"), "registered again");
  assertEquals(handed, [900, 5]);
  assertEquals(sinces, [5]);
});
