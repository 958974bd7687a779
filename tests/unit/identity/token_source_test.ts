import { assertEquals, assertThrows } from "@std/assert";
import { IdentityError } from "../../../lib/identity/errors.ts";
import { JoinToken } from "../../../lib/identity/token.ts";
import {
  GivenToken,
  NO_FILE,
  TokenFile,
} from "../../../lib/identity/token_source.ts";
import { RECORDED_TOKEN } from "../../support/enrolment_recording.ts";

const token = JoinToken.parse(RECORDED_TOKEN);

Deno.test("TokenFile, a token that comes, is read, is erased and is gone", async () => {
  const folder = await Deno.makeTempDir();
  const source = new TokenFile(`${folder}/token`);
  assertEquals(source.read(), undefined);
  assertEquals(await source.erase(), "");
  await Deno.writeTextFile(source.place, " \n");
  assertEquals(source.read(), undefined);
  await Deno.writeTextFile(source.place, `${RECORDED_TOKEN}\n`);
  assertEquals(source.read()?.bearer, token.bearer);
  assertEquals(await source.erase(), "");
  assertEquals(Array.from(Deno.readDirSync(folder)), []);
  await Deno.writeTextFile(source.place, "secret.words");
  const error = assertThrows(() => source.read(), IdentityError);
  assertEquals(error.message.includes("secret"), false);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("TokenFile, what is no file is not removed, what cannot be read is said", async () => {
  const folder = await Deno.makeTempDir();
  const source = new TokenFile(folder);
  assertThrows(
    () => source.read(),
    IdentityError,
    "Cannot read the join token",
  );
  assertEquals(await source.erase(), NO_FILE);
  assertEquals(await new TokenFile("/dev/null").erase(), NO_FILE);
  await Deno.remove(folder);
});

Deno.test("TokenFile, neither a pipe nor a large file is waited for or held", async () => {
  const folder = await Deno.makeTempDir();
  const pipe = `${folder}/pipe`;
  const { success } = await new Deno.Command("mkfifo", { args: [pipe] })
    .output();
  assertEquals(success, true);
  const large = `${folder}/large`;
  await Deno.writeTextFile(large, " ".repeat(1 << 20));
  for (const path of [pipe, large]) {
    assertThrows(() => new TokenFile(path).read(), IdentityError, path);
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("TokenFile, white space of every kind around the token does not count", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/token`;
  const text = `${"a".repeat(64)}.b.c.d`;
  for (const around of ["\r\n", " \t", "\ufeff", "\n\n"]) {
    await Deno.writeTextFile(path, around + text + around);
    assertEquals(new TokenFile(path).read()?.caHash, "a".repeat(64));
  }
  await Deno.remove(folder, { recursive: true });
});

Deno.test("GivenToken, is forgotten here and erased where it was given", async () => {
  const erased: string[] = [];
  const erase = () => Promise.resolve(`kept ${erased.push("once")}`);
  const source = new GivenToken(token, { place: "edge.yaml", erase });
  assertEquals(source.read(), token);
  assertEquals(await source.erase(), "kept 1");
  assertEquals(source.read(), undefined);
  assertEquals(await new GivenToken(token, { place: "--set" }).erase(), "");
});
