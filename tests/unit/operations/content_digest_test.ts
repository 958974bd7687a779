import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { contentDigest } from "../../../lib/operations/content_digest.ts";
import { sameContent } from "../../../lib/operations/delta.ts";
import { seededRandom } from "../../../lib/base/mod.ts";

const random = seededRandom(9);
const below = (n: number) => Math.floor(random() * n);

function value(depth: number): unknown {
  const kind = below(depth > 0 ? 8 : 5);
  if (kind === 0) return [0, -0, 1, 1.5, 2 ** 40, -7, 1e300][below(7)];
  if (kind === 1) return ["", "a", "b", "x".repeat(60), "ä\u0000"][below(5)];
  if (kind === 2) return random() < 0.5;
  if (kind === 3) return null;
  if (kind === 4) return `v${below(3)}`;
  if (kind === 5) {
    return Array.from({ length: below(3) }, () => value(depth - 1));
  }
  return fields(depth - 1);
}

function fields(depth: number): Record<string, unknown> {
  const keys = ["a", "b", "metadata", "resourceVersion", "status"];
  return Object.fromEntries(
    keys.filter(() => random() < 0.5).map((key) => [key, value(depth)]),
  );
}

/** The same fields in another order, at every depth. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).reverse().map(([key, item]) => [key, turned(item)]),
  );
}

Deno.test("contentDigest, is the same for all contents that are the same", () => {
  let same = 0;
  for (let i = 0; i < 20_000; i++) {
    const object = fields(2);
    const other = random() < 0.5 ? turned(object) : fields(2);
    for (const type of ["pod", "node"]) {
      if (!sameContent(JSON.stringify(object), other, type)) continue;
      same++;
      assertEquals(
        contentDigest(object, type),
        contentDigest(other, type),
        `${JSON.stringify(object)} ${JSON.stringify(other)}`,
      );
    }
  }
  assert(same > 10_000, `${same}`);
});

Deno.test("contentDigest, leaves out what changes with every write, in the object's own metadata only", () => {
  const of = (metadata: unknown, spec: unknown = {}) =>
    contentDigest({ kind: "Pod", metadata, spec }, "pod");
  const plain = of({ name: "a" });
  assertEquals(
    of({
      name: "a",
      resourceVersion: "7",
      generation: 3,
      managedFields: [{ manager: "m" }],
    }),
    plain,
  );
  assertNotEquals(of({ name: "a", uid: "u" }), plain);
  const template = (resourceVersion: string) => ({
    metadata: { resourceVersion },
  });
  assertNotEquals(of({}, template("1")), of({}, template("2")));
});

Deno.test("contentDigest, tells what mostly changes from what was", () => {
  const of = (image: unknown, more: unknown = 1) =>
    contentDigest({ spec: { containers: [{ image }], more } }, "pod");
  const registry = "registry.example.com:5000/group/subgroup/project/name";
  assertNotEquals(of(`${registry}:1.2.3`), of(`${registry}:1.2.4`));
  assertNotEquals(of("a"), of("b"));
  assertNotEquals(of("a", 1), of("a", 2));
  assertNotEquals(of("a", true), of("a", false));
  assertNotEquals(of("a", [1, 2]), of("a", [2, 1]));
  assertNotEquals(of("a", { x: 1 }), of("a", { y: 1 }));
  assertNotEquals(of("a", null), of("a", {}));
});

Deno.test("contentDigest, has none for what is compared in other ways", () => {
  assertEquals(contentDigest("text", "pod"), undefined);
  assertEquals(contentDigest(["a"], "podlist"), undefined);
  assertEquals(contentDigest(null, "pod"), undefined);
  assertEquals(contentDigest({ kind: "Node" }, "node"), undefined);
});
