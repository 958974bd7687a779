import { assert, assertEquals } from "@std/assert";
import { newError, newMessage, newOk } from "../../../lib/message/mod.ts";
import { EdgedWorld } from "./edged_world.ts";

Deno.test("EdgedRequests, reads local lists, errors and late answers", () => {
  const world = new EdgedWorld({ retryMs: 100 });
  world.edged.start();
  world.pod("x");
  world.deliver(newMessage(world.stamp, {
    source: "edgecontroller",
    group: "resource",
    operation: "insert",
    resource: "default/pod/web-0",
    content: {
      metadata: { uid: "1", name: "web-0", namespace: "default" },
      spec: {
        nodeName: "edge-1",
        volumes: [{ configMap: { name: "app" } }],
      },
    },
  }));
  const query = () =>
    world.sent.findLast(({ route }) => route.operation === "query");
  const first = query();
  assert(first);
  world.deliver(newError(world.stamp, first, "not connected"));
  world.pass(200);
  const second = query();
  assert(second && second !== first);
  // An answer that comes after its error changes nothing.
  world.deliver({ ...newOk(world.stamp, first), content: ["{}"] });
  assertEquals(world.edged.configsOf("default/web-0").size, 0);
  world.deliver({ ...newOk(world.stamp, second), content: [] });
  world.pass(200);
  const third = query();
  assert(third && third !== second);
  world.deliver({ ...newOk(world.stamp, third), content: ['{"data":1}'] });
  assertEquals(
    world.edged.configsOf("default/web-0").get("configmap/app"),
    { data: 1 },
  );
  world.end();
});
