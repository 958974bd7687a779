import { assert, assertEquals, assertThrows } from "@std/assert";
import { seededRandom } from "../../../lib/base/mod.ts";
import {
  type EndedTry,
  Endpoints,
  type FailoverOptions,
} from "../../../lib/edgehub/endpoints.ts";
import { nextDial } from "../../../lib/edgehub/redial.ts";

const URLS = ["a", "b", "c"].map((name) => new URL(`wss://${name}/`));
const REFUSED: EndedTry = {
  ended: "not-connected",
  livedMs: 0,
  isProven: false,
};
const MUTE: EndedTry = { ended: "by-us", livedMs: 30_000, isProven: false };
const CUT: EndedTry = { ended: "by-peer", livedMs: 60_000, isProven: true };
const SHORT: EndedTry = { ended: "by-peer", livedMs: 4999, isProven: true };

function endpoints(options: Partial<FailoverOptions> = {}, seed = 1) {
  return new Endpoints(URLS, {
    order: "in-order",
    preferAfterMs: 0,
    random: seededRandom(seed),
    ...options,
  });
}

/** Dials as the link does; what answers is up to the map. */
function dials(
  these: Endpoints,
  count: number,
  result: (host: string, at: number) => EndedTry,
): { host: string; isWithinRound: boolean }[] {
  return Array.from({ length: count }, (_, at) => {
    const { host } = these.current;
    return { host, isWithinRound: these.ended(result(host, at)) };
  });
}

const hosts = (all: { host: string }[]) => all.map(({ host }) => host).join("");

Deno.test("Endpoints, in order: each is tried once before the long wait, round after round", () => {
  const all = dials(endpoints(), 9, () => REFUSED);
  assertEquals(hosts(all), "abcabcabc");
  assertEquals(
    all.map(({ isWithinRound }) => isWithinRound),
    [true, true, false, true, true, false, true, true, false],
  );
});

Deno.test("Endpoints, stays with the one that works", () => {
  // The first one refuses; the second one works and is cut now and then.
  const all = dials(
    endpoints(),
    6,
    (host) => host === "a" ? REFUSED : CUT,
  );
  assertEquals(hosts(all), "abbbbb");
  assertEquals(all.at(-1)?.isWithinRound, false);
});

Deno.test("Endpoints, what worked last is tried first, then the others", () => {
  const these = endpoints();
  assertEquals(hosts(dials(these, 2, (h) => h === "b" ? CUT : REFUSED)), "ab");
  assertEquals(hosts(dials(these, 4, () => REFUSED)), "bcab");
});

Deno.test("Endpoints, a mute cloud and one that ends at once do not work", () => {
  for (const bad of [MUTE, SHORT]) {
    const all = dials(endpoints(), 3, () => bad);
    assertEquals(hosts(all), "abc");
    assertEquals(all[0]?.isWithinRound, true);
  }
});

Deno.test("Endpoints, at random: each once a round, in any order, none preferred", () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 50; seed++) {
    const these = endpoints({ order: "random", preferAfterMs: 1000 }, seed);
    assertEquals(these.preferAfterMs, undefined);
    const all = dials(these, 3, () => REFUSED);
    assertEquals(new Set(hosts(all)).size, 3);
    assertEquals(all.map((one) => one.isWithinRound), [true, true, false]);
    orders.add(hosts(all));
    assertEquals(new Set(hosts(dials(these, 3, () => REFUSED))).size, 3);
  }
  assertEquals(orders.size, 6);
});

Deno.test("Endpoints, one address is dialled again and again, with the long wait", () => {
  const these = new Endpoints(URLS.slice(0, 1), {
    order: "in-order",
    preferAfterMs: 1000,
    random: seededRandom(1),
  });
  const all = dials(these, 3, () => REFUSED);
  assertEquals(hosts(all), "aaa");
  assert(all.every(({ isWithinRound }) => !isWithinRound));
  assertEquals(these.preferAfterMs, undefined);
});

Deno.test("Endpoints, the first one is preferred again after the time that is set", () => {
  const these = endpoints({ preferAfterMs: 60_000 });
  assertEquals(these.preferAfterMs, undefined);
  these.ended(REFUSED);
  assertEquals([these.current.host, these.preferAfterMs], ["b", 60_000]);
  these.prefer();
  assertEquals(these.current.host, "b");
  // The link to it is ended by us, and the first one is next.
  these.ended({ ended: "by-us", livedMs: 60_000, isProven: true });
  assertEquals([these.current.host, these.preferAfterMs], ["a", undefined]);
  // It still does not work: the round goes on to the others.
  assertEquals(hosts(dials(these, 3, () => REFUSED)), "abc");
  assertEquals(endpoints().preferAfterMs, undefined);
});

Deno.test("Endpoints, none is an error that says so", () => {
  const none = new Endpoints([], {
    order: "in-order",
    preferAfterMs: 0,
    random: seededRandom(1),
  });
  assertThrows(() => none.current, RangeError, "no address");
});

Deno.test("Endpoints and nextDial, backoff counts rounds, not addresses", () => {
  const these = endpoints();
  const bounds = { baseMs: 1000, capMs: 60_000, random: () => 1 };
  let failures = 0;
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    const isWithinRound = these.ended(REFUSED);
    const next = nextDial(failures, REFUSED, { ...bounds, isWithinRound });
    failures = next.failures;
    waits.push(next.waitMs);
  }
  assertEquals(waits, [0, 0, 1000, 0, 0, 2000, 0, 0, 4000]);
  // Where the cloud may hold a session the wait stays.
  const mute = nextDial(0, MUTE, { ...bounds, isWithinRound: true });
  assertEquals(mute.waitMs, 5000);
});

Deno.test("Endpoints, another list begins at its first, the same one goes on where it was", () => {
  const these = endpoints();
  dials(these, 1, () => REFUSED);
  assertEquals(these.current.host, "b");
  these.use(URLS.map((url) => new URL(url)), {
    order: "in-order",
    preferAfterMs: 5,
  });
  assertEquals([these.current.host, these.preferAfterMs], ["b", 5]);
  const others = [new URL("wss://d/"), new URL("wss://e/")];
  these.use(others, { order: "in-order", preferAfterMs: 0 });
  assertEquals(
    dials(these, 3, () => REFUSED).map(({ host }) => host),
    ["d", "e", "d"],
  );
  these.use(others, { order: "random", preferAfterMs: 0 });
  assertEquals(these.preferAfterMs, undefined);
});
