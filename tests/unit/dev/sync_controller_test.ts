import { assertEquals } from "@std/assert";
import { isRecord, seededIds, seededRandom } from "../../../lib/base/mod.ts";
import { CloudObjects } from "../../../lib/dev/cloud_objects.ts";
import { repair } from "../../../lib/dev/sync_controller.ts";
import { ManualClock } from "./manual_clock.ts";

Deno.test("repair, newer comes as update, gone and other as stub delete", () => {
  const clock = new ManualClock();
  const ids = seededIds(seededRandom(1));
  const objects = new CloudObjects({ clock, ids });
  const { metadata: { uid } } = objects.apply({
    kind: "Pod",
    metadata: { name: "a" },
  });
  const say = (
    version: string,
    more: Record<string, string> = {},
    kind = true,
  ) => {
    const message = repair({
      uid,
      namespace: "default",
      type: "pod",
      name: "a",
      version,
      ...more,
    }, {
      stamp: { newId: ids, now: () => clock.now() },
      objects,
      hasKind: () => kind,
    });
    const content = message?.content;
    return message &&
      [
        message.route.operation,
        message.header.resourceversion,
        isRecord(content) ? Object.keys(content) : content,
      ];
  };
  assertEquals(say("1000"), undefined);
  assertEquals(say(""), undefined, "one that was not finished");
  const fields = ["metadata", "spec", "status"];
  assertEquals(say("0"), [
    "update",
    "1000",
    ["kind", "apiVersion", ...fields],
  ]);
  assertEquals(say("999", {}, false), ["update", "1000", fields]);
  const stub = ["delete", undefined, ["metadata"]];
  assertEquals(say("1000", { uid: "other" }), stub);
  assertEquals(say("1000", { name: "b" }), stub);
});

Deno.test("repair, looks for cluster-scoped objects where their resource says", () => {
  const clock = new ManualClock();
  const ids = seededIds(seededRandom(1));
  const objects = new CloudObjects({ clock, ids });
  const { metadata: { uid } } = objects.apply({
    kind: "PersistentVolume",
    metadata: { name: "pv" },
  });
  const sync = { uid, type: "persistentvolume", name: "pv", version: "1000" };
  const options = {
    stamp: { newId: ids, now: () => clock.now() },
    objects,
    hasKind: () => true,
  };
  assertEquals(repair({ ...sync, namespace: "null" }, options), undefined);
  assertEquals(
    repair({ ...sync, namespace: "default" }, options)?.route.operation,
    "delete",
  );
});
