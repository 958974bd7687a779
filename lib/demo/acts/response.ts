import { at, expectEqual } from "../check.ts";
import type { Hop } from "../event.ts";
import { configManifest, revisionOf } from "../objects.ts";
import { objectsOf, type Stage } from "../stage.ts";

const RESOURCE = "default/configmap/late-cfg";

/** Response: an answer that comes too late is stored and acked all the same. */
export async function response(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  const { faults } = world.hub;
  story.act(
    "Response: the cloud's answer is lost, and comes after the deadline",
  );
  world.hub.apply(configManifest("late-cfg", "late"));
  let after = wire.count;
  faults.loseDownstream = true;
  await stage.asks("query", RESOURCE, {
    upstream: true,
    reason: "Timeout",
    tell: () => "Timeout, the cloud did not answer",
  });
  const hop: Hop = {
    from: "cloud",
    to: "node",
    operation: "response",
    resource: RESOURCE,
  };
  const [lost] = wire.seen(hop, { after });
  const lostId = lost?.header.msg_id;
  after = wire.count;
  faults.loseDownstream = false;
  await stage.sees(hop, {
    after,
    where: ({ header }) => header.msg_id === lostId,
    tell: () => "CloudHub repeats what was not acked",
  });
  await stage.sees({ ...hop, from: "node", to: "cloud" }, {
    after,
    where: ({ header }) => header.parent_msg_id === lostId,
    tell: ({ content }) => `${JSON.stringify(content)}, or it would go on`,
  });
  await stage.sees(
    { ...hop, from: "node", to: "edged", operation: "update" },
    { after, tell: revisionOf },
  );
  await stage.asks("query", RESOURCE, {
    tell: (answer) => {
      const mode = at(objectsOf(answer)[0], "data", "mode");
      expectEqual("mode", { came: mode, expected: "late" });
      return `mode=${mode}, from the store`;
    },
  });
}
