import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { sameContent } from "../../lib/operations/delta.ts";
import { holds, json, reordered } from "./property.ts";

type JsonObject = { [key: string]: fc.JsonValue };

const VOLATILE = ["resourceVersion", "generation", "managedFields"];

/** Objects as Kubernetes has them, with whatever else in them. */
const objects: fc.Arbitrary<JsonObject> = fc.record({
  metadata: fc.record({
    name: fc.string(),
    labels: fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }),
    resourceVersion: fc.string(),
    generation: fc.nat(),
  }, { requiredKeys: ["name"] }),
  spec: json(3),
  status: json(3),
}, { requiredKeys: ["metadata"] }).map((object) =>
  JSON.parse(JSON.stringify(object))
);
const types = fc.constantFrom("pod", "node", "configmap");

/** Where something stands within a value that counts. */
function places(value: fc.JsonValue, path: string[] = []): string[][] {
  if (path[0] === "metadata" && VOLATILE.includes(path[1] ?? "")) return [];
  if (typeof value !== "object" || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, one]) =>
    places(one as fc.JsonValue, [...path, key])
  );
  return path.length === 0 ? inner : [path, ...inner];
}

/** A copy in which what stands at a place is something else. */
function changed(value: fc.JsonValue, path: readonly string[]): fc.JsonValue {
  const [key, ...rest] = path;
  if (key === undefined) {
    return Array.isArray(value) ? [...value, null] : { was: value };
  }
  if (Array.isArray(value)) {
    return value.map((one, i) => String(i) === key ? changed(one, rest) : one);
  }
  const object = value as JsonObject;
  return { ...object, [key]: changed(object[key] as fc.JsonValue, rest) };
}

Deno.test("F2 unchanged_update_writes_nothing: the order of fields is no difference", () =>
  holds(fc.property(objects, types, (object, type) => {
    assert(sameContent(JSON.stringify(object), reordered(object), type));
  })));

Deno.test("F2 unchanged_update_writes_nothing: versions and managed fields are no difference", () =>
  holds(fc.property(
    objects,
    types,
    fc.subarray(VOLATILE),
    json(2),
    (object, type, names, value) => {
      const metadata = object.metadata as JsonObject;
      const other = {
        ...object,
        metadata: {
          ...metadata,
          ...Object.fromEntries(names.map((name) => [name, value])),
        },
      };
      assert(sameContent(JSON.stringify(object), other, type));
      assert(sameContent(JSON.stringify(other), object, type));
    },
  )));

Deno.test("canonical comparison: any other change is a difference, seen from both sides", () =>
  holds(
    fc.property(objects, types, fc.nat(), (object, type, at) => {
      const found = places(object);
      const place = found[at % found.length] ?? ["metadata"];
      const other = changed(object, place);
      assertEquals(sameContent(JSON.stringify(object), other, type), false);
      assertEquals(sameContent(JSON.stringify(other), object, type), false);
    }),
    1000,
  ));

Deno.test("canonical comparison: whatever JSON it is, it equals itself", () =>
  holds(
    fc.property(json(), types, (value, type) => {
      // A text is stored as it is.
      const stored = typeof value === "string" ? value : JSON.stringify(value);
      assert(sameContent(stored, structuredClone(value), type));
    }),
    1000,
  ));

Deno.test("canonical comparison: a heartbeat makes no other Node, a condition does", () =>
  holds(fc.property(
    fc.array(
      fc.record({ type: fc.string(), status: fc.string() }),
      { minLength: 1, maxLength: 4 },
    ),
    fc.date({ noInvalidDate: true }),
    fc.nat(),
    (conditions, time, at) => {
      const node = { metadata: { name: "edge-1" }, status: { conditions } };
      const beat = {
        ...node,
        status: {
          conditions: conditions.map((condition) => ({
            ...condition,
            lastHeartbeatTime: time.toISOString(),
          })),
        },
      };
      assert(sameContent(JSON.stringify(node), beat, "node"));
      assert(!sameContent(JSON.stringify(node), beat, "pod"));
      const changedAt = at % conditions.length;
      const turned = {
        ...node,
        status: {
          conditions: conditions.map((condition, i) =>
            i === changedAt
              ? { ...condition, status: `${condition.status}!` }
              : condition
          ),
        },
      };
      assert(!sameContent(JSON.stringify(node), turned, "node"));
    },
  )));
