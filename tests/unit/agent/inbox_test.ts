import { assert, assertEquals } from "@std/assert";
import { Inbox, type InboxOptions } from "../../../lib/agent/inbox.ts";
import type { Message } from "../../../lib/message/mod.ts";
import { downward, stamp, until } from "../../support/edged_harness.ts";

function bench(options: Partial<InboxOptions> = {}) {
  const sent: Message[] = [];
  const errors: unknown[] = [];
  const inbox = new Inbox({
    answers: true,
    onMessage: () => undefined,
    onError: (error) => errors.push(error),
    stamp,
    send: (message) => sent.push(message) > 0,
    ...options,
  });
  return { inbox, sent, errors };
}

Deno.test("Inbox, what the handler returns is the answer", async () => {
  const results: unknown[] = [undefined, { phase: "Running" }, "text"];
  const { inbox, sent } = bench({ onMessage: () => results.shift() });
  const messages = ["insert", "update", "delete"].map((operation) =>
    downward("a/pod/b", { operation })
  );
  for (const message of messages) assertEquals(inbox.push(message), undefined);
  await until(() => sent.length === 3, "three answers");
  assertEquals(sent.map(({ content }) => content), [
    "OK",
    { phase: "Running" },
    "text",
  ]);
  sent.forEach((answer, i) => {
    assertEquals(answer.header.parent_msg_id, messages[i]!.header.msg_id);
    assertEquals(answer.route.operation, "response");
  });
});

Deno.test("Inbox, what the handler throws is an error, and the next comes", async () => {
  const throws = [() => {
    throw new Error("no image");
  }, () => Promise.reject("plain")];
  const { inbox, sent, errors } = bench({
    onMessage: () => throws.shift()?.(),
  });
  for (let i = 0; i < 3; i++) inbox.push(downward("a/pod/b"));
  await until(() => sent.length === 3, "three answers");
  assertEquals(
    sent.map(({ route, content }) => [route.operation, content]),
    [["error", "no image"], ["error", "plain"], ["response", "OK"]],
  );
  assertEquals(errors.length, 2);
});

Deno.test("Inbox, answers only what wants an answer, if it answers at all", async () => {
  const seen: string[] = [];
  const onMessage = ({ route }: Message) => void seen.push(route.operation);
  const talking = bench({ onMessage });
  const operations = ["connect", "response", "error", "createvolume", "query"];
  for (const operation of operations) {
    talking.inbox.push(downward("a/pod/b", { operation }));
  }
  const silent = bench({ onMessage, answers: false });
  silent.inbox.push(downward("a/pod/b"));
  await until(() => seen.length === 6, "all handled");
  await until(() => talking.sent.length === 1, "one answer");
  assertEquals(silent.sent, []);
});

Deno.test("Inbox, one message at a time, in order", async () => {
  const log: string[] = [];
  const { inbox, sent } = bench({
    onMessage: async ({ route }) => {
      log.push(`begin ${route.resource}`);
      await Promise.resolve();
      log.push(`end ${route.resource}`);
    },
  });
  for (const name of ["a", "b"]) inbox.push(downward(name));
  await until(() => sent.length === 2, "both");
  assertEquals(log, ["begin a", "end a", "begin b", "end b"]);
});

Deno.test("Inbox, tells when it is full and goes on with room", async () => {
  const gate = Promise.withResolvers<void>();
  const seen: string[] = [];
  const { inbox } = bench({
    onMessage: async ({ route }) => {
      await gate.promise;
      seen.push(route.resource);
    },
  });
  // One is with the handler, 4096 wait.
  for (let i = 0; i < 4097; i++) {
    assertEquals(inbox.push(downward(`r${i}`)), undefined);
  }
  const full = inbox.push(downward("last", { revision: 9 }));
  assert(full);
  assertEquals(inbox.since, undefined);
  gate.resolve();
  await full;
  assertEquals(inbox.since, 9);
  await until(() => seen.length === 4098, "all handled");
  assertEquals(seen.at(-1), "last");
});

Deno.test("Inbox, remembers the highest revision that has come", () => {
  const { inbox } = bench({ since: 3 });
  assertEquals(inbox.since, 3);
  for (const revision of [5, 4]) inbox.push(downward("a/pod/b", { revision }));
  inbox.push(downward("a/pod/b"));
  assertEquals(inbox.since, 5);
  inbox.close();
});

