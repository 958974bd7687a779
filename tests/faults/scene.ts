import { assertEquals } from "@std/assert";
import {
  type AgentClient,
  AgentClosedError,
  RequestFailedError,
  RequestTimeoutError,
} from "../../lib/agent/mod.ts";
import { seededRandom, sleep, SystemClock } from "../../lib/base/mod.ts";
import { until } from "../support/edged_harness.ts";
import { askAdmin, NodeProcess } from "../support/node_process.ts";
import {
  configManifest,
  copyStore,
  NODE,
  Picture,
  podManifest,
  podRef,
  summaryOf,
  World,
} from "../support/node_world.ts";
import { StoreImage } from "../support/store_image.ts";
import { program } from "./program.ts";
import { SmallDisk } from "./small_disk.ts";

const CLOCK = new SystemClock();
const PODS = 10;

/** What is refused shall not hold up what waits behind it for long. */
const QUICK = { repairMs: 100, resendMs: 100, giveUpMs: 200 };

/** What is asked of a scene. */
export interface SceneOptions {
  /** Shell lines that mount a disk for the store over `$1`. */
  readonly disk?: string;
}

/**
 * A running program with a cloud and an agent that never rest, to which
 * something happens. The cloud is CloudCore's model: what it was acked it
 * never sends again, what was refused it repeats.
 */
export class Scene implements AsyncDisposable {
  /** The cloud, and the folder of everything. */
  readonly world: World;
  /** The disk of the store, if it has one of its own. */
  readonly disk: SmallDisk | undefined;
  /** The agent. */
  readonly agent: AgentClient;
  /** What it was handed. */
  readonly picture = new Picture();
  /** The program. */
  node!: NodeProcess;
  /** Highest memory seen of any process, in MB. */
  peakMb = 0;
  /** How a program ended that could not run. */
  exitCode: number | undefined;
  /** Reports by uid of the pod: sent, and answered with `OK`. */
  readonly reports = new Map<string, { tried: number; taken: number }>();
  /** What health said, each once. */
  readonly seen: string[] = [];
  /** Reports of pods that the cloud has, answered with `OK`. */
  taken = 0;
  /** Reports that were refused. */
  refused = 0;
  readonly #nodes: NodeProcess[] = [];
  #program = program();
  readonly #random = seededRandom(5);
  readonly #asked = new Set<Promise<void>>();
  #loading: Promise<void> | undefined;
  #isLoading = false;
  #n = 0;

  private constructor(world: World, disk: SmallDisk | undefined) {
    this.world = world;
    this.disk = disk;
    this.agent = world.agent({
      answers: true,
      onMessage: (message) => this.picture.take(message),
    });
  }

  /** Prepares everything; no program runs yet. */
  static async open(options: SceneOptions = {}): Promise<Scene> {
    const world = await World.start({
      tls: true,
      hub: { dynamicController: true, timing: QUICK },
    });
    const folder = `${world.folder}/store`;
    await Deno.mkdir(folder, { mode: 0o700 });
    // The program may run as another user.
    await Deno.chmod(world.folder, 0o755);
    const disk = options.disk === undefined
      ? undefined
      : await SmallDisk.mount(folder, options.disk);
    return new Scene(world, disk);
  }

  /** Where the store's folder is seen from here. */
  get storeFolder(): string {
    const { storeFolder } = this.world;
    return this.disk?.outside(storeFolder) ?? storeFolder;
  }

  /** All that any program said. */
  get output(): string {
    return this.#nodes.map(({ output }) => output).join("\n");
  }

