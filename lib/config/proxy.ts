import type { Config } from "./config.ts";
import type { Given } from "./given.ts";
import type { Complaint } from "./problem.ts";
import type { ConfigKey, ConfigValues } from "./schema.ts";

/** The value of `edgehub.proxy` that means none, whatever the environment says. */
const NO_PROXY = "none";

/** Go's programs, the stock edge among them, never reach these by a proxy. */
const LOOPBACK = ["localhost", "127.0.0.0/8", "::1"] as const;

/** What a proxy is completed from. */
export interface ProxySources {
  /** Keys that are given. */
  readonly given: Given;
  /** Takes what is wrong. */
  readonly complaints: Complaint[];
  /** A variable of the environment; `undefined` if it is not set. */
  readonly env: (name: string) => string | undefined;
}

/**
 * Fills the proxy and its exceptions from the environment where they are not
 * given: `HTTPS_PROXY` and `NO_PROXY`, or the same in small letters. As the
 * name says, that proxy is for TLS only: for the link, and for joining where
 * no link is configured.
 *
 * An address of the environment that is none is no complaint: the environment
 * is not this node's configuration, and agents need the node.
 */
export function completeProxy(
  values: { -readonly [K in keyof ConfigValues]: ConfigValues[K] },
  sources: Record<ConfigKey, string>,
  { given, complaints, env }: ProxySources,
): void {
  const variable = (name: string) => env(name) || env(name.toLowerCase()) || "";
  const key = "edgehub.proxy";
  const urls = [
    values["edgehub.websocket.url"],
    ...values["edgehub.websocket.urls"],
  ].filter((url) => url !== "");
  const isSecure = urls.length === 0 ||
    urls.some((url) => url.startsWith("wss:"));
  if (values[key] === "" && isSecure) {
    values[key] = withScheme(variable("HTTPS_PROXY"));
    if (values[key] !== "") {
      sources[key] = "HTTPS_PROXY";
      if (!given["edgehub.no-proxy"]) {
        const names = variable("NO_PROXY").split(/[\s,]+/);
        values["edgehub.no-proxy"] = [
          ...names.filter((name) => name !== ""),
          ...LOOPBACK,
        ];
        sources["edgehub.no-proxy"] = "NO_PROXY";
      }
    }
  }
  if (sources[key] === "HTTPS_PROXY" || isUsable(values[key])) return;
  const expected = "expected none or an address like http://proxy.example:3128";
  complaints.push({ key, expected });
}

/** The proxy of checked values. */
export function buildProxy(values: ConfigValues): Config["edgehub"]["proxy"] {
  const url = values["edgehub.proxy"];
  const isUnusable = !isUsable(url);
  return {
    url: url === NO_PROXY || isUnusable ? "" : url,
    caFile: values["edgehub.proxy-cafile"],
    isUnusable,
    except: values["edgehub.no-proxy"],
  };
}

/** What an operator should know of the proxy although nothing is wrong. */
export function proxyNotes(values: ConfigValues): string[] {
  const isStandalone = values["edgehub.websocket.url"] === "";
  if (isStandalone || isUsable(values["edgehub.proxy"])) return [];
  return [
    "HTTPS_PROXY is no proxy that this node can use, and nothing is dialled past it: set edgehub.proxy to http:// or https://HOST:PORT, or to none to dial directly",
  ];
}

/** Whether it is empty, none, or the address of an HTTP proxy. */
function isUsable(text: string): boolean {
  if (text === "" || text === NO_PROXY) return true;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && url.hostname !== "" &&
    /^https?:$/.test(url.protocol) && /^\/?$/.test(url.pathname) &&
    !url.search && !url.hash;
}

/** As curl and Go do, a bare `proxy:3128` is taken as one of HTTP. */
function withScheme(text: string): string {
  return text === "" || text.includes("://") ? text : `http://${text}`;
}
