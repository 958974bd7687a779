import { assertEquals, assertStringIncludes } from "@std/assert";
import { putObject, StoredNode } from "../stored_node.ts";

Deno.test("describe, of a node that runs or is down, what waits for the cloud included", async () => {
  await using place = new StoredNode();
  place.write((tx) => {
    for (const name of ["a", "b"]) {
      putObject(tx, `default/pod/${name}`, { metadata: { name } });
    }
    putObject(tx, "default/secret/pw", {
      metadata: { name: "pw" },
      data: { password: "c2VjcmV0" },
    });
    tx.enqueue({
      msgId: "m",
      resource: "default/podstatus/b",
      type: "podstatus",
      operation: "update",
      createdAtMs: Date.now(),
      text: '{"header":{"msg_id":"m"}}',
    });
  });
  const check = async () => {
    const all = await place.run("describe", "po");
    assertEquals(all.code, 0, all.err);
    assertEquals(all.out.match(/^Name: +\w$/gm)?.length, 2);
    // Lists say it, too.
    assertStringIncludes(all.out, "update default/podstatus/b, waiting");
    const secret = await place.run("describe", "secret", "pw");
    assertStringIncludes(secret.out, "password:     6 bytes");
    assertEquals(secret.out.includes("c2VjcmV0"), false);
    const missing = await place.run("describe", "po/a", "po/nope");
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.err, 'pods "nope" not found');
    assertStringIncludes(missing.out, "default/pod/a");
    const none = await place.run("describe", "svc");
    assertEquals(none.code, 0);
    assertStringIncludes(none.err, "No resources found in default namespace.");
  };
  await check();
  await place.start();
  await check();
});

Deno.test("describe, wrong arguments", async () => {
  await using place = new StoredNode();
  assertEquals((await place.run("describe")).code, 2);
  const { code } = await place.run("describe", "secret", "--show-secrets");
  assertEquals(code, 2);
});
