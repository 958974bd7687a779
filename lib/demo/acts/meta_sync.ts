import { at, expectEqual } from "../check.ts";
import type { Hop } from "../event.ts";
import type { Stage } from "../stage.ts";

/** MetaSync: all statuses, one message per namespace. */
export async function metaSync(stage: Stage): Promise<void> {
  const { story, wire } = stage;
  story.act("MetaSync: every second all statuses, one message per namespace");
  const after = wire.count;
  const names = { default: "web-0", plant: "db-0" };
  for (const [namespace, name] of Object.entries(names)) {
    const hop: Hop = {
      from: "node",
      to: "cloud",
      operation: "update",
      resource: `${namespace}/podstatus`,
    };
    const sent = await stage.sees(hop, {
      after,
      tell: ({ content }) => {
        const came = Array.isArray(content)
          ? content.map((status) => at(status, "Name"))
          : content;
        expectEqual("statuses", { came, expected: [name] });
        return `[${name}]`;
      },
    });
    await stage.sees(
      { ...hop, from: "cloud", to: "node", operation: "response" },
      {
        after,
        where: ({ header }) => header.parent_msg_id === sent.header.msg_id,
        tell: ({ content }) => JSON.stringify(content),
      },
    );
  }
}
