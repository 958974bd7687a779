import { Group, Module, newMessage, OK } from "../../message/mod.ts";
import { systemIds } from "../../base/mod.ts";
import { at, expectEqual, StepFailedError } from "../check.ts";
import type { Hop } from "../event.ts";
import {
  configManifest,
  imageOf,
  podRef,
  revisionOf,
  versionOf,
  withImage,
} from "../objects.ts";
import { objectsOf, type Stage } from "../stage.ts";
import { NODE } from "../world.ts";

const RESOURCE = "default/pod/web-0";
const REF = podRef("default", "web-0");
const DOWN: Hop = {
  from: "cloud",
  to: "node",
  operation: "update",
  resource: RESOURCE,
};
const ACK: Hop = { ...DOWN, from: "node", to: "cloud", operation: "response" };
const HANDED: Hop = { ...DOWN, from: "node", to: "edged" };

/** Update from the cloud: with a change, without one, and with an older version. */
export async function update(stage: Stage): Promise<void> {
  await changed(stage);
  await unchanged(stage);
  await older(stage);
}

async function changed(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  story.act("Update from the cloud: a change, no change, an older version");
  const after = wire.count;
  world.hub.core.objects.update(REF, (pod) => withImage(pod, "web:2"));
  const request = await stage.sees(DOWN, {
    after,
    where: ({ content }) => imageOf(content) === "web:2",
    tell: (message) => `image web:2, ${versionOf(message)}`,
  });
  await stage.sees(HANDED, {
    after,
    where: ({ content }) => imageOf(content) === "web:2",
    tell: revisionOf,
  });
  await stage.sees(ACK, {
    after,
    where: ({ header }) => header.parent_msg_id === request.header.msg_id,
    tell: ({ content }) => JSON.stringify(content),
  });
  await stage.settled();
}

async function unchanged(stage: Stage): Promise<void> {
  const { world, wire } = stage;
  const after = wire.count;
  const revision = world.revision();
  // Kubernetes notes there who changed what; the pod stays what it was.
  world.hub.core.objects.update(REF, (pod) => ({
    ...pod,
    metadata: { ...pod.metadata, managedFields: [{ manager: "kubectl" }] },
  }));
  const request = await stage.sees(DOWN, {
    after,
    where: ({ content }) =>
      at(content, "metadata", "managedFields") !== undefined,
    tell: (message) => `only managedFields differ, ${versionOf(message)}`,
  });
  await ackedUnseen(stage, {
    after,
    revision,
    parentId: request.header.msg_id,
  });
}

async function older(stage: Stage): Promise<void> {
  const { world, wire } = stage;
  const { hub } = world;
  const pod = hub.get(REF);
  if (!pod) throw new StepFailedError(RESOURCE, "it is gone from the cloud");
  // CloudHub itself holds old versions back, so the envelope says a new one.
  const envelope = hub.apply(configManifest("unused", "a"));
  const after = wire.count;
  const revision = world.revision();
  const old = { ...withImage(pod, "web:0"), status: {} };
  const message = newMessage(
    { newId: systemIds, now: () => Date.parse(hub.core.objects.timestamp()) },
    {
      source: Module.edgecontroller,
      group: Group.resource,
      operation: "update",
      resource: RESOURCE,
      resourceVersion: envelope.metadata.resourceVersion,
      content: { ...old, metadata: { ...pod.metadata, resourceVersion: "7" } },
    },
  );
  hub.core.send(NODE, message);
  await stage.sees(DOWN, {
    after,
    where: ({ header }) => header.msg_id === message.header.msg_id,
    tell: () => `image web:0, version 7 < ${pod.metadata.resourceVersion}`,
  });
  await ackedUnseen(stage, {
    after,
    revision,
    parentId: message.header.msg_id,
  });
  await stage.asks("query", RESOURCE, {
    tell: (answer) => {
      const [stored] = objectsOf(answer);
      expectEqual("image", { came: imageOf(stored), expected: "web:2" });
      return "image web:2";
    },
  });
}

/** Steps: acked, but neither written nor handed over. */
async function ackedUnseen(
  stage: Stage,
  about: { after: number; revision: number; parentId: string },
): Promise<void> {
  const { after, revision, parentId } = about;
  const { world, wire, story } = stage;
  await stage.sees(ACK, {
    after,
    where: ({ header }) => header.parent_msg_id === parentId,
    tell: ({ content }) => {
      expectEqual("content", { came: content, expected: OK });
      return JSON.stringify(content);
    },
  });
  await story.step(
    { from: "node", to: "store", operation: "-", resource: RESOURCE },
    () => {
      expectEqual("revision", { came: world.revision(), expected: revision });
      const handed = wire.seen(HANDED, { after }).length;
      expectEqual("messages to edged", { came: handed, expected: 0 });
      return `nothing written, revision stays ${revision}; edged is not told`;
    },
  );
}
