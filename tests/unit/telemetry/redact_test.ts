import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  errorText,
  isSecretName,
  Logger,
  redact,
  REDACTED,
  redactText,
} from "../../../lib/telemetry/mod.ts";
import { StillClock } from "./still_clock.ts";

/** Every one of these holds the mark; none may be seen in a log. */
const MARK = "S3cretMark";
const JWT = `eyJhbGciOiJSUzI1NiJ9.eyJ${MARK}.sig${MARK}`;
const PEM =
  `-----BEGIN EC PRIVATE KEY-----\n${MARK}\n-----END EC PRIVATE KEY-----`;

const HOSTILE: Record<string, unknown> = {
  content: { kind: "Pod", spec: MARK },
  data: { password: btoa(MARK), plain: MARK },
  stringData: { a: MARK },
  binary_data: MARK,
  Authorization: `Bearer ${MARK}`,
  "proxy-authorization": MARK,
  "set-cookie": MARK,
  token: MARK,
  joinToken: MARK,
  "tls.key": MARK,
  private_key: MARK,
  apiKey: MARK,
  password: 12345678901,
  "client-secret": MARK,
  jwt: JWT,
  text1: `got ${JWT} from cloud`,
  text2: `read ${PEM} from disk`,
  text3: `-----BEGIN PRIVATE KEY-----\n${MARK} and no end`,
  text4: `dial wss://admin:${MARK}@cloud.example:10000/a failed`,
  text5: `header Authorization: Basic ${MARK}; next`,
  text6: `sent bearer ${MARK}12`,
  text7: `GET /x?access_token=${MARK}&a=1`,
  text8: `password: ${MARK}`,
  text9: `proxy http://user:pa/ss${MARK}@127.0.0.1:3128 refused`,
  text10: `proxy http://user:${MARK}#a@b@proxy:3128/ refused`,
  text11: `POST client_secret=${MARK}&x=1`,
  text12: `env AWS_SECRET_ACCESS_KEY=${MARK}, next`,
  text13: `Proxy-Authorization: Basic ${btoa(`user:${MARK}`)}`,
  text14: `sent Basic ${btoa(`user:${MARK}`)} to the proxy`,
  text15: `joined with ${"a".repeat(64)}.${JWT}`,
  text16: `https_proxy=http://${MARK}@proxy:3128`,
  text17:
    `read -----BEGIN RSA PRIVATE KEY-----\\n${MARK}\\n-----END RSA PRIVATE KEY----- of x`,
  text18: `Cookie: session=${MARK}; theme=dark`,
  text19: `set-cookie: session=${MARK}`,
  json5: JSON.stringify({
    kind: "Secret",
    metadata: { name: "s" },
    stringData: { a: MARK },
  }),
  json6: JSON.stringify({ auths: { "r.example": { auth: MARK, n: 1 } } }),
  json7: JSON.stringify({ users: [{ "client-key-data": MARK }] }),
  json8: `kind: Secret, data: {"a":"${btoa(MARK)}"}`.replace(
    "data: ",
    '"data": ',
  ),
  auth: MARK,
  "client-key-data": MARK,
  ".dockerconfigjson": MARK,
  json1: JSON.stringify({ a: 1, data: { x: MARK, y: [MARK] } }),
  json2: JSON.stringify({ token: `x"${MARK}`, b: 2 }),
  json3: JSON.stringify(JSON.stringify({ password: MARK, c: 3 })),
  json4: `{"content":"${MARK} and no end`,
  base64: btoa(PEM) + " " + btoa(JWT),
  url: new URL(`https://u:${MARK}@h/`),
  bytes: new TextEncoder().encode(MARK),
  map: new Map([["password", MARK]]),
  headers: new Headers({ authorization: MARK }),
  error: new Error(`failed with token=${MARK}`, { cause: new Error(PEM) }),
  row: { key: "default/secret/a", type: "secret", value: `{"x":"${MARK}"}` },
  outbox: { msgId: "1", text: `{"x":"${MARK}"}` },
  deep: { a: { b: { c: { d: { e: { f: MARK } } } } } },
};

Deno.test("redact, secrets_never_logged: no marked value comes through", () => {
  for (const [name, value] of Object.entries(HOSTILE)) {
    const text = JSON.stringify(redact(value, name));
    assert(!text.includes(MARK), `${name}: ${text}`);
    assert(!text.includes("12345678901"), `${name}: ${text}`);
    assert(!text.includes(btoa(MARK).slice(0, 12)), `${name}: ${text}`);
  }
});

