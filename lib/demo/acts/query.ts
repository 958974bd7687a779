import { at, expectEqual } from "../check.ts";
import type { Hop } from "../event.ts";
import { configManifest, imageOf, nameOf, versionOf } from "../objects.ts";
import type { Answer } from "../pod_agent.ts";
import { objectsOf, type Stage } from "../stage.ts";

/** Query: from the store by key and by type, and of remote types. */
export async function query(stage: Stage): Promise<void> {
  const { story, world } = stage;
  story.act("Query: from the store; remote types from the cloud, then stored");
  await stage.asks("query", "default/pod/web-0", {
    tell: (answer) => `from the store, image ${imageOf(objectsOf(answer)[0])}`,
  });
  await stage.becomes(
    { from: "node", to: "store", operation: "synced", resource: "*" },
    {
      expected: "in sync: what the cloud had has come",
      look: () => world.status().synced,
      came: () => "not in sync yet",
    },
  );
  await stage.asks("query", "default/pod", {
    tell: (answer) =>
      names(answer, ["default/job-0", "default/web-0", "plant/db-0"]),
  });
  await stage.asks("query", "plant/pod", {
    tell: (answer) => names(answer, ["plant/db-0"]),
  });
  await remote(stage);
  await missing(stage);
}

/** A configmap: asked for in the cloud once, then served from the store. */
async function remote(stage: Stage): Promise<void> {
  const resource = "default/configmap/app-cfg";
  stage.world.hub.apply(configManifest("app-cfg", "day"));
  const after = stage.wire.count;
  const tell = (answer: Answer) => {
    const [config] = objectsOf(answer);
    const mode = at(config, "data", "mode");
    expectEqual("mode", { came: mode, expected: "day" });
    return `mode=${mode}`;
  };
  await stage.asks("query", resource, {
    upstream: true,
    tell: (answer) => `${tell(answer)}, from the cloud:`,
  });
  const hop = (from: Hop["from"], to: Hop["to"], operation: string): Hop => ({
    from,
    to,
    operation,
    resource,
  });
  const asked = await stage.sees(hop("node", "cloud", "query"), {
    after,
    tell: () => "configmap is a remote type",
  });
  const answered = await stage.sees(hop("cloud", "node", "response"), {
    after,
    where: ({ header }) => header.parent_msg_id === asked.header.msg_id,
    tell: versionOf,
  });
  await stage.sees(hop("node", "cloud", "response"), {
    after,
    where: ({ header }) => header.parent_msg_id === answered.header.msg_id,
    tell: () => "acked: the cloud keeps it current from now on",
  });
  await stage.asks("query", resource, {
    tell: (answer) => `${tell(answer)}, from the store`,
  });
}

/** A secret that is nowhere: the cloud's word is passed on. */
async function missing(stage: Stage): Promise<void> {
  const resource = "default/secret/absent";
  const after = stage.wire.count;
  await stage.asks("query", resource, {
    upstream: true,
    reason: "NotFound",
    tell: () => "NotFound, by the cloud:",
  });
  await stage.sees(
    { from: "cloud", to: "node", operation: "response", resource },
    {
      after,
      tell: ({ content }) => {
        const reason = at(content, "ErrStatus", "reason");
        expectEqual("reason", { came: reason, expected: "NotFound" });
        return String(at(content, "ErrStatus", "message"));
      },
    },
  );
}

function names(answer: Answer, expected: readonly string[]): string {
  const came = objectsOf(answer).map(nameOf);
  expectEqual("objects", { came, expected });
  return came.join(", ");
}
