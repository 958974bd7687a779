import type { Hop } from "../event.ts";
import { podManifest, revisionOf, versionOf } from "../objects.ts";
import { expectEqual } from "../check.ts";
import type { Stage } from "../stage.ts";
import { NODE } from "../world.ts";

/** Insert from the cloud: stored, handed to edged, acked with its answer. */
export async function insert(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  const { hub } = world;
  story.act("Insert from the cloud: stored, handed over, and then acked");
  const after = wire.count;
  const resource = "default/pod/web-0";
  const pod = hub.apply(podManifest("default", "web-0", "web:1"));
  const hop = (from: Hop["from"], to: Hop["to"], operation: string): Hop => ({
    from,
    to,
    operation,
    resource,
  });
  const request = await stage.sees(hop("cloud", "node", "insert"), {
    after,
    tell: versionOf,
  });
  const parentId = request.header.msg_id;
  await stage.sees(hop("node", "edged", "insert"), { after, tell: revisionOf });
  const answer = await stage.sees(hop("edged", "node", "response"), {
    after,
    where: ({ header }) => header.parent_msg_id === parentId,
    tell: ({ content }) => JSON.stringify(content),
  });
  await stage.sees(hop("node", "cloud", "response"), {
    after,
    where: ({ header }) => header.parent_msg_id === parentId,
    tell: ({ content }) => {
      expectEqual("content", { came: content, expected: answer.content });
      return "the ack carries edged's answer";
    },
  });
  const { uid, resourceVersion } = pod.metadata;
  await stage.becomes(hop("cloud", "cloud", "note"), {
    expected: `acked, never to be sent again: version ${resourceVersion}`,
    look: () =>
      Number(hub.core.syncs.get(NODE, uid)?.version) >= Number(resourceVersion),
    came: () => hub.core.syncs.get(NODE, uid)?.version,
  });
  hub.apply(podManifest("plant", "db-0", "db:1"));
  hub.apply(podManifest("default", "job-0", "job:1"));
  for (const other of ["plant/pod/db-0", "default/pod/job-0"]) {
    await stage.sees(
      { from: "node", to: "edged", operation: "insert", resource: other },
      { after, tell: revisionOf },
    );
  }
  await stage.settled();
}