Deno.test("Logger, secrets_never_logged: in both formats at the most verbose level", () => {
  for (const format of ["human", "json"] as const) {
    let output = "";
    const log = new Logger("test", {
      clock: new StillClock(),
      level: "debug",
      format,
      sink: (line) => output += line,
    });
    for (const [name, value] of Object.entries(HOSTILE)) {
      log.debug("field", { [name]: value });
      log.debug("nested", { list: [{ [name]: value }] });
      // A bare word without name or form cannot be known to be a secret.
      if (/^(text|json|base64|jwt)/.test(name)) log.error(`got ${value}`);
    }
    assert(output.includes("redacted"), format);
    const leak = output.split("\n").find((line) => line.includes(MARK));
    assertEquals(leak, undefined);
  }
});

Deno.test("redact, text of the JSON parser does not quote its input", () => {
  let message = "";
  try {
    JSON.parse(`{"a": ${MARK}}`);
  } catch (error) {
    message = errorText(error);
  }
  assertStringIncludes(message, "is not valid JSON");
  assert(!message.includes(MARK), message);
});

Deno.test("redact, what an operator needs stays", () => {
  assertEquals(
    redact({
      key: "default/pod/web-0",
      tokenFile: "/etc/metamanager/token",
      url: "wss://cloud.example:10000/p/n/events",
      attempts: 3,
      ok: true,
      missing: undefined,
      nothing: null,
      resource: "default/secret/db",
      value: "plain",
      revision: 10n,
      at: new Date(0),
      set: new Set([1, 2]),
      half: NaN,
      call: () => 1,
    }),
    {
      key: "default/pod/web-0",
      tokenFile: "/etc/metamanager/token",
      url: "wss://cloud.example:10000/p/n/events",
      attempts: 3,
      ok: true,
      missing: null,
      nothing: null,
      resource: "default/secret/db",
      value: "plain",
      revision: "10",
      at: "1970-01-01T00:00:00.000Z",
      set: [1, 2],
      half: "NaN",
      call: "[function]",
    },
  );
  for (
    const text of [
      "Cannot connect to proxy.example:3128 through http://proxy.example:3128",
      "407 Proxy Authentication Required, Basic realm",
      "basic authentication failed",
      "sent to https://cloud.example/a/b@2x/c",
      "certificate of edge-1 until 2027-11-22T01:39:07.000Z",
      "resource default/serviceaccounttoken/default not found",
      "a mail to admin@example.com",
    ]
  ) assertEquals(redactText(text), text);
  assertEquals(
    redactText(`{"a":1,"token":"x","b":2}`),
    `{"a":1,"token":"${REDACTED}","b":2}`,
  );
});

Deno.test("redact, is bounded in length, depth and entries and never throws", () => {
  const circle: Record<string, unknown> = { name: "a" };
  circle["self"] = circle;
  assertEquals(redact(circle), { name: "a", self: "[circular]" });
  const text = redact("x".repeat(1_000_000)) as string;
  assert(text.length < 1100, `${text.length}`);
  assertStringIncludes(text, "(1000000 characters)");
  assertEquals((redact(new Array(100).fill(1)) as unknown[]).length, 33);
  const wide = Object.fromEntries([...Array(99).keys()].map((i) => [i, i]));
  assertEquals((redact(wide) as Record<string, unknown>)["more"], 67);
  const broken = {
    get bad(): string {
      throw new RangeError("no");
    },
  };
  assertEquals(redact(broken), { bad: "[unreadable: RangeError]" });
  assertEquals(redact(new Date(NaN)), "[invalid date]");
  assertEquals(redact(new ArrayBuffer(3)), "[3 bytes]");
});

Deno.test("errorText, shows name, message and the chain of causes", () => {
  const error = new TypeError("cannot dial", {
    cause: new AggregateError([new Error("refused"), "reset"], "all failed", {
      cause: { code: "ECONNREFUSED" },
    }),
  });
  assertEquals(
    errorText(error),
    "TypeError: cannot dial, caused by AggregateError: all failed, " +
      'caused by [Error: refused; reset], caused by {"code":"ECONNREFUSED"}',
  );
  assertEquals(errorText("plain"), "plain");
});

Deno.test("isSecretName, knows spellings and leaves paths alone", () => {
  for (const name of ["Token", "tls.key", "CLIENT_SECRET", "stringData"]) {
    assert(isSecretName(name), name);
  }
  for (const name of ["key", "token-file", "keyfile", "tokenizer", "dataset"]) {
    assert(!isSecretName(name), name);
  }
});
