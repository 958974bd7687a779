import type { Complaint } from "./problem.ts";
import { readListen } from "./listen.ts";
import { proxyNotes } from "./proxy.ts";
import type { ConfigKey, ConfigValues } from "./schema.ts";

/** Longest path of a Unix socket, in bytes: `sun_path` holds 108 with its NUL. */
const SOCKET_PATH_BYTES_MAX = 107;

/** Checks values that are only right or wrong beside each other. */
export function validate(values: ConfigValues): Complaint[] {
  const complaints: Complaint[] = [];
  const refuse: Refuse = (key, expected, because) =>
    complaints.push({ key, expected, ...(because ? { because } : {}) });
  checkCloud(values, refuse);
  checkEnrolment(values, refuse);
  checkSockets(values, refuse);
  if (values["store.path"] === "" || values["store.path"].endsWith("/")) {
    refuse("store.path", "expected the path of a file");
  }
  const snapshot = values["store.snapshot"];
  if (snapshot > 0 && snapshot < 1) {
    refuse("store.snapshot", "expected 0 or a duration from 1s up");
  }
  return complaints;
}

/** What an operator should know although nothing is wrong. */
export function notes(values: ConfigValues): string[] {
  const found: string[] = [];
  const url = values["edgehub.websocket.url"];
  if (url === "") {
    found.push(
      "edgehub.websocket.url is empty: this is a standalone node without cloud",
    );
  } else if (url.startsWith("ws:")) {
    found.push(
      "edgehub.websocket.url is ws://: nothing is encrypted and the cloud is not checked, use wss:// outside of tests",
    );
  } else if (values["edgehub.websocket.certfile"] === "") {
    found.push(
      "edgehub.websocket.certfile is empty: a cloud that asks for certificates refuses this node",
    );
  }
  if (values["edged.socket"] === "" && values["edged.listen"] === "") {
    found.push(
      "edged.socket and edged.listen are empty: no pod agent can attach",
    );
  }
  return [...found, ...proxyNotes(values)];
}

type Refuse = (
  key: ConfigKey,
  expected: string,
  because?: ConfigKey,
) => void;

function checkCloud(values: ConfigValues, refuse: Refuse): void {
  const cert = values["edgehub.websocket.certfile"];
  const key = values["edgehub.websocket.keyfile"];
  const url = values["edgehub.websocket.url"];
  if (cert !== "" && key === "") {
    const expected =
      "expected a path, since edgehub.websocket.certfile is given";
    refuse(
      "edgehub.websocket.keyfile",
      expected,
      "edgehub.websocket.certfile",
    );
  }
  if (key !== "" && cert === "") {
    const expected =
      "expected a path, since edgehub.websocket.keyfile is given";
    refuse(
      "edgehub.websocket.certfile",
      expected,
      "edgehub.websocket.keyfile",
    );
  }
  const urls = [url, ...values["edgehub.websocket.urls"]];
  if (
    urls.some((one) => /^wss:/i.test(one)) &&
    values["edgehub.websocket.cafile"] === ""
  ) {
    const expected =
      "expected the file of the authority that signed the cloud's certificate, since the address is wss://";
    refuse("edgehub.websocket.cafile", expected, "edgehub.websocket.url");
  }
  const isPlain = (one: string) => /^ws:/i.test(one);
  if (urls.some(isPlain) && !urls.every((one) => one === "" || isPlain(one))) {
    // Whoever cuts the way to one address could have the other one dialled.
    const expected =
      "expected wss:// as for the other addresses: a link must not fall back to one that nobody checks";
    refuse("edgehub.websocket.urls", expected, "edgehub.websocket.url");
  }
  if (values["edgehub.reconnect.cap"] < values["edgehub.reconnect.base"]) {
    const expected = "expected at least edgehub.reconnect.base";
    refuse("edgehub.reconnect.cap", expected, "edgehub.reconnect.base");
  }
}

/** KubeEdge's token: a SHA-256 in hex and a JWT (wire document, 3). */
const JOIN_TOKEN_REGEXP = /^[0-9a-f]{64}(\.[\w-]+){3}$/i;
/** A server by name or address, with or without a port. */
const SERVER_REGEXP =
  /^(https:\/\/)?(\[[0-9a-f:.]+\]|[\w.-]+)(:0*[1-9]\d{0,4})?\/?$/i;

function checkEnrolment(values: ConfigValues, refuse: Refuse): void {
  const token = values["edgehub.token"];
  if (token !== "" && !JOIN_TOKEN_REGEXP.test(token.trim())) {
    const expected =
      "expected the whole line that keadm gettoken prints, four parts separated by dots";
    refuse("edgehub.token", expected);
  }
  const server = values["edgehub.http-server"];
  const address = `https://${server.replace(/^https:\/\//i, "")}`;
  if (
    server !== "" && !(SERVER_REGEXP.test(server) && URL.canParse(address))
  ) {
    refuse("edgehub.http-server", "expected HOST or HOST:PORT");
  }
  if (!/^wss:/i.test(values["edgehub.websocket.url"])) return;
  for (const key of ["edgehub.token", "edgehub.token-file"] as const) {
    if (values[key] === "" || values["edgehub.websocket.certfile"] !== "") {
      continue;
    }
    const expected =
      `expected the path that the certificate is written to, since ${key} is given`;
    return refuse("edgehub.websocket.certfile", expected, key);
  }
}

function checkSockets(values: ConfigValues, refuse: Refuse): void {
  for (const key of ["edged.socket", "admin.socket"] as const) {
    const bytes = new TextEncoder().encode(values[key]).length;
    if (bytes > SOCKET_PATH_BYTES_MAX) {
      const expected =
        `expected a path of at most ${SOCKET_PATH_BYTES_MAX} bytes, the system's limit for sockets`;
      refuse(key, expected);
    }
  }
  const edged = values["edged.socket"];
  if (edged !== "" && edged === values["admin.socket"]) {
    refuse("admin.socket", "expected another path than edged.socket");
  }
  checkListen("edged", values, refuse);
  checkListen("admin", values, refuse);
  const ports = [values["edged.listen"], values["admin.listen"]]
    .map((text) => readListen(text)?.port ?? 0);
  if (ports[0] !== 0 && ports[0] === ports[1]) {
    refuse("admin.listen", "expected another port than edged.listen");
  }
}

function checkListen(
  room: "edged" | "admin",
  values: ConfigValues,
  refuse: Refuse,
): void {
  const listen = values[`${room}.listen`];
  if (listen === "") return;
  if (readListen(listen) === undefined) {
    const expected = "expected a loopback address like 127.0.0.1:PORT";
    refuse(`${room}.listen`, expected);
  }
  if (values[`${room}.token-file`] === "") {
    const expected =
      `expected the path of a file with a token, since ${room}.listen is given`;
    refuse(`${room}.token-file`, expected, `${room}.listen`);
  }
}
