import { assertEquals } from "@std/assert";
import {
  configManifest,
  imageOf,
  nameOf,
  podManifest,
  podRef,
  revisionOf,
  versionOf,
  withImage,
} from "../../../lib/demo/objects.ts";
import { CloudObjects } from "../../../lib/dev/mod.ts";
import { newMessage } from "../../../lib/message/mod.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const STAMP = { newId: () => "id", now: () => 0 };
const FIELDS = {
  source: "edgecontroller",
  group: "resource",
  operation: "update",
  resource: "plant/pod/db-0",
};

Deno.test("objects, manifests become objects of their names, images change", () => {
  const objects = new CloudObjects({
    clock: new VirtualClock(),
    ids: () => "uid",
  });
  const pod = objects.apply(podManifest("plant", "db-0", "db:1"));
  assertEquals(objects.get(podRef("plant", "db-0")), pod);
  assertEquals([nameOf(pod), imageOf(pod)], ["plant/db-0", "db:1"]);
  const changed = withImage(pod, "db:2");
  assertEquals([nameOf(changed), imageOf(changed)], ["plant/db-0", "db:2"]);
  const config = objects.apply(configManifest("app", "day"));
  assertEquals([nameOf(config), config.data], ["default/app", { mode: "day" }]);
});

Deno.test("versionOf, takes the header's version, else the object's", () => {
  const content = { metadata: { resourceVersion: "7" } };
  const bare = newMessage(STAMP, { ...FIELDS, content });
  assertEquals(versionOf(bare), "version 7");
  const full = newMessage(STAMP, { ...FIELDS, content, resourceVersion: "9" });
  assertEquals(versionOf(full), "version 9");
});

Deno.test("revisionOf, names the revision that the node gave", () => {
  const message = newMessage(STAMP, FIELDS);
  const handed = { ...message, header: { ...message.header, revision: 12 } };
  assertEquals(revisionOf(handed), "revision 12, committed before");
});
