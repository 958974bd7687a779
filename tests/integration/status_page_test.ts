import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { until } from "../support/edged_harness.ts";
import { Chromium, type PageLook } from "../support/chromium.ts";
import {
  configManifest,
  NODE,
  podManifest,
  World,
} from "../support/node_world.ts";
import { fromEdged } from "../support/messages.ts";

const PHONE: PageLook = { width: 390, height: 844, scale: 2, mobile: true };
const DESKTOP: PageLook = { width: 1280, height: 900 };
const SHOWN = "!document.getElementById('main').hidden";

/** The node's pages on a loopback port, as a browser can ask for them. */
class Door implements AsyncDisposable {
  readonly #client: Deno.HttpClient;
  readonly #ending = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  /** Asked for all pages but `/`; empty: no token is needed. */
  token = "";

  constructor(socket: string, port = 0) {
    const client = this.#client = Deno.createHttpClient({
      proxy: { transport: "unix", path: socket },
    });
    this.#server = Deno.serve({
      hostname: "127.0.0.1",
      port,
      signal: this.#ending.signal,
      onListen: () => undefined,
      onError: () => new Response("The node is gone", { status: 502 }),
    }, (request) => {
      const { pathname, search } = new URL(request.url);
      const said = request.headers.get("authorization") ?? "";
      const isLocked = this.token !== "" && pathname !== "/" &&
        said !== `Bearer ${this.token}`;
      if (isLocked) return new Response("Locked", { status: 401 });
      return fetch(`http://localhost${pathname}${search}`, {
        client,
        signal: request.signal,
      });
    });
  }

  get port(): number {
    return this.#server.addr.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#server.finished;
    this.#client.close();
  }
}

const words = (id: string) => `document.getElementById('${id}').innerText`;

Deno.test("the status page in a browser, live and readable", async (t) => {
  await using world = await World.start();
  await using node = await world.node();
  await node.start();
  await using agent = world.agent({
    answers: true,
    onMessage: () => undefined,
  });
  await agent.connect();
  await until(() => node.health.report().state === "ok", "all is well");
  for (let i = 0; i < 3; i++) world.hub.apply(podManifest(`web-${i}`));
  world.hub.apply(configManifest("app", "1"));
  await agent.query("default/configmap/app");
  await world.hub.synced(NODE);
  await using door = new Door(world.adminSocket);
  await using browser = await Chromium.start();
  await browser.look(DESKTOP);
  await browser.open(door.url);
  await browser.until(SHOWN);

  await t.step(
    "it shows link, flow, objects, outbox, messages, health",
    async () => {
      await browser.until(`${words("link")} === "connected"`);
      await browser.until(`${words("types")}.includes("pod\\n3")`);
      assertEquals(await browser.evaluate(words("node")), NODE);
      assertStringIncludes(
        String(await browser.evaluate(words("outbox"))),
        "0 mess",
      );
      assertStringIncludes(
        String(await browser.evaluate(words("health"))),
        "store",
      );
      const table = String(await browser.evaluate(words("messages")));
      assertStringIncludes(table, "default/configmap/app");
      await browser.until(
        "document.querySelectorAll('#flow .stroke[d^=M]').length === 4",
      );
      const chart = await browser.evaluate(
        "document.querySelector('#flow svg').getAttribute('aria-label')",
      );
      assertStringIncludes(String(chart), "Cloud to node: ");
      assertEquals(await browser.evaluate("document.title"), `${NODE}: ok`);
    },
  );

  await t.step("it follows what changes", async () => {
    world.hub.apply(podManifest("late"));
    await browser.until(`${words("messages")}.includes("default/pod/late")`);
    await browser.until(`${words("types")}.includes("pod\\n4")`);
    node.health.set("messages", "degraded", "two were refused");
    await browser.until(`${words("health")}.includes("two were refused")`);
    await browser.until(`${words("state")} === "degraded"`);
    assertEquals(await browser.evaluate("document.title"), `${NODE}: degraded`);
  });

  await t.step("a hostile name is a name", async () => {
    const resource = "default/pod/<img src=x onerror=document.title='owned'>";
    const message = fromEdged("query", resource);
    node.router.send("metamanager", { message, from: "edged" });
    await browser.until(`${words("messages")}.includes("<img src=x")`);
    assertEquals(await browser.evaluate("document.images.length"), 0);
    assert(await browser.evaluate("document.title !== 'owned'"));
  });

  await t.step("it fits a phone, and follows light and dark", async () => {
    const ground = "getComputedStyle(document.body).backgroundColor";
    const overflow = "document.documentElement.scrollWidth - innerWidth";
    const colours = [];
    for (const scheme of ["light", "dark"] as const) {
      await browser.look({ ...PHONE, scheme });
      await browser.until(`${overflow} <= 0`);
      colours.push(await browser.evaluate(ground));
      const picture = await browser.screenshot(false);
      assert(picture.length > 10_000, "something is drawn");
    }
    assertEquals(colours, ["rgb(244, 245, 247)", "rgb(18, 21, 27)"]);
    await browser.look({ ...PHONE, width: 320 });
    await browser.until(`${overflow} <= 0`);
  });

  await t.step("it asks nobody else and breaks no rule of its own", () => {
    const elsewhere = browser.requests.filter((url) =>
      !url.startsWith(door.url) && !url.startsWith("data:")
    );
    assertEquals(elsewhere, []);
    assertEquals(browser.complaints, []);
  });
});

Deno.test("the status page in a browser, asks for a token where one is needed", async () => {
  await using world = await World.start();
  await using node = await world.node();
  await node.start();
  await using door = new Door(world.adminSocket);
  door.token = "open sesame";
  await using browser = await Chromium.start();
  await browser.open(door.url);
  const asks = "!document.getElementById('ask').hidden";
  const give = (token: string) =>
    browser.evaluate(`document.getElementById('token').value = '${token}';
      document.querySelector('#ask button').click()`);
  await browser.until(asks);
  assertEquals(await browser.evaluate(SHOWN), false);
  await give("wrong");
  await browser.until(
    `${words("notice")}.includes("does not take this token")`,
  );
  await give("open sesame");
  await browser.until(`${SHOWN} && !(${asks})`);
  // The tab remembers it, and the address never bears it.
  await browser.open(door.url);
  await browser.until(SHOWN);
  assert(browser.requests.every((url) => !url.includes("sesame")));
});

Deno.test("the status page in a browser, tells when the node is gone, and goes on when it is back", async () => {
  await using world = await World.start();
  await using browser = await Chromium.start();
  let port = 0;
  {
    await using node = await world.node();
    await node.start();
    await using door = new Door(world.adminSocket);
    port = door.port;
    await browser.open(door.url);
    await browser.until(SHOWN);
  }
  await browser.until(`${words("notice")}.includes("does not answer since")`);
  assertEquals(await browser.evaluate(words("state")), "no connection");
  await using node = await world.node();
  await node.start();
  await using _door = new Door(world.adminSocket, port);
  await browser.until("document.getElementById('notice').hidden");
  assertEquals(await browser.evaluate(words("node")), NODE);
});
