import {
  CLOUD_CONNECTED,
  CLOUD_DISCONNECTED,
  type Message,
} from "../../message/mod.ts";
import { at, expectEqual } from "../check.ts";
import type { Hop } from "../event.ts";
import {
  configManifest,
  imageOf,
  nameOf,
  podManifest,
  podRef,
  revisionOf,
  withImage,
} from "../objects.ts";
import { objectsOf, type Stage } from "../stage.ts";
import { NODE } from "../world.ts";
import { restartsInCloud, statusOf } from "./report.ts";

const STATUS = "default/podstatus/web-0";
const CONNECTION: Hop = {
  from: "node",
  to: "edged",
  operation: "connect",
  resource: "node/connection",
};

/** Outage: what works without a cloud, and what happens when it is back. */
export async function outage(stage: Stage): Promise<void> {
  await offline(stage);
  await changesMeanwhile(stage);
  await online(stage);
}

async function offline(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  story.act(
    "Outage: reads go on, reports wait, and what may not wait is refused",
  );
  const after = wire.count;
  await story.step({
    from: "cloud",
    to: "node",
    operation: "end",
    resource: new URL(world.url).host,
  }, async () => {
    await world.hub.stop();
    return "the stream ends without a close frame";
  });
  await stage.sees(CONNECTION, {
    after,
    where: ({ content }) => content === CLOUD_DISCONNECTED,
    tell: ({ content }) => String(content),
  });
  await stage.asks("query", "default/pod/web-0", {
    tell: (answer) => `from the store, image ${imageOf(objectsOf(answer)[0])}`,
  });
  await stage.asks("query", "default/pod", {
    tell: (answer) => {
      const came = objectsOf(answer).map(nameOf);
      const expected = ["default/web-0", "plant/db-0"];
      expectEqual("objects", { came, expected });
      return came.join(", ");
    },
  });
  await stage.asks("query", "default/configmap/app-cfg", {
    tell: (answer) =>
      `from the store, mode=${at(objectsOf(answer)[0], "data", "mode")}`,
  });
  await stage.asks("query", "default/secret/absent", {
    reason: "ServiceUnavailable",
    tell: () => "ServiceUnavailable: not stored, nobody to ask",
  });
  await stage.asks("update", `kube-node-lease/lease/${NODE}`, {
    content: { metadata: { name: NODE }, spec: {} },
    reason: "ServiceUnavailable",
    tell: () => "ServiceUnavailable at once: a late lease does harm",
  });
  await stage.asks("update", STATUS, {
    content: statusOf(stage, 2),
    tell: () => {
      expectEqual("outbox", { came: world.outbox(), expected: 1 });
      return "OK, 1 in the outbox";
    },
  });
}

async function changesMeanwhile(stage: Stage): Promise<void> {
  const { hub } = stage.world;
  const user = (
    operation: string,
    resource: string,
    run: () => unknown,
  ): Promise<void> =>
    stage.story.step(
      { from: "user", to: "cloud", operation, resource },
      () => run() ? "the node cannot know" : "",
    );
  await user(
    "update",
    "default/pod/web-0",
    () =>
      hub.core.objects.update(
        podRef("default", "web-0"),
        (pod) => withImage(pod, "web:3"),
      ).ok,
  );
  await user(
    "delete",
    "plant/pod/db-0",
    () => hub.delete(podRef("plant", "db-0"), { gracePeriodSeconds: 0 }),
  );
  await user(
    "insert",
    "default/pod/web-1",
    () => hub.apply(podManifest("default", "web-1", "web:3")),
  );
  await user(
    "update",
    "default/configmap/app-cfg",
    () => hub.apply(configManifest("app-cfg", "night")),
  );
}

async function online(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  const after = wire.count;
  await story.step({
    from: "user",
    to: "node",
    operation: "SIGUSR1",
    resource: new URL(world.url).host,
  }, async () => {
    await world.hub.start();
    // A link that was short is not dialled again for 5 s (lib/edgehub).
    world.node.reconnect();
    return "the cloud is back: dial now";
  });
  await stage.sees(CONNECTION, {
    after,
    where: ({ content }) => content === CLOUD_CONNECTED,
    tell: ({ content }) => String(content),
  });
  await drained(stage, after, 2);
  const handed = async (
    operation: string,
    resource: string,
    where: (message: Message) => boolean = () => true,
  ) => {
    const hop: Hop = { from: "cloud", to: "node", operation, resource };
    await stage.sees(hop, {
      after,
      where,
      tell: () => "SyncController repairs",
    });
    await stage.sees({ ...hop, from: "node", to: "edged" }, {
      after,
      where,
      tell: revisionOf,
    });
  };
  await handed(
    "update",
    "default/pod/web-0",
    ({ content }) => imageOf(content) === "web:3",
  );
  await handed("delete", "plant/pod/db-0");
  await handed("update", "default/pod/web-1");
  await handed(
    "update",
    "default/configmap/app-cfg",
    ({ content }) => at(content, "data", "mode") === "night",
  );
  await stage.settled();
}

/** Steps: what waited in the outbox reaches the cloud and is confirmed. */
export async function drained(
  stage: Stage,
  after: number,
  restarts: number,
): Promise<void> {
  const { world } = stage;
  const hop: Hop = {
    from: "node",
    to: "cloud",
    operation: "update",
    resource: STATUS,
  };
  await stage.sees(hop, {
    after,
    tell: () => `restartCount ${restarts}, from the outbox`,
  });
  await stage.becomes(
    { from: "node", to: "store", operation: "confirm", resource: STATUS },
    {
      expected: "outbox empty, the cloud knows",
      look: () => world.outbox() === 0 && restartsInCloud(stage) === restarts,
      came: () =>
        `${world.outbox()} in the outbox, restartCount ${
          restartsInCloud(stage)
        } in the cloud`,
    },
  );
}
