import { CLOUD_CONNECTED, REPLAY_RESOURCE } from "../../message/mod.ts";
import { at, expectEqual } from "../check.ts";
import type { Hop } from "../event.ts";
import { imageOf, nameOf, podRef, revisionOf, withImage } from "../objects.ts";
import { objectsOf, type Stage } from "../stage.ts";
import { drained } from "./outage.ts";
import { statusOf } from "./report.ts";

const POD = "default/pod/web-1";
const STATUS = "default/podstatus/web-0";

/** Restart: the power fails in the middle of everything. */
export async function restart(stage: Stage): Promise<void> {
  const { story } = stage;
  story.act(
    "Restart: the power fails with edged away and a report unconfirmed",
  );
  await unfinished(stage);
  await powerCut(stage);
  const after = await backWithoutCloud(stage);
  await backWithCloud(stage, after);
}

/** A report without its confirmation, a change that edged has not seen. */
async function unfinished(stage: Stage): Promise<void> {
  const { story, world, wire } = stage;
  const { faults } = world.hub;
  const before = wire.count;
  faults.loseDownstream = true;
  await stage.asks("update", STATUS, {
    content: statusOf(stage, 3),
    upstream: true,
    tell: () => "OK, in the outbox",
  });
  await stage.sees(
    { from: "cloud", to: "node", operation: "response", resource: STATUS },
    { after: before, tell: () => "lost on its way" },
  );
  await story.step(
    { from: "edged", to: "node", operation: "detach", resource: "edged" },
    async () => {
      await world.agent.detach();
      return `edged has everything up to revision ${world.agent.revision}`;
    },
  );
  faults.loseDownstream = false;
  const after = wire.count;
  world.hub.core.objects.update(
    podRef("default", "web-1"),
    (pod) => withImage(pod, "web:4"),
  );
  const hop: Hop = {
    from: "cloud",
    to: "node",
    operation: "update",
    resource: POD,
  };
  const request = await stage.sees(hop, { after, tell: () => "image web:4" });
  await stage.sees(
    { ...hop, from: "node", to: "cloud", operation: "response" },
    {
      after,
      where: ({ header }) => header.parent_msg_id === request.header.msg_id,
      tell: ({ content }) => `${JSON.stringify(content)} at COMMIT, edged away`,
    },
  );
}

async function powerCut(stage: Stage): Promise<void> {
  const { story, world } = stage;
  await story.step(
    { from: "user", to: "node", operation: "power", resource: "off" },
    async () => {
      await world.hub.stop();
      await world.cutPower();
      return "the store is what the last COMMIT made it";
    },
  );
}

/** @returns The mark from which the reconnect is looked for. */
async function backWithoutCloud(stage: Stage): Promise<number> {
  const { story, world, wire } = stage;
  const after = wire.count;
  const since = world.agent.revision;
  await story.step(
    { from: "user", to: "node", operation: "power", resource: "on" },
    async () => {
      await world.startNode();
      const { problems, synced } = world.status();
      expectEqual("problems", { came: problems, expected: [] });
      expectEqual("in sync", { came: synced, expected: true });
      return "same folder, no cloud";
    },
  );
  await story.step(
    {
      from: "edged",
      to: "node",
      operation: "attach",
      resource: "/attach/edged",
    },
    async () => {
      await world.agent.attach();
      return `since=${since}`;
    },
  );
  const replay: Hop = {
    from: "node",
    to: "edged",
    operation: "publish",
    resource: REPLAY_RESOURCE,
  };
  await stage.sees(replay, {
    after,
    where: ({ content }) => at(content, "state") === "started",
    tell: ({ content }) => {
      const came = [at(content, "full"), at(content, "since")];
      expectEqual("full, since", { came, expected: [false, since] });
      return "only what edged missed:";
    },
  });
  await stage.sees({ ...replay, operation: "update", resource: POD }, {
    after,
    where: ({ content }) => imageOf(content) === "web:4",
    tell: revisionOf,
  });
  await stage.sees(replay, {
    after,
    where: ({ content }) => at(content, "state") === "finished",
    tell: ({ content }) => `up to revision ${at(content, "until")}`,
  });
  await stage.asks("query", POD, {
    tell: (answer) => `from the store, image ${imageOf(objectsOf(answer)[0])}`,
  });
  await stage.asks("query", "default/pod", {
    tell: (answer) => {
      const came = objectsOf(answer).map(nameOf);
      const expected = ["default/web-0", "default/web-1"];
      expectEqual("objects", { came, expected });
      return came.join(", ");
    },
  });
  return after;
}

async function backWithCloud(stage: Stage, after: number): Promise<void> {
  const { story, world } = stage;
  await story.step(
    { from: "node", to: "store", operation: "outbox", resource: STATUS },
    () => {
      expectEqual("outbox", { came: world.outbox(), expected: 1 });
      return "the report has survived";
    },
  );
  await story.step(
    { from: "user", to: "cloud", operation: "start", resource: "cloud" },
    async () => {
      await world.hub.start();
      return "nobody tells the node";
    },
  );
  await stage.sees(
    {
      from: "node",
      to: "edged",
      operation: "connect",
      resource: "node/connection",
    },
    {
      after,
      where: ({ content }) => content === CLOUD_CONNECTED,
      tell: ({ content }) => `${content}: it dials by itself`,
    },
  );
  await drained(stage, after, 3);
  await stage.settled();
}
