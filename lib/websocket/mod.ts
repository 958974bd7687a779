/**
 * WebSocket (RFC 6455) for both ends over any stream of bytes: the opening
 * handshake, frames, and a connection with back-pressure, lanes and bounds.
 *
 * It never opens a socket, looks into a message, or reconnects. Open
 * `connection.ts` first, then `parser.ts` and `writer.ts`.
 *
 * @module
 */
export {
  type ClientHandshake,
  clientHandshake,
  type ClientHandshakeOptions,
} from "./handshake_client.ts";
export { streamOf } from "./conn_stream.ts";
export { CloseCode } from "./close_body.ts";
export { WebSocketConnection } from "./connection.ts";
export type {
  CloseOptions,
  WebSocketConnectionOptions,
} from "./connection_options.ts";
export {
  HandshakeError,
  HandshakeRefusedError,
  ProtocolError,
  type Refusal,
} from "./errors.ts";
export {
  readUpgrade,
  type ReadUpgradeOptions,
  UpgradeRequest,
} from "./handshake_server.ts";
export {
  formatHead,
  type Head,
  HeadReader,
  latin1Bytes,
  writeAll,
} from "./http_head.ts";
export type {
  ByteStream,
  Role,
  WebSocketEnd,
  WebSocketMessage,
} from "./types.ts";
export type { LaneName } from "./writer.ts";
