import type { Config } from "./config.ts";
import type { Given } from "./given.ts";
import { readListen } from "./listen.ts";
import { buildProxy } from "./proxy.ts";
import type { ConfigValues } from "./schema.ts";

/**
 * Shapes checked values into the configuration, deeply frozen.
 *
 * @param given Where the values were given.
 */
export function buildConfig(values: ConfigValues, given: Given): Config {
  return deepFreeze({
    edgehub: buildEdgehub(values, given),
    meta: {
      sync: {
        podstatus: { intervalMs: ms(values["meta.sync.podstatus.interval"]) },
        reconcile: { intervalMs: ms(values["meta.sync.reconcile.interval"]) },
        pendingPods: {
          intervalMs: ms(values["meta.sync.pending-pods.interval"]),
        },
      },
      query: {
        remoteTypes: values["meta.query.remote-types"],
        timeoutMs: ms(values["meta.query.timeout"]),
      },
    },
    edged: {
      socket: values["edged.socket"],
      listen: readListen(values["edged.listen"]),
      tokenFile: values["edged.token-file"],
      replyTimeoutMs: ms(values["edged.reply-timeout"]),
    },
    admin: {
      socket: values["admin.socket"],
      listen: readListen(values["admin.listen"]),
      tokenFile: values["admin.token-file"],
    },
    store: {
      path: values["store.path"],
      snapshotMs: ms(values["store.snapshot"]),
    },
    log: {
      level: values["log.level"],
      format: values["log.format"],
      journald: values["log.journald"],
    },
  });
}

function buildEdgehub(
  values: ConfigValues,
  given: Given,
): Config["edgehub"] {
  const token = given["edgehub.token"];
  return {
    websocket: {
      url: values["edgehub.websocket.url"],
      urls: [
        ...new Set([
          values["edgehub.websocket.url"],
          ...values["edgehub.websocket.urls"],
        ]),
      ].filter((url) => url !== ""),
      certfile: values["edgehub.websocket.certfile"],
      keyfile: values["edgehub.websocket.keyfile"],
      cafile: values["edgehub.websocket.cafile"],
      handshakeTimeoutMs: ms(values["edgehub.websocket.handshake-timeout"]),
      writeDeadlineMs: ms(values["edgehub.websocket.write-deadline"]),
      readDeadlineMs: ms(values["edgehub.websocket.read-deadline"]),
    },
    token: values["edgehub.token"],
    // Only what came from a file has a line.
    tokenSource: token?.value && token.line ? token.source : "",
    tokenFile: values["edgehub.token-file"],
    httpServer: values["edgehub.http-server"],
    rotateCertificates: values["edgehub.rotate-certificates"],
    controller: {
      heartbeatMs: ms(values["edgehub.controller.heartbeat"]),
      projectId: values["edgehub.controller.project-id"],
      nodeId: values["edgehub.controller.node-id"],
    },
    failover: {
      order: values["edgehub.failover.order"],
      preferAfterMs: ms(values["edgehub.failover.prefer-after"]),
    },
    proxy: buildProxy(values),
    reconnect: {
      baseMs: ms(values["edgehub.reconnect.base"]),
      capMs: ms(values["edgehub.reconnect.cap"]),
    },
    messageBytesMax: values["edgehub.message-size"],
    rate: {
      perSecond: values["edgehub.message-qps"],
      burst: values["edgehub.message-burst"],
    },
  };
}

function ms(seconds: number): number {
  return Math.round(seconds * 1000);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
