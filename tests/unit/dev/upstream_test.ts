import { assert, assertEquals } from "@std/assert";
import { isVolumeAnswer } from "../../../lib/dev/upstream.ts";
import { Asker } from "./asker.ts";

Deno.test("answerUpstream, the cluster's CA if there is one", () => {
  const asker = new Asker();
  const source = "metamanager";
  assertEquals(asker.ask("query", "k8s/ca.crt", null, { source }), []);
  const clusterCa = "-----BEGIN";
  const [answer] = asker.ask("query", "k8s/ca.crt", null, {
    source,
    clusterCa,
  });
  assertEquals(answer?.content, clusterCa);
  assertEquals(answer?.route.source, "cloudhub");
});

Deno.test("isVolumeAnswer, CSI answers only", () => {
  assert(isVolumeAnswer("default/volume/0c1d"));
  assert(!isVolumeAnswer("default/volumeattachment/va1"));
});
