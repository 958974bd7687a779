import { assertEquals, assertMatch } from "@std/assert";
import { isInstalled, lines, script } from "./shells.ts";

const SCRIPT = await script("zsh");

/** What the function of the script prints, run by a shell. */
async function offered(shell: string, ...words: string[]): Promise<string[]> {
  const typed = words.map((word) => `'${word}'`).join(" ");
  const program = SCRIPT.slice(0, SCRIPT.indexOf("_metamanager() {")) +
    `\n__metamanager_candidates ${typed}`;
  return await lines(shell, ["-c", program]);
}

Deno.test("zsh completion, is for compinit and for source", () => {
  assertMatch(SCRIPT, /^#compdef metamanager\n/);
  assertMatch(SCRIPT, /\n +compdef _metamanager metamanager\n/);
});

Deno.test("zsh completion, its candidates are the same in zsh and in bash", async () => {
  const shells = await isInstalled("zsh") ? ["bash", "zsh"] : ["bash"];
  for (const shell of shells) {
    const at = (...words: string[]) => offered(shell, ...words);
    assertEquals(await at("config", "pr"), [
      "check\tSay what is wrong with the configuration, if anything",
      "print\tPrint the configuration that counts and where each value comes from",
    ]);
    assertEquals(await at("demo", "-o", ""), ["text", "json"]);
    assertEquals(await at("demo", "--output="), [
      "--output=text",
      "--output=json",
    ]);
    assertEquals(await at("run", "--config", ""), ["@files"]);
    assertEquals(await at("join", "--cert-dir", ""), ["@folders"]);
    assertEquals(await at("run", "--set", "log.format="), [
      "edgehub.rotate-certificates=true",
      "edgehub.rotate-certificates=false",
      "edgehub.failover.order=in-order",
      "edgehub.failover.order=random",
      "log.level=error",
      "log.level=warn",
      "log.level=info",
      "log.level=debug",
      "log.format=human",
      "log.format=json",
      "log.journald=auto",
      "log.journald=always",
      "log.journald=never",
    ]);
    assertEquals((await at("completion", ""))[2], "fish");
    assertEquals(await at("nothing", ""), []);
  }
});

Deno.test("zsh completion, zsh can read it", async () => {
  if (!await isInstalled("zsh")) return;
  assertEquals(await lines("zsh", ["-fc", `${SCRIPT}\necho read`]), ["read"]);
});
