import { assertEquals, assertRejects } from "@std/assert";
import {
  type Action,
  ActionError,
  AdminServer,
} from "../../../lib/admin/mod.ts";
import { SystemClock } from "../../../lib/base/mod.ts";
import { AdminClientError, askNode } from "../../../lib/cli/admin_client.ts";
import { Health } from "../../../lib/telemetry/mod.ts";
import { keepingLog } from "../../support/edged_harness.ts";

async function startServer(actions: Readonly<Record<string, Action>> = {}) {
  const folder = await Deno.makeTempDir();
  const socket = `${folder}/admin.sock`;
  const health = new Health(new SystemClock());
  const server = new AdminServer({
    sources: {
      health: () => health.report(),
      metrics: () => "",
      status: () => ({ node: "edge-1" }),
      actions,
    },
    clock: new SystemClock(),
    log: keepingLog(),
  }, { socket });
  await server.start();
  return {
    folder,
    socket,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

Deno.test("askNode, pages and actions of a running node", async () => {
  await using server = await startServer({
    "/do": (input) => ({ did: input }),
  });
  assertEquals(await askNode(server.socket, "/status"), { node: "edge-1" });
  assertEquals(await askNode(server.socket, "/do", { ids: ["a"] }), {
    did: { ids: ["a"] },
  });
});

Deno.test("askNode, passes the node's refusal and remedy on", async () => {
  await using server = await startServer({
    "/no": () => {
      throw new ActionError(409, "Cannot do that", { hint: "Do this" });
    },
    "/wrong": () => {
      throw new ActionError(400, "No such type");
    },
    "/broken": () => {
      throw new Error("a secret detail");
    },
  });
  const refused = await assertRejects(
    () => askNode(server.socket, "/no", {}),
    AdminClientError,
    "Cannot do that",
  );
  assertEquals([refused.hint, refused.isDown], ["Do this", false]);
  assertEquals(refused.exitCode, 1);
  const wrong = await assertRejects(
    () => askNode(server.socket, "/wrong", {}),
    AdminClientError,
    "No such type",
  );
  assertEquals(wrong.exitCode, 2);
  const old = await assertRejects(
    () => askNode(server.socket, "/unknown", {}),
    AdminClientError,
    "does not know this command",
  );
  assertEquals(old.isDown, false);
  const broken = await assertRejects(
    () => askNode(server.socket, "/broken", {}),
    AdminClientError,
    "see the log",
  );
  assertEquals(broken.message.includes("secret"), false);
});

Deno.test("askNode, says what is wrong where no node answers", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const cases = [
      ["", "admin.socket is empty", false],
      [`${folder}/none.sock`, "there is no", true],
      [`${folder}/file`, "is no socket", true],
      // As one does who killed it: no words of the HTTP client.
      [
        `${folder}/dead.sock`,
        `No node runs: nobody listens at ${folder}/dead.sock`,
        true,
      ],
    ] as const;
    await Deno.writeTextFile(`${folder}/file`, "");
    await leaveDeadSocket(`${folder}/dead.sock`);
    for (const [socket, part, isDown] of cases) {
      const error = await assertRejects(
        () => askNode(socket, "/status"),
        AdminClientError,
        part,
      );
      assertEquals(error.isDown, isDown, part);
      assertEquals(error.hint === "", false, part);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Leaves a socket file that nobody listens on, as a killed node does. */
async function leaveDeadSocket(path: string): Promise<void> {
  const listener = Deno.listen({ transport: "unix", path: `${path}.live` });
  await Deno.rename(`${path}.live`, path);
  listener.close();
}
