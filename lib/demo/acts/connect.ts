import { CLOUD_CONNECTED, CLOUD_DISCONNECTED } from "../../message/mod.ts";
import { at, expectEqual } from "../check.ts";
import type { Hop } from "../event.ts";
import type { Stage } from "../stage.ts";
import { NODE } from "../world.ts";

const CONNECTION: Hop = {
  from: "node",
  to: "edged",
  operation: "connect",
  resource: "node/connection",
};

/** NodeConnection: without a cloud, then with one; edged registers the node. */
export async function connect(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  const { hub } = world;
  story.act("NodeConnection: the node starts without a cloud, then finds it");
  let after = wire.count;
  await story.step({
    from: "edged",
    to: "node",
    operation: "attach",
    resource: "/attach/edged",
  }, async () => {
    await world.startNode();
    await world.agent.attach();
    return "over the Unix socket, answers=true";
  });
  await stage.sees(CONNECTION, {
    after,
    where: ({ content }) => content === CLOUD_DISCONNECTED,
    tell: ({ content }) => String(content),
  });
  // Nothing is known yet, and that is not the same as nothing being there.
  await stage.asks("query", "default/pod", { reason: "NotSynced" });
  after = wire.count;
  const events = hub.events.count;
  await story.step({
    from: "node",
    to: "cloud",
    operation: "upgrade",
    resource: new URL(world.url).host,
  }, async () => {
    await hub.start();
    const { headers } = await story.until(
      () =>
        hub.events.entries.find(({ kind, node }, i) =>
          i >= events && kind === "open" && node === NODE
        ),
      {
        expected: "a WebSocket over TLS",
        came: () =>
          world.status().health.checks
            .map(({ name, reason }) => `${name}: ${reason}`).join("; "),
      },
    );
    return `TLS by the demo's own CA, node_id ${headers?.get("node_id")}`;
  });
  const node = `null/node/${NODE}`;
  await stage.sees(
    { from: "cloud", to: "node", operation: "response", resource: node },
    { after, tell: () => "any answer proves the session" },
  );
  await stage.sees(CONNECTION, {
    after,
    where: ({ content }) => content === CLOUD_CONNECTED,
    tell: ({ content }) => String(content),
  });
  await register(stage, after);
}

/** Insert from edged: a remote request, answered by the cloud. */
async function register(stage: Stage, after: number): Promise<void> {
  const resource = `null/node/${NODE}`;
  const operation = "insert";
  const asked = await stage.sees(
    { from: "edged", to: "node", operation, resource },
    { after, tell: () => "edged registers the node" },
  );
  const sent = await stage.sees(
    { from: "node", to: "cloud", operation, resource },
    {
      after,
      where: ({ header }) => header.msg_id !== asked.header.msg_id,
      tell: () => "asked under an id of the node's own",
    },
  );
  await stage.sees(
    { from: "cloud", to: "node", operation: "response", resource },
    {
      after,
      where: ({ header }) => header.parent_msg_id === sent.header.msg_id,
      tell: ({ content }) => {
        expectEqual("Err", { came: at(content, "Err"), expected: null });
        return `uid ${String(at(content, "Object", "metadata", "uid"))}`;
      },
    },
  );
  await stage.becomes(
    { from: "node", to: "edged", operation: "response", resource },
    {
      expected: "registered",
      look: () => stage.world.agent.edged.registered,
      came: () => "edged still waits for its answer",
    },
  );
}
