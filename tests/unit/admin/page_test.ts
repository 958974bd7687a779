import { assert, assertEquals, assertMatch } from "@std/assert";
import { PAGE, pageResponse } from "../../../lib/admin/page.ts";

async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}

Deno.test("page, its policy allows its own style and script, and nothing else", async () => {
  const response = await pageResponse();
  const body = await response.text();
  assertEquals(body, PAGE);
  const policy = Object.fromEntries(
    response.headers.get("content-security-policy")!.split("; ")
      .map((part) => {
        const [name, ...values] = part.split(" ");
        return [name, values.join(" ")];
      }),
  );
  const [, style = ""] = /<style>(.*?)<\/style>/s.exec(body) ?? [];
  const [, script = ""] = /<script>(.*?)<\/script>/s.exec(body) ?? [];
  assertEquals(policy["default-src"], "'none'");
  assertEquals(policy["style-src"], await hashOf(style));
  assertEquals(policy["script-src"], await hashOf(script));
  assertEquals(policy["connect-src"], "'self'");
  assertEquals(policy["frame-ancestors"], "'none'");
  assertEquals(
    response.headers.get("content-type"),
    "text/html; charset=utf-8",
  );
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
});

Deno.test("page, it is small, whole, and puts nothing in but text", () => {
  assert(PAGE.length < 24_000, `${PAGE.length} bytes`);
  assertEquals(PAGE.match(/<(?:script|style)\b/g)?.length, 2);
  // Neither files of its own nor any address of somebody else.
  const addresses = PAGE.match(/(?:https?:)?\/\/[\w.]+/g) ?? [];
  assertEquals(new Set(addresses), new Set(["http://www.w3.org"]));
  for (const word of [/innerHTML/, /insertAdjacent/, /\beval\b/, /\son\w+=/]) {
    assert(!word.test(PAGE), `${word}`);
  }
  assertMatch(PAGE, /<meta name="viewport"/);
  assertMatch(PAGE, /prefers-color-scheme: dark/);
});

Deno.test("page, one arrow in its text does not have the binary keep all source twice as wide", () => {
  assertMatch(PAGE, /^[\0-\x7f]*$/);
});
