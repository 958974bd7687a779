import { assertEquals } from "@std/assert";
import { collect } from "../../../../lib/cli/bundle/parts.ts";

const MARK = "S3cretMark";
const PEM =
  `-----BEGIN EC PRIVATE KEY-----\n${MARK}\n-----END EC PRIVATE KEY-----`;

Deno.test("collect, I3 secrets_never_logged: no secret of any part comes through, in text, JSON or failure", async () => {
  const secrets = ["knownword"];
  const hostile = [
    PEM,
    `Authorization: Bearer ${MARK}`,
    `http://user:${MARK}@proxy:1`,
    `{"data":{"a":"${MARK}"}}`,
    `password=${MARK}`,
    "is knownword said",
  ].join("\n");
  const part = (name: string, make: () => unknown) => ({
    name,
    about: "",
    make,
  });
  const { files, missing } = await collect([
    part("text", () => hostile),
    part(
      "json",
      () => ({ lines: [hostile], token: MARK, list: [{ data: MARK }] }),
    ),
    part("late", () => Promise.resolve({ stringData: MARK, kept: "seen" })),
    part("failure", () => {
      throw new Error(hostile);
    }),
  ], { folder: "f", secrets });
  assertEquals(files.map(({ name }) => name), [
    "f/text",
    "f/json",
    "f/late",
    "f/manifest.json",
  ]);
  assertEquals(missing.map(({ name }) => name), ["failure"]);
  const all = files.map(({ bytes }) => new TextDecoder().decode(bytes)).join();
  for (const secret of [MARK, "knownword"]) {
    assertEquals(all.includes(secret), false, all);
    assertEquals(JSON.stringify(missing).includes(secret), false);
  }
  assertEquals(all.includes("seen"), true);
});
