import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  ConfigError,
  formatProblem,
  loadConfig,
  type LoadedConfig,
  printYaml,
} from "../../lib/config/mod.ts";
import type { KeySpec } from "../../lib/config/key_spec.ts";
import { SCHEMA } from "../../lib/config/schema.ts";
import { formatValue, readValue } from "../../lib/config/value.ts";
import { readInline } from "../../lib/config/yaml_file.ts";
import { holds } from "./property.ts";

const KEYS = Object.entries(SCHEMA) as [string, KeySpec][];
const OPEN = KEYS.filter(([, spec]) => !spec.secret);
const hostname = () => "edge-1";

/** Texts as operators write them, and worse. */
const texts = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("", "yes", "12", "1e3", "null", "a: b", "# x", "'", "[a]"),
  // deno-lint-ignore no-control-regex -- control characters are refused
).filter((text) => !/[\u0000-\u001f\u007f]/.test(text));

/** A value that a key takes. */
function valueOf(spec: KeySpec): fc.Arbitrary<unknown> {
  switch (spec.type) {
    case "string":
      return texts;
    case "path":
      return texts.map((text) => `/${text}`);
    case "boolean":
      return fc.boolean();
    case "integer":
    case "bytes":
      return fc.integer({ min: spec.min ?? 0, max: spec.max ?? 2 ** 31 - 1 });
    case "number":
      return fc.double({ min: spec.min ?? 0, max: spec.max ?? 1e6 });
    case "duration":
      // Tenths of a millisecond are the finest that is read.
      return fc.integer({
        min: Math.ceil((spec.min ?? 0) * 10_000),
        max: Math.min((spec.max ?? 1e5) * 10_000, 2 ** 31 - 1),
      }).map((tenths) => tenths / 10_000);
    case "strings":
      return fc.uniqueArray(texts.filter((text) => text !== ""), {
        maxLength: 4,
      });
    case "enum":
      return fc.constantFrom(...spec.values);
  }
}

/** Some keys and a value of each. */
const settings = fc.subarray(OPEN, { maxLength: 6 }).chain((some) =>
  fc.tuple(
    ...some.map(([key, spec]) =>
      valueOf(spec).map((value) => ({ key, text: formatValue(spec, value) }))
    ),
  )
);

/** The configuration, or what is wrong with it. */
async function load(
  text: string,
  sets: readonly string[] = [],
): Promise<LoadedConfig | ConfigError> {
  const readText = () => Promise.resolve(text);
  try {
    return await loadConfig({ file: "/c/edge.yaml", readText, sets, hostname });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

Deno.test("configuration: any value of any key is read as it is written", async () => {
  for (const [, spec] of OPEN) {
    await holds(
      fc.asyncProperty(valueOf(spec), async (value) => {
        const raw = await readInline(formatValue(spec, value));
        assertEquals(readValue(spec, raw), { ok: true, value });
      }),
      50,
    );
  }
});

Deno.test("H2 option_set_is_option_used: what is printed is the configuration, whatever is set", () =>
  holds(
    fc.asyncProperty(settings, async (given) => {
      const sets = given.map(({ key, text }) => `${key}=${text}`);
      const loaded = await load("", sets);
      // Keys that do not go together are named; that is another test's matter.
      fc.pre(!(loaded instanceof ConfigError));
      const again = await load(printYaml(loaded.effective()));
      assert(!(again instanceof ConfigError), String(again));
      assertEquals(again.config, loaded.config);
      const values = (of: LoadedConfig) =>
        of.effective().map(({ key, value }) => [key, value]);
      assertEquals(values(again), values(loaded));
    }),
    150,
  ));

Deno.test("H1 config_error_names_field: any text is a configuration, or each problem has its place on one line", () =>
  holds(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(
          fc.tuple(
            fc.constantFrom("", "  ", "    "),
            fc.constantFrom("edgehub", "websocket", "url", "meta", "x", "-"),
            fc.oneof(texts, fc.constantFrom("{", "[", "&a", "*a", "!!js")),
          ).map(([indent, name, text]) => `${indent}${name}: ${text}`),
          { maxLength: 8 },
        ).map((lines) => lines.join("\n")),
      ),
      async (text) => {
        const loaded = await load(text);
        if (!(loaded instanceof ConfigError)) return;
        assert(loaded.problems.length > 0);
        for (const problem of loaded.problems) {
          assertEquals(problem.source, "/c/edge.yaml", formatProblem(problem));
          assert(
            !formatProblem(problem).includes("\n"),
            formatProblem(problem),
          );
          assert(problem.line !== undefined && problem.line > 0);
        }
      },
    ),
    300,
  ));

Deno.test("H1 config_error_names_field: a wrong value is named with its key, an unknown key by itself", () =>
  holds(
    fc.asyncProperty(
      fc.constantFrom(...OPEN),
      fc.constantFrom("{a: 1}", "[[1]]", "[{}]"),
      fc.stringMatching(/^[a-z]{3,10}$/),
      async ([key, spec], odd, name) => {
        const wrong = await load("", [`${key}=${odd}`]);
        // A text is a text, whatever YAML would make of it.
        if (spec.type !== "string" && spec.type !== "path") {
          assert(wrong instanceof ConfigError);
          assertEquals(wrong.problems.map((problem) => problem.key), [key]);
        }
        const unknown = await load("", [`zz.${name}=1`]);
        assert(unknown instanceof ConfigError);
        assertEquals(unknown.problems.map((problem) => problem.key), [
          `zz.${name}`,
        ]);
      },
    ),
    100,
  ));

Deno.test("I3 secrets_never_logged: no problem quotes the value of a secret key", () =>
  holds(
    fc.asyncProperty(
      fc.constantFrom("edgehub.token", "edgehub.proxy"),
      fc.stringMatching(/^[a-zA-Z0-9]{12,20}$/),
      fc.constantFrom<(text: string) => string>(
        (text) => `[${text}]`,
        (text) => `{a: ${text}}`,
        (text) => `"${text}\\u0000"`,
        (text) => `socks://u:${text}@h:1`,
      ),
      async (key, secret, wrap) => {
        const [section, name] = key.split(".");
        const text = `${section}:\n  ${name}: ${wrap(secret)}\n`;
        for (
          const loaded of [
            await load(text),
            await load("", [
              `${key}=${wrap(secret)}`,
            ]),
          ]
        ) {
          if (loaded instanceof ConfigError) {
            assert(!loaded.message.includes(secret), loaded.message);
          } else {
            assert(!printYaml(loaded.effective()).includes(secret));
          }
        }
      },
    ),
    150,
  ));
