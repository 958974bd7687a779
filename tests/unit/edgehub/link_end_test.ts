import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { linkEnd } from "../../../lib/edgehub/link_end.ts";
import { LinkError } from "../../../lib/edgehub/mod.ts";
import {
  ProtocolError,
  type WebSocketEnd,
} from "../../../lib/websocket/mod.ts";

const end = (more: Partial<WebSocketEnd>): WebSocketEnd => ({
  code: 1006,
  reason: "",
  by: "peer",
  ...more,
});

const LONG = { givenUp: undefined, proven: true, livedMs: 60_000 };

function coded(code: string): Error {
  return Object.assign(new Error(`read ${code}`), { code });
}

Deno.test("linkEnd, what we gave up is ours, whatever the stream says", () => {
  const givenUp = new LinkError("silent", "nothing came");
  const told = linkEnd(end({ by: "error", error: givenUp }), {
    ...LONG,
    givenUp,
  });
  assertEquals(told, { error: givenUp, ended: "by-us" });
  assertEquals(linkEnd(end({}), { ...LONG, givenUp }).ended, "by-us");
});

Deno.test("linkEnd, the peer ended it, with and without a close frame", () => {
  const bare = linkEnd(end({}), LONG);
  assertEquals(bare.ended, "by-peer");
  assertEquals(bare.error.kind, "ended");
  assertEquals(
    bare.error.message,
    "The cloud, or something on the way, cut the link without a word: 1006",
  );
  const said = linkEnd(end({ code: 1001, reason: "going away" }), LONG);
  assertStringIncludes(said.error.message, "1001 going away");
});

Deno.test("linkEnd, a reset counts as closed by the peer, other errors do not", () => {
  const by = (error: unknown) => linkEnd(end({ by: "error", error }), LONG);
  assertEquals(by(coded("ECONNRESET")).ended, "by-peer");
  assertEquals(by(coded("EPIPE")).ended, "by-peer");
  for (const code of ["ECONNRESET", "EPIPE"]) {
    assertMatch(by(coded(code)).error.message, /cut the link .*: read E/);
  }
  const eof = new Deno.errors.UnexpectedEof(
    "no TLS close_notify: https://docs.rs/rustls/latest/rustls/#unexpected-eof",
  );
  assertEquals(by(eof).ended, "by-peer");
  assertMatch(by(eof).error.message, /cut the link .*: no TLS close_notify$/);
  assertEquals(by(coded("ETIMEDOUT")).ended, "by-us");
  assertEquals(by(new Error("odd")).ended, "by-us");
  assertEquals(by(new Error("odd")).error.message, "The link broke: odd");
  assertEquals(by("text").ended, "by-us");
  const corrupt = by(new Error("received corrupt message of type X"));
  assertMatch(corrupt.error.message, /on the way changed its bytes: received/);
});

Deno.test("linkEnd, a broken protocol ends by us, a message too large says how to take it", () => {
  const by = (code: number) =>
    linkEnd(
      end({ by: "error", error: new ProtocolError(code, "rule") }),
      LONG,
    );
  const broken = by(1002);
  assertEquals([broken.ended, broken.error.kind], ["by-us", "protocol"]);
  assertStringIncludes(broken.error.message, "rule");
  assertMatch(broken.error.hint, /no CloudHub/);
  assertMatch(by(1009).error.hint, /edgehub\.message-size/);
});

Deno.test("linkEnd, a session that CloudCore ends soon and without a word may be that of a Node registered anew", () => {
  const short = { ...LONG, livedMs: 14_999 };
  const cut = end({ by: "error", error: coded("ECONNRESET") });
  const hint = /kubectl get clusterobjectsyncs/;
  assertMatch(linkEnd(end({}), short).error.hint, hint);
  assertMatch(linkEnd(cut, short).error.hint, hint);
  for (
    const [other, session] of [
      [end({}), LONG],
      [cut, LONG],
      [end({}), { ...short, proven: false }],
      [end({ code: 1001 }), short],
      [end({ by: "error", error: new Error("odd") }), short],
    ] as const
  ) assertEquals(linkEnd(other, session).error.hint, "");
});

Deno.test("linkEnd, closed by us", () => {
  const { ended, error } = linkEnd(end({ by: "us", code: 1000 }), LONG);
  assertEquals(ended, "by-us");
  assertEquals(error.message, "The link broke: closed by us");
});
