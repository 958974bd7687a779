import type { Given } from "./given.ts";
import type { Complaint } from "./problem.ts";
import type { ConfigKey, ConfigValues } from "./schema.ts";

/** The value of `edgehub.proxy` that means none, whatever the environment says. */
export const NO_PROXY = "none";

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
 * name says, that proxy is for links with TLS only.
 */
export function completeProxy(
  values: { -readonly [K in keyof ConfigValues]: ConfigValues[K] },
  sources: Record<ConfigKey, string>,
  { given, complaints, env }: ProxySources,
): void {
  const variable = (name: string) => env(name) || env(name.toLowerCase()) || "";
  const key = "edgehub.proxy";
  const isSecure = [
    values["edgehub.websocket.url"],
    ...values["edgehub.websocket.urls"],
  ].some((url) => url.startsWith("wss:"));
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
  if (values[key] === "" || values[key] === NO_PROXY) return;
  const url = URL.canParse(values[key]) ? new URL(values[key]) : undefined;
  const isPlain = url && url.hostname !== "" && url.protocol === "http:" &&
    /^\/?$/.test(url.pathname) && !url.search && !url.hash;
  if (!isPlain) {
    const from = sources[key] === "HTTPS_PROXY" ? ", given by HTTPS_PROXY" : "";
    const expected =
      `expected none or an address like http://proxy.example:3128${from}`;
    complaints.push({ key, expected });
  }
}

/** As curl and Go do, a bare `proxy:3128` is taken as one of HTTP. */
function withScheme(text: string): string {
  return text === "" || text.includes("://") ? text : `http://${text}`;
}
