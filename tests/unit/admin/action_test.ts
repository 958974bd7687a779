import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Action,
  ActionError,
  runAction,
} from "../../../lib/admin/action.ts";
import { answerAdmin } from "../../../lib/admin/pages.ts";
import { Health } from "../../../lib/telemetry/mod.ts";
import { SystemClock } from "../../../lib/base/mod.ts";

const JSON_TYPE = { "content-type": "application/json" };

function post(body?: BodyInit, headers: HeadersInit = JSON_TYPE): Request {
  return new Request("http://localhost/do", {
    method: "POST",
    headers,
    ...(body === undefined ? {} : { body }),
  });
}

async function run(action: Action, request: Request) {
  const response = await runAction(action, request);
  return { status: response.status, body: await response.json() };
}

Deno.test("runAction, gives the input and answers what was done", async () => {
  const echo: Action = (input) => ({ input });
  assertEquals(await run(echo, post('{"ids":["a"]}')), {
    status: 200,
    body: { input: { ids: ["a"] } },
  });
  assertEquals(await run(echo, post(undefined, {})), { status: 200, body: {} });
  assertEquals((await run(() => undefined, post())).body, {});
});

Deno.test("runAction, what is no JSON or not declared as such is refused", async () => {
  const never: Action = () => {
    throw new Error("must not run");
  };
  for (
    const [request, part] of [
      [post("a=b", { "content-type": "text/plain" }), "application/json"],
      [post("{", JSON_TYPE), "no JSON"],
      [post(new Uint8Array([0x22, 0xff, 0x22]), JSON_TYPE), "no JSON"],
      [post(`"${"x".repeat(256 * 1024)}"`, JSON_TYPE), "262144 bytes"],
    ] as const
  ) {
    const { status, body } = await run(never, request);
    assertEquals(status, 400, part);
    assertStringIncludes(body.error, part);
  }
});

Deno.test("runAction, an ActionError is the answer, others are thrown on", async () => {
  const refuse: Action = () => {
    throw new ActionError(409, "Cannot: busy", { hint: "Wait" });
  };
  assertEquals(await run(refuse, post("{}")), {
    status: 409,
    body: { error: "Cannot: busy", hint: "Wait" },
  });
  const broken: Action = () => Promise.reject(new Error("defect"));
  await assertRejects(() => runAction(broken, post("{}")), Error, "defect");
});

Deno.test("answerAdmin, actions want POST and views want GET", async () => {
  const health = new Health(new SystemClock());
  const done: unknown[] = [];
  const sources = {
    health: () => health.report(),
    metrics: () => "",
    status: () => ({}),
    views: { "/rows": () => [1, 2] },
    actions: { "/do": (input: unknown) => ({ count: done.push(input) }) },
  };
  const ask = async (path: string, init: RequestInit = {}) => {
    const headers = { host: "localhost", ...JSON_TYPE, ...init.headers };
    const response = await answerAdmin(
      sources,
      new Request(`http://localhost${path}`, { ...init, headers }),
    );
    return { status: response.status, text: await response.text(), response };
  };
  const did = await ask("/do", { method: "POST", body: "7" });
  assertEquals(JSON.parse(did.text), { count: 1 });
  assertEquals(done, [7]);
  const got = await ask("/do");
  assertEquals([got.status, got.response.headers.get("allow")], [405, "POST"]);
  assertEquals(JSON.parse((await ask("/rows")).text), [1, 2]);
  assertEquals((await ask("/rows", { method: "POST" })).status, 405);
  const origin = { origin: "http://evil.example" };
  const web = await ask("/do", { method: "POST", body: "8", headers: origin });
  assertEquals(web.status, 403);
  assertEquals(done, [7]);
  const missing = await ask("/__proto__");
  assertEquals(missing.status, 404);
  assertStringIncludes(missing.text, "/rows, POST /do");
});

Deno.test("answerAdmin, a view gets its parameters and may say what is wrong with them", async () => {
  const sources = {
    health: () => new Health(new SystemClock()).report(),
    metrics: () => "",
    status: () => ({}),
    views: {
      "/rows": (parameters: URLSearchParams) => {
        const type = parameters.get("type");
        if (!type) throw new ActionError(400, "No type given");
        return Promise.resolve([type]);
      },
    },
  };
  const ask = (path: string) =>
    answerAdmin(
      sources,
      new Request(`http://localhost${path}`, {
        headers: { host: "localhost" },
      }),
    );
  assertEquals(await (await ask("/rows?type=pod")).json(), ["pod"]);
  const refused = await ask("/rows");
  assertEquals(refused.status, 400);
  assertEquals(await refused.json(), { error: "No type given" });
});
