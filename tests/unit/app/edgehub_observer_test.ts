import { assertEquals } from "@std/assert";
import { edgehubObserver } from "../../../lib/app/edgehub_observer.ts";
import { LinkError } from "../../../lib/edgehub/mod.ts";
import { observerBench } from "./observer_bench.ts";

const URL = "wss://cloud.example:10000/p/edge-1/events";

Deno.test("edgehubObserver, health follows the link", () => {
  const { parts, sample } = observerBench();
  const observer = edgehubObserver(parts);
  const link = () => {
    const check = parts.health.get("cloud link");
    return [check?.state, check?.reason];
  };
  assertEquals(link(), ["degraded", "not connected yet"]);
  observer.dialling?.(URL);
  observer.connected?.({ url: URL, certificateNotAfterMs: 0 } as never);
  assertEquals(link(), ["ok", URL]);
  const error = new LinkError("tls", "Cannot trust the cloud", { hint: "see" });
  observer.down?.({ url: "wss://h/", error, livedMs: 12.3, waitMs: 5000 });
  assertEquals(link(), ["degraded", "Cannot trust the cloud. see"]);
  observer.broken?.(new TypeError("ours"));
  assertEquals(link(), ["failed", "TypeError: ours"]);
  assertEquals(
    [
      sample("metamanager_cloud_connects_total"),
      sample('metamanager_cloud_link_failures_total{reason="tls"}'),
    ],
    [1, 1],
  );
});

Deno.test("edgehubObserver, each dial without TLS is warned of", () => {
  const { parts, lines } = observerBench();
  const observer = edgehubObserver(parts);
  for (let i = 0; i < 2; i++) observer.dialling?.("ws://cloud.example/");
  observer.dialling?.(URL);
  assertEquals(
    lines.filter(({ level }) => level === "warn").map(({ event }) => event),
    ["dialling without TLS", "dialling without TLS"],
  );
});

Deno.test("edgehubObserver, says why the link is down and when it dials again", () => {
  const { parts, lines } = observerBench();
  const observer = edgehubObserver(parts);
  const error = new LinkError("tcp", "Connection refused", { hint: "look" });
  observer.down?.({ url: "wss://h/", error, livedMs: 12.3, waitMs: 5000 });
  const { level, error: text, hint, livedMs, nextDialMs } = lines[0] ?? {};
  assertEquals([level, text, hint, livedMs, nextDialMs], [
    "warn",
    "Connection refused",
    "look",
    12,
    5000,
  ]);
});

Deno.test("edgehubObserver, a frame that is refused is counted and logged without content", () => {
  const { parts, lines, sample } = observerBench();
  edgehubObserver(parts).fault?.({
    kind: "not-json",
    text: "Frame is not JSON",
    msgId: "id-1",
  });
  assertEquals(
    sample('metamanager_cloud_frame_faults_total{kind="not-json"}'),
    1,
  );
  assertEquals([lines[0]?.reason, lines[0]?.msgId], [
    "Frame is not JSON",
    "id-1",
  ]);
});
