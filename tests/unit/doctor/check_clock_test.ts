import { assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  checkClock,
  checkCloudClock,
} from "../../../lib/doctor/check_clock.ts";
import { heads, Stage, texts } from "./stage.ts";

const HOUR_MS = 3_600_000;

Deno.test("checkClock, D8 a board without a clock chip, a certificate of tomorrow, files of tomorrow", async () => {
  await using stage = await Stage.make();
  const nowMs = new SystemClock().now();
  const config = await stage.config(...stage.tls("wss://127.0.0.1:1"));
  assertEquals(heads(checkClock(config, nowMs)), ["ok clock"]);
  const past = checkClock(config, 60_000);
  assertEquals(heads(past), ["fail clock"]);
  assertStringIncludes(texts(past), "1970-01-01T00:01:00.000Z, which is past");
  assertStringIncludes(texts(past), "timedatectl");
  await stage.writePair({ fromMs: HOUR_MS });
  const early = checkClock(config, nowMs);
  assertEquals(heads(early), ["fail clock"]);
  assertStringIncludes(texts(early), "the node's certificate begins at");
  await stage.writePair();
  Deno.mkdirSync(`${stage.folder}/store`);
  stage.write("store/metamanager.db.lock", "");
  const later = new Date(nowMs + HOUR_MS);
  Deno.utimeSync(`${config.store.path}.lock`, later, later);
  const back = checkClock(config, nowMs);
  assertEquals(heads(back), ["warn clock"]);
  assertStringIncludes(
    texts(back),
    `.lock was written at ${later.toISOString()}`,
  );
});

Deno.test("checkCloudClock, seconds, minutes and more", () => {
  const at = (seconds: number) => checkCloudClock(1e12 + seconds * 1000, 1e12);
  assertEquals([59, -59, 60, -60, 599, 600, -9999].map((s) => at(s).state), [
    "ok",
    "ok",
    "warn",
    "warn",
    "warn",
    "fail",
    "fail",
  ]);
  assertStringIncludes(at(-90).text, "90 s behind the cloud's");
  assertStringIncludes(at(90).text, "90 s ahead of the cloud's");
});
