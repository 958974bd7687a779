import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { LIMITS } from "../../lib/base/mod.ts";
import {
  compareVersions,
  isResourceVersion,
  parseResource,
  resourceOf,
} from "../../lib/message/mod.ts";
import { storeKeyOf, upstreamResource } from "../../lib/operations/keys.ts";
import { holds } from "./property.ts";

// deno-lint-ignore no-control-regex -- control characters are what it finds
const FORBIDDEN_REGEXP = /[/\u0000-\u001f\u007f]/;

/** One part of a resource as it may be. */
const part = fc.string({ unit: "binary", minLength: 1, maxLength: 60 })
  .filter((text) => !FORBIDDEN_REGEXP.test(text));
const types = fc.oneof(
  part,
  fc.constantFrom("pod", "node", "persistentvolume", "volumeattachment"),
);
const decimals = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);

Deno.test("resource keys: what is built is read back", () =>
  holds(fc.property(
    part,
    types,
    fc.option(part, { nil: "" }),
    (namespace, resType, resId) => {
      const resKey = resourceOf(namespace, resType, resId);
      assertEquals(parseResource(resKey), {
        resKey,
        namespace,
        resType,
        resId,
      });
    },
  )));

Deno.test("resource keys: what can be read is what stands there", () =>
  holds(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(fc.string({ maxLength: 6 }), { maxLength: 5 })
          .map((parts) => parts.join("/")),
        fc.nat({ max: 2000 }).map((length) => `a/b/${"c".repeat(length)}`),
      ),
      (resource) => {
        const key = parseResource(resource);
        const parts = resource.split("/");
        const isSound = (parts.length === 2 || parts.length === 3) &&
          parts.every((one) => one !== "" && !FORBIDDEN_REGEXP.test(one)) &&
          resource.length <= LIMITS.resourceLengthMax;
        assertEquals(key !== undefined, isSound);
        if (!key) return;
        const { namespace, resType, resId } = key;
        assertEquals(resourceOf(namespace, resType, resId), resource);
        assertEquals([namespace, resType, resId], [...parts, ""].slice(0, 3));
      },
    ),
    2000,
  ));

Deno.test("E6 one_key_per_object: the key of a key is itself, in whatever namespace a peer looks", () =>
  holds(fc.property(part, part, types, part, (one, other, resType, resId) => {
    const [first, second] = [one, other].map((namespace) =>
      parseResource(resourceOf(namespace, resType, resId))
    );
    assert(first && second);
    const key = storeKeyOf(first);
    const again = parseResource(key);
    assert(again);
    assertEquals(storeKeyOf(again), key);
    assertEquals(parseResource(upstreamResource(first))?.resId, resId);
    const isCluster = key.startsWith("null/") && one !== "null";
    assertEquals(storeKeyOf(second) === key, isCluster || one === other);
  })));

Deno.test("versions: they compare as the numbers that they are", () =>
  holds(fc.property(decimals, decimals, fc.nat({ max: 9 }), (a, b, zeros) => {
    const sign = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0;
    assertEquals(Math.sign(compareVersions(a, b)), sign);
    assertEquals(Math.sign(compareVersions(b, a)), -sign || 0);
    assertEquals(compareVersions(`${"0".repeat(zeros)}${a}`, a), 0);
    assert(isResourceVersion(a));
    assert(compareVersions("", a) < 0 && compareVersions("x", a) < 0);
  })));

Deno.test("versions: the order is total over anything a peer may write", () => {
  const any = fc.oneof(decimals, fc.string(), fc.constantFrom("", "-1", "007"));
  return holds(fc.property(any, any, any, (a, b, c) => {
    const sorted = [a, b, c].sort(compareVersions);
    const [low = "", middle = "", high = ""] = sorted;
    assert(compareVersions(low, middle) <= 0);
    assert(compareVersions(middle, high) <= 0);
    assert(compareVersions(low, high) <= 0);
    assertEquals(
      Math.sign(compareVersions(a, b)),
      -Math.sign(compareVersions(b, a)) || 0,
    );
  }));
});
