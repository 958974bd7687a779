import type { Given } from "./given.ts";
import { placeText } from "./given.ts";
import type { Complaint } from "./problem.ts";
import { completeProxy } from "./proxy.ts";
import type { ConfigKey, ConfigValues } from "./schema.ts";

/** Names of the node and its project: they stand in a path and in headers. */
const NAME_REGEXP = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/** Path of KubeEdge's cloud endpoint: project, node. */
const EVENTS_PATH_REGEXP = /^\/([^/]+)\/([^/]+)\/events\/?$/;

/** Port of CloudCore's certificate server (wire document, 3). */
const ENROLMENT_PORT = 10_002;

/** What is known of the machine. */
export interface Machine {
  /** Its name. */
  readonly hostname: () => string;
  /** A variable of the environment; `undefined` if it is not set. */
  readonly env: (name: string) => string | undefined;
}

/** Values with nothing left open. */
export interface Completed {
  /** All values; the address has its path, the node its name. */
  readonly values: ConfigValues;
  /** Where each value comes from, for people. */
  readonly sources: Readonly<Record<ConfigKey, string>>;
  /** What is wrong. */
  readonly complaints: readonly Complaint[];
}

/**
 * Fills what depends on other values: the node's name from the address or
 * the host, the address's path from project and node.
 *
 * @param machine Its name is asked for only if nothing else names the node.
 */
export function complete(
  values: ConfigValues,
  given: Given,
  machine: Machine,
): Completed {
  const sources = Object.fromEntries(
    Object.keys(values).map((k) => [k, placeText(given[k as ConfigKey])]),
  ) as Record<ConfigKey, string>;
  const complaints: Complaint[] = [];
  const filled = { ...values };
  const further = values[URLS].map((text) => readUrl(text, URLS, complaints));
  const url = readUrl(values[URL_KEY], URL_KEY, complaints);
  if (values[URL_KEY] === "" && further.length > 0) {
    complaints.push({ key: URL_KEY, expected: "expected the first address" });
  }
  const inPath = url && namesInPath(url);
  for (const key of NAME_KEYS) {
    const named = inPath?.[key];
    if (filled[key] === "" || (named !== undefined && !given[key])) {
      filled[key] = named ?? machine.hostname().toLowerCase();
      sources[key] = named ? "edgehub.websocket.url" : "host name";
    } else if (named !== undefined && named !== filled[key]) {
      const expected =
        `expected ${named} as in the path of edgehub.websocket.url`;
      complaints.push({ key, expected });
    }
    if (!NAME_REGEXP.test(filled[key])) {
      const expected = "expected letters, digits, dots, hyphens, up to 253";
      complaints.push({ key, expected });
    }
  }
  if (url) {
    filled[URL_KEY] = fullUrl(url, filled);
    if (filled["edgehub.http-server"] === "") {
      filled["edgehub.http-server"] = `${url.hostname}:${ENROLMENT_PORT}`;
      sources["edgehub.http-server"] = URL_KEY;
    }
  }
  filled[URLS] = further.filter((one) => one !== undefined)
    .map((one) => fullUrl(one, filled));
  completeProxy(filled, sources, { given, complaints, env: machine.env });
  return { values: filled, sources, complaints };
}

const URL_KEY = "edgehub.websocket.url";
const URLS = "edgehub.websocket.urls";

const NAME_KEYS = [
  "edgehub.controller.project-id",
  "edgehub.controller.node-id",
] as const;

type Names = Partial<Record<typeof NAME_KEYS[number], string>>;

function readUrl(
  text: string,
  key: ConfigKey,
  complaints: Complaint[],
): URL | undefined {
  if (text === "") return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^wss?:$/.test(url.protocol) || url.hostname === "") {
    const expected = "expected an address like wss://cloud.example:10000";
    complaints.push({ key, expected });
    return undefined;
  }
  if (url.username || url.password || url.hash) {
    const expected =
      "expected an address without credentials and without #, use certfile and keyfile";
    complaints.push({ key, expected });
    return undefined;
  }
  return url;
}

function namesInPath(url: URL): Names | undefined {
  const match = EVENTS_PATH_REGEXP.exec(url.pathname);
  if (!match) return undefined;
  return {
    "edgehub.controller.project-id": decoded(match[1] ?? ""),
    "edgehub.controller.node-id": decoded(match[2] ?? ""),
  };
}

/** A path's part in plain text; as it stands where its percent signs are none. */
function decoded(part: string): string {
  return /%(?![0-7][0-9a-f])/i.test(part) ? part : decodeURIComponent(part);
}

function fullUrl(url: URL, values: ConfigValues): string {
  if (url.pathname !== "/") return url.href;
  const full = new URL(url);
  const project = encodeURIComponent(values["edgehub.controller.project-id"]);
  const node = encodeURIComponent(values["edgehub.controller.node-id"]);
  full.pathname = `/${project}/${node}/events`;
  return full.href;
}
