import {
  addressOf,
  proxyFor,
  type ProxyOptions,
  type TunnelTarget,
} from "../tunnel/mod.ts";

/** What is dialled, and through what. */
export interface Route {
  /** The cloud. */
  readonly target: TunnelTarget;
  /** The proxy; `undefined`: none. */
  readonly proxy: URL | undefined;
  /** The first of the two. */
  readonly first: TunnelTarget;
}

/**
 * Finds out where a dial begins and ends.
 *
 * @throws {TunnelError} If the proxy cannot be used.
 */
export function routeOf(url: URL, options: ProxyOptions | undefined): Route {
  const target = { host: hostOf(url), port: portOf(url) };
  const proxy = proxyFor(target, options);
  return { target, proxy, first: proxy ? addressOf(proxy) : target };
}

/** Name or address, without brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}

function portOf(url: URL): number {
  if (url.port) return Number(url.port);
  return url.protocol === "wss:" ? 443 : 80;
}