  /** Starts the program. @param before Words before it, such as `prlimit`. */
  launch(...before: string[]): NodeProcess {
    const sets = this.world.sets("meta.sync.podstatus.interval=1");
    const enter = this.disk?.enter ?? [];
    this.node = new NodeProcess(sets, {
      command: [...enter, ...before, ...this.#program],
    });
    this.#nodes.push(this.node);
    return this.node;
  }

  /** Copies the program to where any user may run it. */
  async copyProgram(): Promise<void> {
    const file = this.#program.at(-1) ?? "";
    const copy = `${this.world.folder}/program`;
    await Deno.copyFile(file, copy);
    await Deno.chmod(copy, 0o755);
    this.#program = [...this.#program.slice(0, -1), copy];
  }

  /** Starts it and waits until cloud and agent are there. */
  async start(...before: string[]): Promise<void> {
    this.launch(...before);
    await this.node.connected();
    await this.agent.connect();
    await until(() => this.agent.isCloudConnected, "the agent is there");
  }

  /** Starts it and the load, and waits until reports are taken. */
  async work(...before: string[]): Promise<void> {
    await this.start(...before);
    this.load();
    const { taken } = this;
    await until(() => this.taken > taken + 20, "it works");
  }

  /** Waits until reports are answered, and none of them with `OK`. */
  async refuses(): Promise<void> {
    const { refused } = this;
    await until(() => this.refused > refused + 20, "reports are refused");
    const { taken } = this;
    await until(() => this.refused > refused + 40, "reports are refused");
    assertEquals(this.taken, taken, "reports are taken");
  }

  /** Waits for the end of a program that cannot run. */
  async ends(): Promise<void> {
    this.exitCode = (await this.node.status).code;
  }

  /** Ends the program as an operator does. @returns Its exit code. */
  async stopped(): Promise<number> {
    this.measure();
    this.node.signal("SIGTERM");
    return (await this.node.status).code;
  }

  /** Ends the program and starts it again. */
  async restart(): Promise<void> {
    assertEquals(await this.stopped(), 0, this.output);
    await this.start();
  }

  /** Waits until what a damaged store lost has come again. */
  async refilled(): Promise<void> {
    await this.calm();
    await this.sees(200, "[+]sync ok", 90_000);
    await this.sees(200, "[+]store ok");
    // Of reports nobody else has a copy.
    for (const report of this.reports.values()) report.taken = 0;
  }

  /** Kills the program. */
  async kill(): Promise<void> {
    this.measure();
    await this.node.kill();
    await until(
      () => this.world.hub.sessions().length === 0,
      "the link has ended",
    );
  }

  /** Changes things in the cloud, and has the agent report, until `calm`. */
  load(): void {
    this.#isLoading = true;
    this.#loading = (async () => {
      while (this.#isLoading) {
        this.#step();
        await sleep(CLOCK, 5);
      }
    })();
  }

  /** Ends the load. */
  async calm(): Promise<void> {
    this.#isLoading = false;
    await this.#loading;
    await Promise.all(this.#asked);
  }

  /** What `page` says now; empty if nobody answers. */
  async page(page: string): Promise<string> {
    const answer = await askAdmin(this.world.adminSocket, page);
    return answer ? `${answer.status} ${answer.text}` : "";
  }

  /** Waits until health says something, and whether the node counts as well. */
  async sees(
    status: 200 | 503,
    text: string,
    timeoutMs = 20_000,
  ): Promise<string> {
    let found = "";
    const isSo = async () => {
      this.measure();
      found = await this.page("/readyz?verbose");
      if (found !== this.seen.at(-1)) this.seen.push(found);
      return found.startsWith(`${status} `) && found.includes(text);
    };
    try {
      await until(isSo, `health says ${status} ${text}`, timeoutMs);
    } catch (error) {
      throw new Error(`${error}; it says ${found}\n${this.output}`, {
        cause: error,
      });
    }
    // A node that is ready has to be healthy, and the other way round.
    assertEquals((await this.page("/healthz")).slice(0, 3), `${status}`);
    // A restart would help none of these.
    assertEquals((await this.page("/livez")).slice(0, 3), "200");
    return found;
  }

  /** All that is acked now is in the file that the program works on. */
  async assertAckedIsStored(): Promise<StoreImage> {
    const before = this.notes();
    const image = await this.image();
    assertEquals(image.integrity, "ok");
    assertEquals(image.lacks(before, this.notes()), []);
    return image;
  }

  /** What the cloud counts as acknowledged. */
  notes() {
    return [...this.world.hub.core.syncs.of(NODE)];
  }

  /** Waits until cloud and store hold the same, and compares the file. */
  async converged(): Promise<void> {
    const { hub } = this.world;
    await this.calm();
    await this.agent.connect();
    await until(
      () => hub.core.isSynced(NODE),
      "the cloud has every ack",
      60_000,
    );
    await until(
      async () => /"outbox": ?0\b/.test(await this.page("/status")),
      "every report is confirmed",
      60_000,
    );
    this.measure();
    await until(() => hub.core.isSynced(NODE), "the cloud has every ack");
    const wanted = JSON.stringify(summaryOf(hub.list("pod")));
    await until(
      () => JSON.stringify(this.picture.summary("pod")) === wanted,
      "the agent has every pod's last state",
    );
    for (const { metadata, status } of hub.list("pod")) {
      const { tried = 0, taken = 0 } = this.reports.get(metadata.uid) ?? {};
      const { round = 0 } = (status ?? {}) as { round?: number };
      assertEquals(
        [round >= taken, round <= tried],
        [true, true],
        metadata.name,
      );
    }
    // Status alone is no reason to send a pod; SyncController does in time.
    await until(
      async () => this.#differences(await this.image()).length === 0,
      "cloud and store hold the same",
    );
    await this.assertAckedIsStored();
  }

  /** Reads a copy of the store: what a kill in this instant would leave. */
  async image(): Promise<StoreImage> {
    const to = `${this.world.folder}/image-${crypto.randomUUID()}`;
    this.node.signal("SIGSTOP");
    try {
      await until(() => this.node.isStandingStill, "the program stands still");
      await copyStore(this.storeFolder, to);
    } finally {
      this.node.signal("SIGCONT");
    }
    const image = new StoreImage(`${to}/metamanager.db`);
    await Deno.remove(to, { recursive: true });
    return image;
  }

  /** Notes its memory, while it runs. */
  measure(): void {
    this.peakMb = Math.max(this.peakMb, this.node.peakMb);
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.calm();
    await this.agent.close();
    await this.node?.kill();
    await this.disk?.[Symbol.asyncDispose]();
    await this.world[Symbol.asyncDispose]();
  }

  /** Objects that cloud and store do not have in the same version. */
  #differences(image: StoreImage): string[] {
    const wanted = ["pod", "configmap"].flatMap((type) =>
      this.world.hub.list(type).map(({ metadata: { name, ...rest } }) =>
        `default/${type}/${name} ${rest.uid} ${rest.resourceVersion}`
      )
    );
    const stored = [...image.rows.values()]
      .filter(({ key }) => /\/(?:pod|configmap)\//.test(key))
      .map(({ key, uid, version }) => `${key} ${uid} ${version}`);
    return [...new Set(wanted).symmetricDifference(new Set(stored))];
  }

  #step(): void {
    const { hub } = this.world;
    const name = `pod-${Math.floor(this.#random() * PODS)}`;
    const n = ++this.#n;
    if (n === 1) hub.apply(userManifest());
    if (this.#random() < 0.3) {
      hub.apply(configManifest(name, `${n} ${"x".repeat(4000)}`));
    } else if (this.#random() < 0.1) {
      hub.delete(podRef(name), { gracePeriodSeconds: 0 });
    } else hub.apply(podManifest(name, n));
    const known = this.picture.objects.get(`default/pod/${name}`);
    if (known && this.#asked.size < 16) this.#report(name, known.metadata.uid);
  }

  #report(name: string, uid: string): void {
    const report = this.reports.get(uid) ?? { tried: 0, taken: 0 };
    this.reports.set(uid, report);
    const round = ++report.tried;
    const asked = this.agent.reportPodStatus(
      { namespace: "default", name, uid },
      { round },
      { timeoutMs: 2000 },
    ).then(
      () => {
        // A store that counts as failed may know of a delete that nobody has
        // heard of, and what is told of a deleted pod needs no room in it.
        const { hub } = this.world;
        if (hub.list("pod").some((pod) => pod.metadata.uid === uid)) {
          this.taken++;
        }
        report.taken = Math.max(report.taken, round);
      },
      (error) => {
        if (error instanceof RequestFailedError) this.refused++;
        else if (
          !(error instanceof RequestTimeoutError ||
            error instanceof AgentClosedError)
        ) throw error;
      },
    ).finally(() => this.#asked.delete(asked));
    this.#asked.add(asked);
  }
}

/** A pod that names every configmap of the load. */
function userManifest() {
  return {
    ...podManifest("user"),
    spec: {
      nodeName: NODE,
      containers: [{
        name: "c",
        image: "nginx",
        envFrom: Array.from(
          { length: PODS },
          (_, i) => ({ configMapRef: { name: `pod-${i}` } }),
        ),
      }],
    },
  };
}
