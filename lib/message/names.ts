/**
 * Words of the KubeEdge wire, verbatim (beehive
 * `pkg/core/model/message.go`, KubeEdge `common/modules`, `common/constants`).
 *
 * @module
 */

/** `route.operation` values that the node knows. */
export const Operation = {
  insert: "insert",
  update: "update",
  delete: "delete",
  query: "query",
  patch: "patch",
  response: "response",
  error: "error",
  /** NodeConnection; `publish` until KubeEdge 1.5. */
  connect: "connect",
  publish: "publish",
  /** The timer's message that starts a MetaSync. */
  metaSync: "meta-internal-sync",
  /** The cloud's answer to an Application of MetaServer's kind. */
  applicationResponse: "applicationResponse",
  /** Operation of such an Application itself. */
  null: "null",
  keepalive: "keepalive",
  /** Control operations of viaduct, answered by the link itself. */
  ping: "ping",
  pong: "pong",
  config: "config",
} as const;

/** Names of modules as they stand in `route.source`. */
export const Module = {
  /** The message processor; `metaManager` in KubeEdge 1.0. */
  metamanager: "metamanager",
  /** The cloud link. It surprises: KubeEdge's EdgeHub is called `websocket`. */
  edgehub: "websocket",
  /** The pod agent. */
  edged: "edged",
  /** Pods, configmaps, secrets and nodes of the cloud. */
  edgecontroller: "edgecontroller",
  /** `edgecontroller` of KubeEdge 1.0. */
  controller: "controller",
  /** Watched objects of the cloud's MetaServer half. */
  dynamiccontroller: "dynamiccontroller",
  /** Service account access rules. */
  policycontroller: "policycontroller",
  /** Devices and device models. */
  devicecontroller: "devicecontroller",
  synccontroller: "synccontroller",
  cloudhub: "cloudhub",
  cloudStream: "cloudStream",
  metaserver: "metaserver",
} as const;

/**
 * Sources that CloudHub drops silently when they come from an edge
 * (acks excepted), so no message of ours may carry them upward.
 */
export const CLOUD_SOURCES: ReadonlySet<string> = new Set([
  Module.cloudhub,
  Module.cloudStream,
  Module.devicecontroller,
  Module.edgecontroller,
  Module.synccontroller,
]);

/** Values of `route.group`. */
export const Group = {
  resource: "resource",
  func: "func",
  meta: "meta",
  edged: "edged",
  hub: "hub",
  twin: "twin",
  bus: "bus",
  user: "user",
  taskmanager: "taskmanager",
  dynamiccontroller: "dynamiccontroller",
} as const;

/** Resource types (second part of a resource) that some rule names. */
export const ResourceType = {
  pod: "pod",
  podstatus: "podstatus",
  podpatch: "podpatch",
  node: "node",
  nodestatus: "nodestatus",
  nodepatch: "nodepatch",
  configmap: "configmap",
  secret: "secret",
  serviceaccounttoken: "serviceaccounttoken",
  lease: "lease",
  event: "event",
  certificatesigningrequest: "certificatesigningrequest",
  persistentvolume: "persistentvolume",
  persistentvolumeclaim: "persistentvolumeclaim",
  volumeattachment: "volumeattachment",
  /** Second part of `k8s/ca.crt`, the cluster's certificate authority. */
  caCrt: "ca.crt",
} as const;

/** Source of NodeConnection messages: the link itself, not what it carries. */
export const NODE_CONNECTION_SOURCE = "edgehub";
/** Resource of NodeConnection messages. */
export const NODE_CONNECTION_RESOURCE = "node/connection";
/** Resource of the messages that bracket a replay to an agent; our own. */
export const REPLAY_RESOURCE = "meta/replay";
/** Content of a NodeConnection after a connect. */
export const CLOUD_CONNECTED = "cloud_connected";
/** Content of a NodeConnection after the link went down. */
export const CLOUD_DISCONNECTED = "cloud_disconnected";
/** Content that says an operation was done. */
export const OK = "OK";
/** Namespace part of cluster-scoped objects. */
export const NO_NAMESPACE = "null";

/** CSI requests of the cloud; their answer may be an `error`, its text a string. */
export const VOLUME_OPERATIONS: ReadonlySet<string> = new Set([
  "createvolume",
  "deletevolume",
  "controllerpublishvolume",
  "controllerunpublishvolume",
]);
