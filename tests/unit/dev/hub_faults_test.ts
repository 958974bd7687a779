import { assert, assertEquals } from "@std/assert";
import { EDGE_LABEL } from "../../../lib/dev/edge_controller.ts";
import { POD, registered, withHub } from "./hub_world.ts";
import { TestNode } from "./ws_client.ts";

Deno.test("HubFaults, mute reads and says nothing", () =>
  withHub(async (hub) => {
    hub.faults.mute = true;
    const edge = await TestNode.dial({ port: hub.port });
    edge.send("ping", "anything");
    await hub.frames.waitFor(({ from }) => from === "edge");
    assertEquals(hub.sessions(), []);
    assertEquals(hub.cut("edge-1"), 1);
    await edge.ended;
    assertEquals(edge.received, []);
    await edge.close();
  }));

Deno.test("HubFaults, ignoreAcks makes CloudCore repeat itself", () =>
  withHub(async (hub) => {
    const edge = await registered(hub);
    hub.faults.ignoreAcks = true;
    hub.apply(POD);
    const isPod = (text: string) => text.includes('"insert"');
    const first = await hub.frames.waitFor((frame) =>
      frame.from === "cloud" && isPod(frame.text)
    );
    const again = await hub.frames.waitFor(
      (frame) => frame.from === "cloud" && isPod(frame.text) && frame !== first,
    );
    assertEquals(again.text, first.text);
    hub.faults.ignoreAcks = false;
    await hub.synced("edge-1");
    await edge.close();
  }, { timing: { resendMs: 20, giveUpMs: 100 } }));

Deno.test("HubFaults, loseDownstream loses what CloudCore sends", () =>
  withHub(async (hub) => {
    const edge = await registered(hub);
    hub.faults.loseDownstream = true;
    edge.send("ping", "lost");
    await hub.frames.waitFor(({ from, text }) =>
      from === "cloud" && text.includes("lost")
    );
    hub.faults.loseDownstream = false;
    await edge.answerTo(edge.send("ping", "found"));
    assertEquals(
      edge.received.some(({ route }) => route.resource === "lost"),
      false,
    );
    await edge.close();
  }));

Deno.test("HubFaults, stallReads leaves what nodes send where it is", () =>
  withHub(async (hub) => {
    hub.apply({
      kind: "Node",
      metadata: { name: "edge-1", labels: { [EDGE_LABEL]: "" } },
    });
    hub.faults.stallReads = true;
    assert(hub.faults.stallReads);
    const edge = await TestNode.dial({ port: hub.port });
    const ping = edge.send("ping", "stalled");
    await hub.events.waitFor(({ kind }) => kind === "open");
    hub.apply(POD);
    await edge.find(({ route }) => route.operation === "insert");
    assertEquals(hub.frames.entries.map(({ from }) => from), ["cloud"]);
    hub.faults.stallReads = false;
    await edge.answerTo(ping);
    await hub.synced("edge-1");
    await edge.close();
  }));
