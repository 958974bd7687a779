import { assertEquals } from "@std/assert";
import { storeOwner } from "../../../lib/app/store_owner.ts";
import { SystemClock } from "../../../lib/base/mod.ts";
import { loadConfig } from "../../../lib/config/mod.ts";
import { CertificateAuthority } from "../../../lib/dev/mod.ts";

async function owner(cafile: string) {
  const { config } = await loadConfig({
    sets: [
      "edgehub.controller.node-id=edge-1",
      ...(cafile
        ? [
          "edgehub.websocket.url=wss://cloud:1",
          `edgehub.websocket.cafile=${cafile}`,
        ]
        : []),
    ],
    hostname: () => "host",
  });
  const warnings: string[] = [];
  return { ...storeOwner(config, (text) => warnings.push(text)), warnings };
}

Deno.test("storeOwner, the node and every authority that it trusts", async () => {
  const file = await Deno.makeTempFile();
  const clock = new SystemClock();
  const [one, two] = await Promise.all([
    CertificateAuthority.create(clock),
    CertificateAuthority.create(clock),
  ]);
  assertEquals((await owner("")).authorities, []);
  await Deno.writeTextFile(file, `${one.cert}\n${two.cert}`);
  const { node, authorities, warnings } = await owner(file);
  assertEquals(node, "edge-1");
  assertEquals(authorities.length, 2);
  assertEquals(authorities.every((text) => /^[0-9a-f]{64}$/.test(text)), true);
  assertEquals(new Set(authorities).size, 2);
  assertEquals(warnings, []);
  await Deno.remove(file);
});

Deno.test("storeOwner, an authority that cannot be read is not compared", async () => {
  const missing = await owner("/nowhere/ca.pem");
  assertEquals(missing.authorities, []);
  // It has not joined yet, which is told elsewhere.
  assertEquals(missing.warnings, []);
  const file = await Deno.makeTempFile();
  await Deno.writeTextFile(
    file,
    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  );
  const broken = await owner(file);
  assertEquals([broken.authorities, broken.warnings.length], [[], 1]);
  await Deno.remove(file);
});
