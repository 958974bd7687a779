/** Where Debian and others put it. */
const PATHS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Longest wait for the browser, in milliseconds. */
const TIMEOUT_MS = 30_000;

/** How a page is shown. */
export interface PageLook {
  /** Width in CSS pixels. */
  readonly width: number;
  /** Height in CSS pixels. */
  readonly height: number;
  /** Physical pixels of one. @default 1 */
  readonly scale?: number;
  /** Whether it is a phone. @default false */
  readonly mobile?: boolean;
  /** What `prefers-color-scheme` says. @default light */
  readonly scheme?: "light" | "dark";
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/**
 * A headless Chromium with one page, driven over its debugging protocol.
 *
 * @throws {Error} If there is none: install Debian's package `chromium`.
 */
export class Chromium implements AsyncDisposable {
  /** Console lines and errors of the page, violations of its policy too. */
  readonly complaints: string[] = [];
  /** Addresses that the page asked for. */
  readonly requests: string[] = [];
  readonly #process: Deno.ChildProcess;
  readonly #socket: WebSocket;
  readonly #folder: string;
  readonly #waiting = new Map<number, PromiseWithResolvers<Reply>>();
  readonly #stderr: Promise<void>;
  #session = "";
  #id = 0;

  private constructor(
    process: Deno.ChildProcess,
    socket: WebSocket,
    more: { folder: string; stderr: Promise<void> },
  ) {
    this.#process = process;
    this.#socket = socket;
    this.#folder = more.folder;
    this.#stderr = more.stderr;
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
  }

  /** Starts the browser with an empty page. */
  static async start(): Promise<Chromium> {
    const folder = await Deno.makeTempDir();
    const process = new Deno.Command(findChromium(), {
      args: [
        "--headless",
        // The tests may run as root, in a container without namespaces.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        `--user-data-dir=${folder}/profile`,
        "--remote-debugging-port=0",
        "about:blank",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const address = Promise.withResolvers<string>();
    const stderr = readAddress(process.stderr, address);
    const socket = new WebSocket(await address.promise);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const browser = new Chromium(process, socket, { folder, stderr });
    await browser.#attach();
    return browser;
  }

  /** Goes to an address and waits until it has loaded. */
  async open(url: string): Promise<void> {
    await this.#call("Page.navigate", { url });
    await this.until("document.readyState === 'complete'");
  }

  /** Changes size and colours. */
  async look(look: PageLook): Promise<void> {
    const { width, height, scale = 1, mobile = false } = look;
    await this.#call("Emulation.setDeviceMetricsOverride", {
      width,
      height,
      deviceScaleFactor: scale,
      mobile,
    });
    await this.#call("Emulation.setEmulatedMedia", {
      features: [
        { name: "prefers-color-scheme", value: look.scheme ?? "light" },
      ],
    });
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) {
      throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    }
    return (result as { value?: unknown }).value;
  }

  /** Waits until an expression is true. */
  async until(expression: string): Promise<void> {
    const endMs = performance.now() + TIMEOUT_MS;
    while (!await this.evaluate(expression)) {
      if (performance.now() > endMs) {
        const body = await this.evaluate("document.body.innerText");
        throw new Error(`Never true: ${expression}\n${body}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** A picture as PNG. @param whole All of the page, not what is in view. */
  async screenshot(whole = true): Promise<Uint8Array> {
    const { data } = await this.#call("Page.captureScreenshot", {
      captureBeyondViewport: whole,
    });
    return Uint8Array.fromBase64(String(data));
  }

  /** Ends the browser and removes its profile. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    this.#socket.send(
      JSON.stringify({ id: ++this.#id, method: "Browser.close" }),
    );
    await closed;
    await this.#process.status;
    await this.#stderr;
    await Deno.remove(this.#folder, { recursive: true });
  }

  async #attach(): Promise<void> {
    const { targetInfos } = await this.#call("Target.getTargets");
    const page = (targetInfos as { type: string; targetId: string }[])
      .find(({ type }) => type === "page");
    const { sessionId } = await this.#call("Target.attachToTarget", {
      targetId: page?.targetId,
      flatten: true,
    });
    this.#session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) {
      await this.#call(`${domain}.enable`);
    }
  }

  async #call(
    method: string,
    params: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const id = ++this.#id;
    const waiting = Promise.withResolvers<Reply>();
    this.#waiting.set(id, waiting);
    const session = this.#session ? { sessionId: this.#session } : {};
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    const timer = setTimeout(
      () => waiting.reject(new Error(`No answer to ${method}`)),
      TIMEOUT_MS,
    );
    try {
      const { error, result = {} } = await waiting.promise;
      if (error) throw new Error(`${method}: ${error.message}`);
      return result;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(id);
    }
  }

  #take(reply: Reply): void {
    if (reply.id !== undefined) {
      return this.#waiting.get(reply.id)?.resolve(reply);
    }
    const { method, params } = reply;
    if (method === "Network.requestWillBeSent") {
      this.requests.push((params?.request as { url: string }).url);
    }
    const isComplaint = method === "Runtime.exceptionThrown" ||
      method === "Log.entryAdded";
    if (isComplaint) this.complaints.push(JSON.stringify(params));
  }
}

function findChromium(): string {
  const found = PATHS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
  if (found !== undefined) return found;
  throw new Error("No Chromium: run apt-get install -y chromium");
}

/** Reads what the browser says to its end, so that it never waits for us. */
async function readAddress(
  stderr: ReadableStream<Uint8Array>,
  address: PromiseWithResolvers<string>,
): Promise<void> {
  let text = "";
  for await (const part of stderr.pipeThrough(new TextDecoderStream())) {
    text = (text + part).slice(-10_000);
    const found = /DevTools listening on (ws:\S+)\s/.exec(text)?.[1];
    if (found) address.resolve(found);
  }
  address.reject(new Error(`Chromium did not start: ${text}`));
}
