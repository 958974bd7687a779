import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { redactContent } from "../../../lib/telemetry/mod.ts";

const POD = {
  kind: "Pod",
  metadata: {
    name: "web-0",
    annotations: {
      "kubectl.kubernetes.io/last-applied-configuration":
        '{"spec":{"env":[{"name":"A","value":"hunter2"}]}}',
    },
  },
  spec: {
    imagePullSecrets: [{ name: "regcred" }],
    containers: [{
      name: "web",
      args: ["--password=hunter2", "--port=80"],
      env: [
        { name: "DB_PASSWORD", value: "hunter2" },
        { name: "EMPTY", value: "" },
        {
          name: "REF",
          valueFrom: { secretKeyRef: { name: "db", key: "password" } },
        },
      ],
    }],
    volumes: [{ name: "v", secret: { secretName: "db" } }],
  },
};

Deno.test("redactContent, an object is shown as deep as it goes, its values masked", () => {
  const text = redactContent(POD, "default/pod/web-0");
  assert(!text.includes("hunter2"), text);
  const shown = JSON.parse(text);
  const [container] = shown.spec.containers;
  assertEquals(container.env[0], { name: "DB_PASSWORD", value: "[redacted]" });
  assertEquals(container.env[1].value, "");
  assertEquals(container.env[2].valueFrom, {
    secretKeyRef: { name: "db", key: "password" },
  });
  assertEquals(container.args, ["--password=[redacted]", "--port=80"]);
  assertEquals(shown.metadata.name, "web-0");
});

Deno.test("redactContent, secrets and tokens are never shown", () => {
  const closed = (resource: string, content: unknown = { any: "hunter2" }) =>
    assertEquals(redactContent(content, resource), '"[redacted]"', resource);
  closed("default/secret/db");
  closed("default/secret");
  closed("default/serviceaccounttoken/default");
  closed("ignore/Application/ignore");
  closed("default/volume/pvc-1");
  closed("/core/v1/secrets/default/db");
  closed("default/pod/a", { kind: "Secret", any: "hunter2" });
  closed("default/pod/a", { kind: "TokenRequest", status: { x: "hunter2" } });
  // Inside of others, too.
  for (
    const content of [
      [{ kind: "Secret", type: "hunter2" }],
      { ID: "1", ReqBody: "hunter2", RespBody: "hunter2" },
      { data: { key: "hunter2" }, stringData: { key: "hunter2" } },
      { status: { token: "hunter2" } },
      "Bearer hunter2hunter2",
    ]
  ) {
    const text = redactContent(content, "default/thing/a");
    assert(!text.includes("hunter2"), text);
  }
  assertEquals(redactContent(null, "default/secret/db"), "null");
});

Deno.test("redactContent, the text is bounded in depth, entries and length", () => {
  let deep: unknown = "bottom";
  for (let i = 0; i < 20; i++) deep = { deep };
  assertStringIncludes(redactContent(deep, "a/b/c"), "[deeper]");
  const list = JSON.parse(redactContent(Array(100).fill(1), "a/b/c"));
  assertEquals([list.length, list.at(-1)], [65, "[36 more]"]);
  const wide = Object.fromEntries(
    Array.from({ length: 70 }, (_, i) => [`k${i}`, i]),
  );
  assertEquals(JSON.parse(redactContent(wide, "a/b/c")).more, 6);
  const long = redactContent(Array(60).fill("x".repeat(900)), "a/b/c");
  assert(long.length < 40_000, `${long.length}`);
  assertStringIncludes(JSON.parse(long), "characters)");
  assertEquals(
    redactContent([true, null, 1, undefined], "a/b/c"),
    "[true,null,1,null]",
  );
});
