import { assertEquals, assertStringIncludes } from "@std/assert";
import { systemIds } from "../../../lib/base/mod.ts";
import { CloudCore } from "../../../lib/dev/cloud_core.ts";
import { ManifestApi } from "../../../lib/dev/manifest_api.ts";
import { VirtualClock } from "../../support/virtual_clock.ts";

const TOKEN = "right";
const RIGHT = {
  host: "127.0.0.1:10080",
  authorization: `Bearer ${TOKEN}`,
  "content-type": "application/yaml",
};
const POD = "kind: Pod\nmetadata: {name: web}\nspec: {containers: []}\n";

function setup() {
  const clock = new VirtualClock();
  const core = new CloudCore({ clock, ids: systemIds });
  const api = new ManifestApi({ core, token: TOKEN, node: "edge-1" });
  const ask = async (
    path: string,
    init: { method?: string; body?: string; headers?: HeadersInit } = {},
  ) => {
    const response = await api.answer(
      new Request(`http://127.0.0.1${path}`, {
        method: init.method ?? "POST",
        headers: init.headers ?? RIGHT,
        ...(init.body === undefined ? {} : { body: init.body }),
      }),
    );
    return { status: response.status, body: await response.json() };
  };
  return { core, ask };
}

Deno.test("ManifestApi, creates, changes, lists and deletes", async () => {
  const { core, ask } = setup();
  const said = async (path: string, body: string) => {
    const { status, body: answer } = await ask(path, { body });
    assertEquals(status, 200);
    return answer.results.map((
      { type, namespace, name, result }: Record<string, string>,
    ) => `${type} ${namespace}/${name} ${result}`);
  };
  const secret = "---\nkind: Secret\nmetadata: {name: s, namespace: shop}\n";
  assertEquals(await said("/apply", POD + secret), [
    "pod default/web created",
    "secret shop/s created",
  ]);
  await said("/apply", secret + "stringData: {k: v}\n");
  const [stored] = core.objects.list("secret");
  assertEquals([stored?.data, stored?.stringData], [{ k: "dg==" }, undefined]);
  const pod = core.objects.get({
    type: "pod",
    namespace: "default",
    name: "web",
  });
  assertEquals(
    (pod?.spec as Record<string, unknown>).nodeName,
    "edge-1",
    "a pod without a node gets the hub's",
  );
  assertEquals(await said("/apply", POD), ["pod default/web unchanged"]);
  assertEquals(await said("/apply", POD + "label: x\n"), [
    "pod default/web configured",
  ]);
  const { body } = await ask("/objects", { method: "GET" });
  assertEquals(
    body.objects.map(({ name }: { name: string }) => name),
    ["web", "s"],
  );
  assertEquals(
    await said("/delete", `${secret}---\nkind: pods\nmetadata: {name: no}\n`),
    ["secret shop/s deleted", "pod default/no not found"],
  );
  assertEquals(core.objects.list("secret"), []);
});

Deno.test("ManifestApi, applied again a pod that has reported is unchanged", async () => {
  const { core, ask } = setup();
  await ask("/apply", { body: POD });
  core.objects.update(
    { type: "pod", namespace: "default", name: "web" },
    (pod) => ({ ...pod, status: { phase: "Running" } }),
  );
  const { body } = await ask("/apply", { body: POD });
  assertEquals(body.results[0].result, "unchanged");
});

Deno.test("ManifestApi, one wrong manifest and nothing is changed", async () => {
  const { core, ask } = setup();
  const { status, body } = await ask("/apply", {
    body: `${POD}---\nkind: X\n`,
  });
  assertEquals(status, 400);
  assertStringIncludes(body.error, "document 2");
  assertEquals(core.objects.all(), []);
});

Deno.test("ManifestApi, web pages, wrong tokens and odd requests are refused", async () => {
  const { core, ask } = setup();
  for (
    const [headers, status] of [
      [{ ...RIGHT, origin: "http://evil.example" }, 403],
      [{ ...RIGHT, host: "evil.example" }, 403],
      [{ ...RIGHT, authorization: "Bearer wrong" }, 401],
      [{ ...RIGHT, authorization: "Bearer righto" }, 401],
      [{ host: "localhost", "content-type": "application/yaml" }, 401],
      [{ ...RIGHT, "content-type": "text/plain" }, 415],
    ] as const
  ) {
    const answer = await ask("/apply", { body: POD, headers });
    assertEquals(answer.status, status, JSON.stringify(headers));
  }
  assertEquals((await ask("/apply", { method: "GET" })).status, 405);
  assertEquals((await ask("/objects")).status, 405);
  assertEquals((await ask("/nowhere")).status, 404);
  const large = await ask("/apply", { body: "#".repeat(9 * 1024 * 1024) });
  assertEquals(large.status, 400);
  assertStringIncludes(large.body.error, "8388608 bytes");
  assertEquals(core.objects.all(), []);
});
