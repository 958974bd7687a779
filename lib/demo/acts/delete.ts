import { at } from "../check.ts";
import type { Hop } from "../event.ts";
import { podRef, revisionOf } from "../objects.ts";
import type { Stage } from "../stage.ts";

const RESOURCE = "default/pod/job-0";

/** Delete: edged ends the pod and asks for it, the cloud's delete does it. */
export async function remove(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  story.act("Delete: edged ends the pod and says so, the cloud deletes it");
  const hop = (from: Hop["from"], to: Hop["to"], operation: string): Hop => ({
    from,
    to,
    operation,
    resource: RESOURCE,
  });
  const after = wire.count;
  world.hub.delete(podRef("default", "job-0"));
  const isEnding = (content: unknown) =>
    at(content, "metadata", "deletionTimestamp") !== undefined;
  await stage.sees(hop("cloud", "node", "update"), {
    after,
    where: ({ content }) => isEnding(content),
    tell: () => "deletionTimestamp is set",
  });
  await stage.sees(hop("node", "edged", "update"), {
    after,
    where: ({ content }) => isEnding(content),
    tell: revisionOf,
  });
  await stage.sees(hop("edged", "node", "delete"), {
    after,
    tell: () => "the pod has ended, remove it",
  });
  await stage.sees(hop("node", "cloud", "delete"), {
    after,
    tell: () => "from the outbox; the row stays",
  });
  const request = await stage.sees(hop("cloud", "node", "delete"), {
    after,
    tell: () => "the cloud's own delete",
  });
  await stage.sees(hop("node", "edged", "delete"), { after, tell: revisionOf });
  await stage.sees(hop("node", "cloud", "response"), {
    after,
    where: ({ header }) => header.parent_msg_id === request.header.msg_id,
    tell: ({ content }) => JSON.stringify(content),
  });
  await stage.asks("query", RESOURCE, {
    reason: "NotFound",
    tell: () => "NotFound, by the store",
  });
  await stage.becomes(hop("node", "store", "delete"), {
    expected: "pod, status and outbox rows are gone, a tombstone stays",
    look: () => {
      const { objects = {}, outbox, tombstones = 0 } = world.status().store ??
        {};
      return objects.podstatus === 2 && outbox === 0 && tombstones > 0;
    },
    came: () => JSON.stringify(world.status().store),
  });
  await stage.settled();
}
