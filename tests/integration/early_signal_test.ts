import { NodeProcess } from "../support/node_process.ts";

Deno.test("SIGUSR1 while the node starts does not end it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await using node = new NodeProcess([
      `store.path=${folder}/store.db`,
      `edged.socket=${folder}/edged.sock`,
      `admin.socket=${folder}/admin.sock`,
    ]);
    // The first line comes before the store is opened.
    await node.said("this is a standalone node");
    for (const signal of ["SIGUSR1", "SIGUSR2"] as const) node.signal(signal);
    await node.ready();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
