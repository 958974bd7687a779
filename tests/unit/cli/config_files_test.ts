import { assertEquals, assertStringIncludes } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { main } from "../../../lib/cli/mod.ts";
import { CertificateAuthority } from "../../../lib/dev/mod.ts";
import { FakeIo } from "./fake_io.ts";

Deno.test("checkFiles, what the configuration names is read as the node would", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const ca = await CertificateAuthority.create(new SystemClock());
    const write = (name: string, text: string, mode = 0o600) => {
      Deno.writeTextFileSync(`${folder}/${name}`, text);
      Deno.chmodSync(`${folder}/${name}`, mode);
    };
    const check = async () => {
      const io = new FakeIo();
      const sets = [
        "edgehub.websocket.url=wss://127.0.0.1:10000",
        `edgehub.websocket.cafile=${folder}/ca`,
        `edgehub.websocket.certfile=${folder}/cert`,
        `edgehub.websocket.keyfile=${folder}/key`,
        "edged.listen=127.0.0.1:10351",
        `edged.token-file=${folder}/token`,
      ].flatMap((set) => ["--set", set]);
      const code = await main(["config", "check", ...sets], io);
      const warned = io.out.split("\n").filter((l) => l.startsWith("warning"));
      return { code, warned, ...io };
    };
    const nothing = await check();
    assertEquals(nothing.code, 1);
    assertStringIncludes(nothing.warned[0] ?? "", "edgehub.websocket.cafile: ");
    assertStringIncludes(nothing.warned[1] ?? "", "edged.token-file: ");
    assertStringIncludes(nothing.err, "the configuration is well-formed, but");
    assertEquals(nothing.out.includes("ok:"), false);

    const { cert, key } = await ca.client("edge-1");
    write("ca", ca.cert);
    write("cert", cert);
    write("key", "junk");
    write("token", "word", 0o644);
    const half = await check();
    assertStringIncludes(half.warned[0] ?? "", "edgehub.websocket.keyfile: ");
    assertStringIncludes(half.warned[1] ?? "", "Set its mode to 0600");

    write("key", key);
    write("token", " ");
    const empty = await check();
    assertEquals(empty.warned.length, 1);
    assertStringIncludes(empty.warned[0] ?? "", "Token file is empty");

    write("token", "word");
    const good = await check();
    assertEquals([good.code, good.err, good.warned], [0, "", []]);

    const old = await ca.client("edge-1", { fromMs: -2000, untilMs: -1000 });
    write("cert", old.cert);
    write("key", old.key);
    const late = await check();
    assertEquals(late.code, 1);
    assertStringIncludes(late.warned[0] ?? "", "the certificate ran out at");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
