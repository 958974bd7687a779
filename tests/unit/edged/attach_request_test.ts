import { assert, assertEquals } from "@std/assert";
import { readAttachRequest } from "../../../lib/edged/attach_request.ts";

function judge(
  target: string,
  options: {
    headers?: Record<string, string>;
    isUpgrade?: boolean;
    token?: string;
  } = {},
) {
  const { pathname, searchParams } = new URL(`http://x${target}`);
  const request = readAttachRequest({
    path: pathname,
    query: searchParams,
    headers: new Headers({ host: "localhost", ...options.headers }),
    isUpgrade: options.isUpgrade ?? true,
  }, options.token === undefined ? {} : { token: options.token });
  return request.ok ? request : request.status;
}

Deno.test("readAttachRequest, reads module, answers and since", () => {
  assertEquals(judge("/attach/edged"), {
    ok: true,
    module: "edged",
    answers: false,
  });
  assertEquals(judge("/attach/edged?answers=true&since=0"), {
    ok: true,
    module: "edged",
    answers: true,
    since: 0,
  });
  assertEquals(
    judge("/attach/pod-agent-2?answers=false&since=9007199254740991"),
    {
      ok: true,
      module: "pod-agent-2",
      answers: false,
      since: Number.MAX_SAFE_INTEGER,
    },
  );
});

Deno.test("readAttachRequest, refuses what a web page sends", () => {
  for (
    const origin of ["http://evil.example", "null", "http://localhost", ""]
  ) {
    assertEquals(judge("/attach/edged", { headers: { origin } }), 403);
  }
});

Deno.test("readAttachRequest, takes only hosts of this machine", () => {
  for (
    const host of [
      "localhost",
      "LOCALHOST:80",
      "127.0.0.1",
      "127.0.0.1:10350",
      "[::1]",
      "[::1]:99999",
    ]
  ) {
    assert(typeof judge("/attach/edged", { headers: { host } }) === "object");
  }
  for (
    const host of [
      "evil.example",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "127.0.0.2",
      "localhost:",
      "localhost:123456",
      "::1",
      "",
    ]
  ) {
    assertEquals(judge("/attach/edged", { headers: { host } }), 403, host);
  }
});

Deno.test("readAttachRequest, knows one path", () => {
  for (
    const path of ["/", "/attach", "/attach/a/b", "/x/attach/a", "/Attach/a"]
  ) {
    assertEquals(judge(path), 404, path);
  }
});

Deno.test("readAttachRequest, wants an upgrade", () => {
  assertEquals(judge("/attach/edged", { isUpgrade: false }), 426);
});

Deno.test("readAttachRequest, refuses names that are no module's", () => {
  const names = [
    "",
    "Edged",
    "1a",
    "-a",
    "a_b",
    "a.b",
    "a%20b",
    "a".repeat(64),
    "metamanager",
    "websocket",
    "metaserver",
    "router",
    "edgehub",
    "edgecontroller",
    "cloudhub",
    "processor",
  ];
  for (const name of names) {
    assertEquals(judge(`/attach/${name}`), 400, name);
  }
  assert(typeof judge(`/attach/${"a".repeat(63)}`) === "object");
});

Deno.test("readAttachRequest, refuses other words in its parameters", () => {
  for (
    const query of [
      "answers=yes",
      "answers=",
      "answers=TRUE",
      "since=",
      "since=-1",
      "since=1.5",
      "since=0x10",
      "since=9007199254740992",
      "since=12345678901234567",
    ]
  ) {
    assertEquals(judge(`/attach/edged?${query}`), 400, query);
  }
});

Deno.test("readAttachRequest, compares the token", () => {
  const ask = (authorization?: string) =>
    judge("/attach/edged", {
      token: "s3cret",
      headers: authorization === undefined ? {} : { authorization },
    });
  for (
    const wrong of [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "Bearer s3cre",
      "Bearer s3cret2",
      "Bearer S3cret",
      "Basic s3cret",
      "s3cret",
      "Bearer s3cret x",
    ]
  ) {
    assertEquals(ask(wrong), 401, String(wrong));
  }
  assert(typeof ask("Bearer s3cret") === "object");
  assert(typeof ask("bearer s3cret") === "object");
});

Deno.test("readAttachRequest, a wrong token learns nothing else", () => {
  assertEquals(
    judge("/attach/BAD?since=x", { token: "t", isUpgrade: false }),
    401,
  );
});

Deno.test("readAttachRequest, refuses parameters that it does not know", () => {
  assertEquals(judge("/attach/edged?answer=true"), 400);
  assertEquals(judge("/attach/edged?answers=true&__proto__=1"), 400);
});
