import net from "node:net";
import type { ProxyConnOptions } from "./proxy_conn.ts";
import { proxyFor, type ProxyOptions, type TunnelTarget } from "./proxy.ts";
import { TunnelBridge } from "./tunnel_bridge.ts";

/** How a target is reached. */
export interface WayOptions extends Omit<ProxyConnOptions, "caFile"> {
  /** What to go through, unless its exceptions name the target. */
  readonly proxy: ProxyOptions | undefined;
}

/** A way to a target. */
export interface Way {
  /** The socket that leads there, connecting. */
  readonly socket: net.Socket;
  /** Gives up what the socket goes through; the socket is its owner's. */
  close(): Promise<void>;
}

/**
 * Finds the way to a target: a socket to it, or one that leads there through
 * the proxy. TLS can begin on either in the event that tells it is connected.
 *
 * @throws {TunnelError} If the proxy cannot be used, or refuses.
 * @throws The signal's reason.
 */
export async function openWay(
  target: TunnelTarget,
  options: WayOptions,
): Promise<Way> {
  const url = proxyFor(target, options.proxy);
  if (!url) {
    const { host, port } = target;
    return {
      socket: net.connect({ host, port }),
      close: () => Promise.resolve(),
    };
  }
  const caFile = options.proxy?.caFile;
  const bridge = await TunnelBridge.open(target, {
    ...options,
    caFile,
    proxy: url,
  });
  return {
    socket: bridge.connect(),
    close: () => {
      bridge.close();
      return bridge.ended;
    },
  };
}
