import { assert, assertEquals } from "@std/assert";
import { isDelete, needsAck, uidOf } from "../../../lib/dev/delivery.ts";
import { type Message, newMessage } from "../../../lib/message/mod.ts";

function message(
  operation: string,
  resource: string,
  more: { source?: string; group?: string; content?: unknown } = {},
): Message {
  return newMessage({ newId: () => "id", now: () => 0 }, {
    source: "edgecontroller",
    group: "resource",
    operation,
    resource,
    ...more,
  });
}

Deno.test("needsAck, the two lists of CloudHub", () => {
  const acked = [
    message("insert", "default/pod/a"),
    message("delete", "default/configmap/a"),
    message("response", "default/secret/a", { content: {} }),
    message("response", "null/persistentvolume/a", { content: {} }),
    message("update", "null/node/a"),
    message("update", "a/serviceaccountaccess/b", {
      source: "policycontroller",
    }),
    message("insert", "default/lease/x", { source: "dynamiccontroller" }),
  ];
  const unacked = [
    message("update", "default/podlist"),
    message("response", "default/serviceaccounttoken/a", { content: {} }),
    // Plain substring tests, names included.
    message("update", "default/pod/membership-0"),
    message("createvolume", "default/volume/a", { source: "cloudhub" }),
    message("applicationResponse", "ignore/Application/ignore"),
    message("update", "x", { group: "user" }),
    message("response", "default/pod/a", { content: "OK" }),
    message("response", "default/configmap/a", { content: { ErrStatus: {} } }),
    message("response", "default/lease/a", { content: {} }),
    message("response", "null/node/a", { content: {} }),
    message("response", "default/podpatch/a", { content: {} }),
    message("response", "default/pod/mirror", { content: {} }),
  ];
  for (const one of acked) assert(needsAck(one), one.route.resource);
  for (const one of unacked) assert(!needsAck(one), one.route.resource);
});

Deno.test("isDelete, also an object that is being deleted", () => {
  assert(isDelete(message("delete", "default/pod/a")));
  const metadata = { deletionTimestamp: "now", uid: "u" };
  const ending = message("update", "default/pod/a", { content: { metadata } });
  assert(isDelete(ending));
  assertEquals(uidOf(ending), "u");
  assert(!isDelete(message("update", "default/pod/a", { content: {} })));
  assertEquals(uidOf(message("update", "default/pod/a")), "");
});
