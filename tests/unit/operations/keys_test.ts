import { assertEquals, assertThrows } from "@std/assert";
import {
  parseResource,
  PermanentFault,
  type ResourceKey,
} from "../../../lib/message/mod.ts";
import {
  boundUid,
  storeKeyOf,
  tokenKey,
  upstreamResource,
  withKind,
} from "../../../lib/operations/keys.ts";

function key(resource: string): ResourceKey {
  const parsed = parseResource(resource);
  if (!parsed) throw new Error(`No resource: ${resource}`);
  return parsed;
}

Deno.test("storeKeyOf, cluster-scoped objects lie under null, however spelt", () => {
  assertEquals(
    [
      "default/node/edge-1",
      "null/node/edge-1",
      "default/persistentvolume/v",
      "default/volumeattachment/a",
      "default/pod/web-0",
      "k8s/ca.crt",
    ].map((resource) => storeKeyOf(key(resource))),
    [
      "null/node/edge-1",
      "null/node/edge-1",
      "null/persistentvolume/v",
      "null/volumeattachment/a",
      "default/pod/web-0",
      "k8s/ca.crt",
    ],
  );
});

Deno.test("upstreamResource, volumes are asked for under null, nodes as edged spelt them", () => {
  assertEquals(
    [
      "default/persistentvolume/v",
      "default/volumeattachment/a",
      "default/node/edge-1",
      "default/configmap/c",
    ].map((resource) => upstreamResource(key(resource))),
    [
      "null/persistentvolume/v",
      "null/volumeattachment/a",
      "default/node/edge-1",
      "default/configmap/c",
    ],
  );
});

Deno.test("withKind, fills in what is missing from the stored object, else from the type", () => {
  const bare = { metadata: { name: "a" } };
  const stored = '{"kind":"Old","apiVersion":"v0"}';
  assertEquals(withKind(bare, "pod"), {
    kind: "Pod",
    apiVersion: "v1",
    ...bare,
  });
  assertEquals(withKind(bare, "pod", () => stored), {
    kind: "Old",
    apiVersion: "v0",
    ...bare,
  });
  for (const damaged of ["{", "[]", '{"kind":1,"apiVersion":"v1"}']) {
    assertEquals(withKind(bare, "secret", () => damaged), {
      kind: "Secret",
      apiVersion: "v1",
      ...bare,
    });
  }
});

Deno.test("withKind, leaves alone what has all, is no object or of no known type", () => {
  const whole = { kind: "Pod", apiVersion: "v2", metadata: {} };
  const other = () => '{"kind":"X","apiVersion":"x"}';
  assertEquals(withKind(whole, "pod", other), whole);
  assertEquals(withKind("text", "pod"), "text");
  assertEquals(withKind({ spec: {} }, "pod"), { spec: {} });
  const bare = { metadata: { name: "a" } };
  for (const type of ["mystery", "constructor", "__proto__", "toString"]) {
    assertEquals(withKind(bare, type), bare);
  }
});

Deno.test("tokenKey, is the request in KubeEdge's notation", () => {
  const spec = {
    audiences: ["https://kubernetes.default.svc"],
    expirationSeconds: 3607,
    boundObjectRef: { kind: "Pod", apiVersion: "v1", name: "web-0", uid: "u" },
  };
  const resource = key("prod/serviceaccounttoken/default");
  assertEquals(
    tokenKey(resource, { spec }),
    '"default"/"prod"/[]string{"https://kubernetes.default.svc"}/3607/' +
      'v1.BoundObjectReference{Kind:"Pod", APIVersion:"v1", Name:"web-0", UID:"u"}',
  );
  assertEquals(
    tokenKey(resource, null),
    '"default"/"prod"/[]string(nil)/0/' +
      'v1.BoundObjectReference{Kind:"", APIVersion:"", Name:"", UID:""}',
  );
  assertThrows(
    () => tokenKey(resource, { spec: { audiences: [7] } }),
    PermanentFault,
    "Token audiences are not strings",
  );
});

Deno.test("boundUid, is the uid of the pod, or empty", () => {
  assertEquals(boundUid({ spec: { boundObjectRef: { uid: "u" } } }), "u");
  for (const content of [null, {}, { spec: { boundObjectRef: { uid: 7 } } }]) {
    assertEquals(boundUid(content), "");
  }
});
