/**
 * The way through an HTTP proxy with CONNECT, for whatever dials the cloud:
 * which hosts go through it, how it is asked, and a proxy that itself speaks
 * TLS.
 *
 * It knows nothing of who is behind the proxy, and never passes one by. Open
 * `way.ts` first, then `tunnel_bridge.ts`.
 *
 * @module
 */
export {
  addressOf,
  proxyFor,
  type ProxyOptions,
  type TunnelTarget,
} from "./proxy.ts";
export { type ProxyConnOptions, readProxyAuthorities } from "./proxy_conn.ts";
export { openTunnel } from "./tunnel.ts";
export { TunnelBridge, type TunnelBridgeOptions } from "./tunnel_bridge.ts";
export { TunnelError, type TunnelErrorKind } from "./tunnel_error.ts";
export { openWay, type Way, type WayOptions } from "./way.ts";
