import { isPastProxy } from "./no_proxy.ts";
import { TunnelError } from "./tunnel_error.ts";

/** A proxy, and what is reached past it. */
export interface ProxyOptions {
  /**
   * `http://` or `https://` address, with user and password if it wants them.
   * `undefined`: one was given that cannot be used; what is not excepted is
   * not dialled at all.
   */
  readonly url: URL | undefined;
  /** Rules as in `NO_PROXY`, one each. */
  readonly except: readonly string[];
  /**
   * PEM of authorities that may sign the certificate of an `https://` proxy,
   * besides those that the runtime trusts; read anew for each dial.
   * @default none
   */
  readonly caFile?: string;
}

/** Where a tunnel ends. */
export interface TunnelTarget {
  /** Name or address, without brackets. */
  readonly host: string;
  /** TCP port. */
  readonly port: number;
}

/**
 * The proxy to dial a target through; `undefined`: none.
 *
 * @throws {TunnelError} If there is one and it cannot be used.
 */
export function proxyFor(
  target: TunnelTarget,
  proxy: ProxyOptions | undefined,
): URL | undefined {
  if (!proxy || isPastProxy(target, proxy.except)) return undefined;
  if (proxy.url) return proxy.url;
  throw new TunnelError(
    "proxy",
    "Cannot use the proxy of HTTPS_PROXY: it is none of HTTP with CONNECT",
    {
      hint: "Set edgehub.proxy to http://HOST:PORT or https://HOST:PORT, or " +
        "to none to dial directly",
    },
  );
}

/** What a proxy is dialled at. */
export function addressOf(proxy: URL): TunnelTarget {
  return {
    host: proxy.hostname.replace(/^\[|\]$/g, ""),
    port: Number(proxy.port) || (proxy.protocol === "https:" ? 443 : 80),
  };
}
