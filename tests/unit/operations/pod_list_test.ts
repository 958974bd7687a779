import { assert, assertEquals } from "@std/assert";
import { isRecord } from "../../../lib/base/mod.ts";
import {
  askForPods,
  isPodListRequest,
  pendingPodsRequest,
  podListRequest,
  readPodList,
} from "../../../lib/operations/pod_list.ts";
import { type Message, newMessage } from "../../../lib/message/mod.ts";
import { TEST_STAMP } from "../../support/messages.ts";
import { messageOf, readRecording } from "../../support/recording.ts";
import { only, OperationBench } from "../../support/operation_bench.ts";

Deno.test("askForPods, asks as MetaServer does: recorded from a CloudCore that answers", async () => {
  await using bench = await OperationBench.open();
  const ask = (force: boolean) =>
    bench.task((tx, context) => askForPods(tx, context, { force }));
  const { request } = only(ask(false), "ask");
  const { route, content } = request.upstream;
  assertEquals(route, {
    source: "metaserver",
    group: "dynamiccontroller",
    operation: "null",
    resource: "null",
  });
  assert(isRecord(content));
  assertEquals(
    content.ID,
    "98b88ae21f9c8ee250f3978559096c6ac27b488260fbc281157c118aa8245ab8",
  );
  assertEquals(
    content.Option,
    "eyJmaWVsZFNlbGVjdG9yIjoic3BlYy5ub2RlTmFtZT1lZGdlLTEifQ==",
  );
  const [recorded] = applications();
  assertEquals(content, recorded?.content);
  bench.markSynced();
  assertEquals(only(ask(false), "pods-listed").outcome, "not-asked");
  only(ask(true), "ask");
  bench.connected = false;
  assertEquals(only(ask(true), "pods-listed").outcome, "not-asked");
});

/** The recorded list of all pods: question and answer. */
function applications(): Message[] {
  return readRecording("cloudcore-v1.15.0.jsonl")
    .flatMap(({ frame }) =>
      frame?.includes("/core/v1/pods/null/null") ? [messageOf(frame)] : []
    ).slice(0, 2);
}

Deno.test("readPodList, reads the list that a real cloud sent", () => {
  const [, recorded] = applications();
  const list = readPodList(recorded!);
  assert(list.kind === "complete");
  assertEquals(list.items.length, 3);
  assertEquals(list.items.map(({ kind }) => kind), ["Pod", "Pod", "Pod"]);
});

const answer = (content: unknown) =>
  readPodList(newMessage(TEST_STAMP, {
    source: "dynamiccontroller",
    group: "resource",
    operation: "applicationResponse",
    resource: "ignore/Application/ignore",
    content,
  }));

const body = (value: unknown) =>
  new TextEncoder().encode(
    typeof value === "string" ? value : JSON.stringify(value),
  ).toBase64();

Deno.test("readPodList, takes a complete list only", () => {
  const approved = (value: unknown) =>
    answer({ Status: "Approved", RespBody: body(value) });
  assertEquals(approved({ metadata: {}, items: [{ a: 1 }] }), {
    kind: "complete",
    items: [{ a: 1 }],
  });
  assertEquals(approved({ items: [] }), { kind: "complete", items: [] });
  const refused = (reason: string) => ({ kind: "refused" as const, reason });
  assertEquals(
    approved({ metadata: { continue: "x" }, items: [] }),
    refused("the list is not complete"),
  );
  assertEquals(
    approved({ items: [1] }),
    refused("an item of the list is no object"),
  );
  const none = refused("the answer holds no list");
  assertEquals(approved({ items: null }), none);
  assertEquals(approved("{"), none);
  assertEquals(answer({ Status: "Approved", RespBody: "*" }), none);
  assertEquals(answer({ Status: "Approved", RespBody: null }), none);
});

Deno.test("readPodList, says why the cloud refused", () => {
  const message = "pods is forbidden";
  const rejected = { Status: "Rejected", Error: { ErrStatus: { message } } };
  assertEquals(answer(rejected), {
    kind: "refused",
    reason: "Rejected: pods is forbidden",
  });
  assertEquals(answer({ Status: "Failed", Reason: "no kind" }), {
    kind: "refused",
    reason: "Failed: no kind",
  });
  assertEquals(answer({ Status: "Failed" }), {
    kind: "refused",
    reason: "Failed",
  });
  assertEquals(answer(null).kind, "refused");
});

Deno.test("isPodListRequest, the question for all pods, to be applied, and no other", async () => {
  await using bench = await OperationBench.open();
  bench.task((tx, context) => {
    const all = podListRequest(tx, context);
    const pending = pendingPodsRequest(tx, context);
    assertEquals(isPodListRequest(all), true);
    assertEquals(isPodListRequest({ ...all, comparesOnly: true }), false);
    assertEquals(isPodListRequest(pending), false);
    return [];
  });
});
