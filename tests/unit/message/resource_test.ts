import { assertEquals } from "@std/assert";
import { parseResource, resourceOf } from "../../../lib/message/mod.ts";

Deno.test("parseResource, reads two and three parts", () => {
  const table: [string, string, string, string][] = [
    ["default/pod/web-0", "default", "pod", "web-0"],
    ["default/pod", "default", "pod", ""],
    ["null/node/edge-1", "null", "node", "edge-1"],
    ["null/persistentvolume", "null", "persistentvolume", ""],
    ["k8s/ca.crt", "k8s", "ca.crt", ""],
    ["membership/detail", "membership", "detail", ""],
    ["node/connection", "node", "connection", ""],
    // A namespace may be called like the prefix that CloudHub strips.
    ["node/pod/web-0", "node", "pod", "web-0"],
    ["ignore/Application/ignore", "ignore", "Application", "ignore"],
    ["ns/configmap/kube-root-ca.crt", "ns", "configmap", "kube-root-ca.crt"],
    ["ns/pod/ä 😀", "ns", "pod", "ä 😀"],
    ["__proto__/constructor/toString", "__proto__", "constructor", "toString"],
  ];
  for (const [resKey, namespace, resType, resId] of table) {
    assertEquals(
      parseResource(resKey),
      { resKey, namespace, resType, resId },
      resKey,
    );
  }
});

Deno.test("parseResource, refuses what names no object", () => {
  const refused = [
    "",
    "/",
    "//",
    "node",
    "membership",
    "null",
    "twin",
    "/pod",
    "/pod/web-0",
    "default/",
    "default/pod/",
    "default//web-0",
    "default/pod//",
    "default/pod/web-0/",
    "default/pod/web-0/x",
    "node/edge-1/default/pod",
    "node/edge-1/default/pod/web-0",
    "$hw/events/device/d/twin/update",
    "default/pod/a\nb",
    "default/pod/\u0000",
    "default\t/pod/a",
    "default/pod/\u007f",
  ];
  for (const resource of refused) {
    assertEquals(parseResource(resource), undefined, JSON.stringify(resource));
  }
});

Deno.test("parseResource, takes 1024 characters and no more", () => {
  const name = (length: number) => `ns/pod/${"x".repeat(length - 7)}`;
  assertEquals(parseResource(name(1024))?.resId.length, 1017);
  assertEquals(parseResource(name(1025)), undefined);
});

Deno.test("resourceOf, is what parseResource reads", () => {
  assertEquals(resourceOf("default", "pod", "web-0"), "default/pod/web-0");
  assertEquals(resourceOf("default", "pod"), "default/pod");
  assertEquals(parseResource(resourceOf("a", "b", "c"))?.resId, "c");
});