Deno.test("Inbox, a replay of everything counts once it is whole", () => {
  const { inbox } = bench();
  const marker = (state: string, options: { revision?: number } = {}) =>
    inbox.push(
      downward("meta/replay", { content: { state, full: true }, ...options }),
    );
  marker("started");
  inbox.push(downward("a/pod/b", { revision: 7 }));
  assertEquals(inbox.since, undefined);
  inbox.connected();
  marker("started");
  for (const revision of [7, 8]) inbox.push(downward("a/pod/b", { revision }));
  assertEquals(inbox.since, undefined);
  marker("finished", { revision: 9 });
  assertEquals(inbox.since, 9);
  inbox.push(downward("a/pod/b", { revision: 10 }));
  assertEquals(inbox.since, 10);
  inbox.close();
});

Deno.test("Inbox, a replay of what was missed counts as it comes", () => {
  const { inbox } = bench({ since: 3 });
  const content = { state: "started", full: false };
  inbox.push(downward("meta/replay", { content }));
  inbox.push(downward("a/pod/b", { revision: 4 }));
  assertEquals(inbox.since, 4);
  inbox.close();
});

Deno.test("Inbox, a replay from another store counts anew", () => {
  const { inbox } = bench({ since: 900 });
  const marker = (state: string, revision?: number) =>
    inbox.push(downward("meta/replay", {
      content: { state, full: true },
      ...(revision === undefined ? {} : { revision }),
    }));
  marker("finished", 900);
  marker("started");
  inbox.push(downward("a/pod/b", { revision: 2 }));
  marker("finished", 5);
  assertEquals(inbox.since, 5);
  inbox.close();
});

Deno.test("Inbox, after close nothing is handled or answered", async () => {
  const gate = Promise.withResolvers<void>();
  let calls = 0;
  const { inbox, sent } = bench({
    onMessage: () => {
      calls++;
      return gate.promise;
    },
  });
  for (let i = 0; i < 2; i++) inbox.push(downward("a/pod/b"));
  inbox.close();
  gate.resolve();
  for (let i = 0; i < 10; i++) await Promise.resolve();
  assertEquals([calls, sent.length], [1, 0]);
});

Deno.test("Inbox, what has come counts as handled once its handler is done", async () => {
  const gates = [1, 2].map(() => Promise.withResolvers<void>());
  const { inbox, sent } = bench({
    since: 3,
    onMessage: ({ header }) => gates[header.revision! - 4]!.promise,
  });
  for (const revision of [4, 5]) inbox.push(downward("a/pod/b", { revision }));
  assertEquals([inbox.since, inbox.handled], [5, 3]);
  gates[0]!.resolve();
  await until(() => sent.length === 1, "the first is done");
  assertEquals([inbox.since, inbox.handled], [5, 4]);
  gates[1]!.resolve();
  await until(() => sent.length === 2, "the second is done");
  assertEquals(inbox.handled, 5);
});

Deno.test("Inbox, what a handler threw at counts with the next that it did", async () => {
  const { inbox, sent } = bench({
    onMessage: ({ header }) => {
      if (header.revision !== 3) throw new Error("no image");
    },
  });
  for (const revision of [1, 2]) inbox.push(downward("a/pod/b", { revision }));
  await until(() => sent.length === 2, "two refused");
  assertEquals(inbox.handled, undefined);
  inbox.push(downward("a/pod/b", { revision: 3 }));
  await until(() => sent.length === 3, "the third is done");
  assertEquals(inbox.handled, 3);
});

Deno.test("Inbox, a replay of everything is handled once it is whole", async () => {
  const seen: unknown[] = [];
  const { inbox } = bench({
    since: 900,
    onMessage: ({ header }) => void seen.push(header.revision ?? 0),
  });
  const marker = (state: string, options: { revision?: number } = {}) =>
    inbox.push(
      downward("meta/replay", { content: { state, full: true }, ...options }),
    );
  marker("started");
  inbox.push(downward("a/pod/b", { revision: 4 }));
  await until(() => seen.length === 2, "half of it is handled");
  assertEquals(inbox.handled, 900);
  marker("finished", { revision: 5 });
  await until(() => seen.length === 3, "all is handled");
  assertEquals(inbox.handled, 5);
});

Deno.test("Inbox, a marker counts even if its handler threw", async () => {
  let calls = 0;
  const { inbox } = bench({
    onMessage: ({ route }) => {
      calls++;
      if (route.resource === "meta/replay") throw new Error("unknown type");
    },
  });
  const content = { state: "started", full: true };
  inbox.push(downward("meta/replay", { content }));
  inbox.push(downward("a/pod/b", { revision: 4 }));
  await until(() => calls === 2, "both");
  assertEquals(inbox.handled, undefined);
});
