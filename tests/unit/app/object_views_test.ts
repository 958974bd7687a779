import { assertEquals, assertThrows } from "@std/assert";
import { ActionError } from "../../../lib/admin/mod.ts";
import {
  type KeyPage,
  type ObjectPage,
  objectViews,
} from "../../../lib/app/object_views.ts";
import { StoreError } from "../../../lib/store/mod.ts";
import { commit, Place, pod } from "../store/support.ts";

const TOKEN = '"default"/"shop"/[]string(nil)/3607/v1.BoundObjectReference{' +
  'Kind:"Pod", APIVersion:"v1", Name:"web", UID:"u1"}';

/** A store with a little of everything, and its pages. */
function world(place: Place) {
  const store = place.open();
  commit(store, (tx) => {
    tx.put(pod("web", { uid: "u1" }));
    tx.put(pod("db", { key: "shop/pod/db" }));
    const put = (key: string, type: string, value: unknown) =>
      tx.put(pod("", { key, type, value: JSON.stringify(value) }));
    put("default/podstatus/web", "podstatus", { UID: "u1", Status: {} });
    put("null/node/edge-1", "node", { metadata: { name: "edge-1" } });
    put("default/secret/pw", "secret", { data: { a: "c2VjcmV0" } });
    put(TOKEN, "serviceaccounttoken", { status: { token: "eyJ" } });
    for (const type of ["podstatus", "podpatch", "configmap"]) {
      tx.enqueue({
        msgId: type,
        resource: `default/${type}/web`,
        type,
        operation: "update",
        createdAtMs: place.clock.nowMs - 5000,
        text: "{}",
      });
    }
    tx.enqueue({
      msgId: "nodestatus",
      resource: "default/nodestatus/edge-1",
      type: "nodestatus",
      operation: "update",
      createdAtMs: 0,
      text: "{}",
    });
  });
  const views = objectViews({
    view: store.view,
    mark: () => `${store.revision()}`,
    nowMs: () => place.clock.nowMs,
  });
  const ask = (path: string, parameters: Record<string, string> = {}) =>
    views[path]?.(new URLSearchParams(parameters));
  return {
    store,
    ask,
    items: (parameters: Record<string, string>) =>
      (ask("/objects", parameters) as ObjectPage).items,
    keys: (parameters: Record<string, string>) =>
      (ask("/objects/keys", parameters) as KeyPage).keys,
  };
}

Deno.test("objectViews, types and a mark that differs after a change", () => {
  using place = new Place();
  const { ask, store } = world(place);
  const first = ask("/objects/types") as { types: string[]; mark: string };
  assertEquals(first.types, [
    "node",
    "pod",
    "podstatus",
    "secret",
    "serviceaccounttoken",
  ]);
  commit(store, (tx) => tx.put(pod("new")));
  const next = ask("/objects/types") as { mark: string };
  assertEquals(next.mark === first.mark, false);
});

Deno.test("objectViews, a list by namespace, each with its place", () => {
  using place = new Place();
  const { items } = world(place);
  const places = (parameters: Record<string, string>) =>
    items(parameters).map(({ namespace, name }) => `${namespace}/${name}`);
  assertEquals(places({ type: "pod" }), ["default/web", "shop/db"]);
  assertEquals(places({ type: "pod", namespace: "shop" }), ["shop/db"]);
  assertEquals(places({ type: "node", namespace: "null" }), ["/edge-1"]);
  assertEquals(places({ type: "node", namespace: "default" }), []);
  const token = "serviceaccounttoken";
  assertEquals(places({ type: token, namespace: "shop" }), ["shop/default"]);
  assertEquals(places({ type: token, namespace: "default" }), []);
});

Deno.test("objectViews, an object by name or key, with what waits for the cloud", () => {
  using place = new Place();
  const { items } = world(place);
  const [web] = items({ type: "pod", namespace: "default", name: "web" });
  assertEquals(web?.status, '{"UID":"u1","Status":{}}');
  assertEquals(
    web?.outbox?.map(({ resource, ageSeconds }) => [resource, ageSeconds]),
    [["default/podstatus/web", 5], ["default/podpatch/web", 5]],
  );
  // Of a cluster-scoped object any namespace will do.
  const [node] = items({ type: "node", namespace: "shop", name: "edge-1" });
  assertEquals(node?.outbox?.map(({ msgId }) => msgId), ["nodestatus"]);
  const name = { type: "serviceaccounttoken", name: "default" };
  assertEquals(items({ ...name, namespace: "shop" }).length, 1);
  assertEquals(items({ ...name, namespace: "default" }).length, 0);
  assertEquals(items({ type: "pod", namespace: "default", name: "no" }), []);
  assertEquals(items({ type: "pod", key: "shop/pod/db" }).length, 1);
  assertEquals(items({ type: "secret", key: "shop/pod/db" }), []);
  assertEquals(items({ type: "serviceaccounttoken", key: TOKEN }).length, 1);
  const [db] = items({ type: "pod", key: "shop/pod/db" });
  assertEquals([db?.statusRevision, db?.status], [0, undefined]);
});

Deno.test("objectViews, secrets leave the node only if they are asked for", () => {
  using place = new Place();
  const { items } = world(place);
  for (const type of ["secret", "serviceaccounttoken"]) {
    const text = (secrets?: string) =>
      items({ type, ...(secrets ? { secrets } : {}) })[0]?.value ?? "";
    assertEquals(/c2VjcmV0|eyJ/.test(text()), false);
    assertEquals(/c2VjcmV0|eyJ/.test(text("yes")), false);
    assertEquals(/c2VjcmV0|eyJ/.test(text("show")), true);
  }
});

Deno.test("objectViews, keys: a pod changes with its status", () => {
  using place = new Place();
  const { keys, store } = world(place);
  const before = new Map(keys({ type: "pod" }));
  commit(store, (tx) =>
    tx.put(pod("", {
      key: "default/podstatus/web",
      type: "podstatus",
      value: "{}",
    })));
  const after = new Map(keys({ type: "pod" }));
  assertEquals(
    [...after.keys()].filter((key) => before.get(key) !== after.get(key)),
    ["default/pod/web"],
  );
  assertEquals(keys({ type: "pod", namespace: "shop" }).length, 1);
  assertEquals(keys({ type: "pod", after: "default/pod/web" }).length, 1);
});

Deno.test("objectViews, says what is wrong: no type, a store that fails", () => {
  using place = new Place();
  const { ask } = world(place);
  assertThrows(() => ask("/objects"), ActionError, "Expected a type");
  assertThrows(() => ask("/objects/keys"), ActionError, "Expected a type");
  const fail = () => {
    throw new StoreError("corrupt", "Cannot read x");
  };
  const views = objectViews({
    view: { types: fail } as never,
    mark: () => "",
    nowMs: () => 0,
  });
  const error = assertThrows(
    () => views["/objects/types"]?.(new URLSearchParams()),
    ActionError,
    "Cannot read x",
  );
  assertEquals([error.status, /store check/.test(error.hint)], [503, true]);
});
