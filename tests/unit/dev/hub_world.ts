import { CloudHub, type CloudHubOptions } from "../../../lib/dev/cloud_hub.ts";
import { TestNode } from "./ws_client.ts";

/** A pod of node edge-1. */
export const POD = {
  kind: "Pod",
  metadata: { name: "web-0" },
  spec: { nodeName: "edge-1", containers: [{ name: "c" }] },
};

/** Runs a test with a hub that listens, and stops it. */
export async function withHub(
  run: (hub: CloudHub) => Promise<void>,
  options: CloudHubOptions = {},
): Promise<void> {
  await using hub = new CloudHub({ timing: { repairMs: 50 }, ...options });
  await hub.start();
  await run(hub);
}

export async function registered(
  hub: CloudHub,
  node = "edge-1",
): Promise<TestNode> {
  const edge = await TestNode.dial({ port: hub.port, node });
  await edge.answerTo(edge.register(node));
  return edge;
}
