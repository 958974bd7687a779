import { SystemClock, systemIds } from "../../../lib/base/mod.ts";
import { type Config, loadConfig } from "../../../lib/config/mod.ts";
import {
  CertificateAuthority,
  type ClientCertificateOptions,
} from "../../../lib/dev/mod.ts";
import type { Finding } from "../../../lib/doctor/mod.ts";

/** Certificates of these tests. */
export const CA = await CertificateAuthority.create(new SystemClock());

/** Ids and time of messages. */
export const STAMP = { newId: systemIds, now: () => new SystemClock().now() };

/** A folder with what a configuration names. */
export class Stage implements AsyncDisposable {
  /** Folder of everything. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes an empty folder. */
  static async make(): Promise<Stage> {
    return new Stage(await Deno.makeTempDir());
  }

  /** `key=value` words of a node of this folder; later ones win. */
  sets(...more: string[]): string[] {
    return [
      "edgehub.controller.node-id=edge-1",
      `store.path=${this.folder}/store/metamanager.db`,
      `edged.socket=${this.folder}/run/edged.sock`,
      `admin.socket=${this.folder}/run/admin.sock`,
      ...more,
    ];
  }

  /** `key=value` words of the certificates in this folder. */
  tls(url: string): string[] {
    return [
      `edgehub.websocket.url=${url}`,
      ...["ca", "cert", "key"].map((name) =>
        `edgehub.websocket.${name}file=${this.folder}/${name}`
      ),
    ];
  }

  /** The configuration that these words make. */
  async config(...more: string[]): Promise<Config> {
    const sets = this.sets(...more);
    return (await loadConfig({ sets, hostname: () => "h" })).config;
  }

  /** Writes a file. */
  write(name: string, text: string, mode = 0o600): string {
    const path = `${this.folder}/${name}`;
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, mode);
    return path;
  }

  /** Writes authority, certificate and key of this node. */
  async writePair(
    options: ClientCertificateOptions & { by?: CertificateAuthority } = {},
  ): Promise<void> {
    const { by = CA, ...client } = options;
    const { cert, key } = await by.client("edge-1", client);
    this.write("ca", CA.cert);
    this.write("cert", cert);
    this.write("key", key);
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** `state check` of each. */
export function heads(findings: readonly Finding[]): string[] {
  return findings.map(({ state, check }) => `${state} ${check}`);
}

/** What each says, with its remedy. */
export function texts(findings: readonly Finding[]): string {
  return findings.map(({ text, remedy }) => `${text} | ${remedy}`).join("\n");
}
