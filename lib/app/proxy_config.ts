import type { Config } from "../config/mod.ts";
import type { ProxyOptions } from "../tunnel/mod.ts";

/** What the cloud is dialled through, to join and to stay; `undefined`: nothing. */
export function proxyOptions(
  { edgehub: { proxy } }: Pick<Config, "edgehub">,
): ProxyOptions | undefined {
  const { url, caFile, except, isUnusable } = proxy;
  if (url === "" && !isUnusable) return undefined;
  return { url: isUnusable ? undefined : new URL(url), caFile, except };
}
