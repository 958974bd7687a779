import { OK } from "../../message/mod.ts";
import { at, expectEqual } from "../check.ts";
import type { Hop } from "../event.ts";
import { podRef } from "../objects.ts";
import type { Stage } from "../stage.ts";

const RESOURCE = "default/podstatus/web-0";

/** A status of web-0 as edged reports it. */
export function statusOf(
  stage: Stage,
  restarts: number,
): Record<string, unknown> {
  const pod = stage.world.hub.get(podRef("default", "web-0"));
  return {
    UID: pod?.metadata.uid,
    Name: "web-0",
    Status: {
      phase: "Running",
      conditions: [{ type: "Ready", status: "True" }],
      containerStatuses: [{ name: "main", restartCount: restarts }],
    },
  };
}

/** Restarts of web-0 as the cloud knows them. */
export function restartsInCloud(stage: Stage): unknown {
  const pod = stage.world.hub.get(podRef("default", "web-0"));
  return at(pod, "status", "containerStatuses", 0, "restartCount");
}

/** Update from edged: reaches the cloud if it changes something. */
export async function report(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  story.act("Update from edged: a change goes to the cloud, no change stays");
  const content = statusOf(stage, 1);
  const hop: Hop = {
    from: "node",
    to: "cloud",
    operation: "update",
    resource: RESOURCE,
  };
  let after = wire.count;
  await stage.asks("update", RESOURCE, {
    content,
    upstream: true,
    tell: () => "OK: stored and in the outbox, in one commit",
  });
  const sent = await stage.sees(hop, {
    after,
    tell: (message) => {
      const came = message.content;
      expectEqual("content", { came, expected: content });
      return "restartCount 1, from the outbox";
    },
  });
  await stage.sees(
    { ...hop, from: "cloud", to: "node", operation: "response" },
    {
      after,
      where: ({ header }) => header.parent_msg_id === sent.header.msg_id,
      tell: (message) => {
        expectEqual("content", { came: message.content, expected: OK });
        const came = restartsInCloud(stage);
        expectEqual("restartCount in the cloud", { came, expected: 1 });
        return "confirmed";
      },
    },
  );
  await stage.becomes(
    { from: "node", to: "store", operation: "confirm", resource: RESOURCE },
    {
      expected: "outbox empty",
      look: () => world.outbox() === 0,
      came: () => `${world.outbox()} in the outbox`,
    },
  );
  await stage.settled();
  after = wire.count;
  const revision = world.revision();
  await stage.asks("update", RESOURCE, {
    content,
    tell: () => "OK at once, the same again",
  });
  await story.step(
    { from: "node", to: "store", operation: "-", resource: RESOURCE },
    () => {
      expectEqual("revision", { came: world.revision(), expected: revision });
      const sent = wire.seen(hop, { after }).length;
      expectEqual("messages to the cloud", { came: sent, expected: 0 });
      return `nothing written, revision stays ${revision}; nothing sent`;
    },
  );
}
