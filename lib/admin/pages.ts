import type { HealthReport } from "../telemetry/mod.ts";
import type { LiveSource } from "./live_streams.ts";
import { pageResponse } from "./page.ts";
import { type Action, json, runAction, runView } from "./action.ts";
import type { View } from "./view.ts";

/** What the pages show; each is asked for anew with every request. */
export interface AdminSources {
  /** Health of the node now. */
  readonly health: () => HealthReport;
  /** Figures in Prometheus' text format. */
  readonly metrics: () => string;
  /** State of the node for an operator: any JSON value, no contents of messages. */
  readonly status: () => unknown;
  /** Further JSON pages by path, for example `/outbox`. */
  readonly views?: Readonly<Record<string, View>>;
  /** What goes on being told, by path; ended by the server. */
  readonly live?: LiveSource;
  /** What can be had done with POST, by path, for example `/reconnect`. */
  readonly actions?: Readonly<Record<string, Action>>;
}

const NO_STORE = { "cache-control": "no-store" };
const TEXT = { ...NO_STORE, "content-type": "text/plain; charset=utf-8" };
const METRICS = {
  ...NO_STORE,
  "content-type": "text/plain; version=0.0.4; charset=utf-8",
};

const LOCAL_HOST_REGEXP =
  /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Answers one request. What a web page could have sent is refused first: a
 * browser sends `Origin`, and after DNS rebinding a foreign `Host`.
 */
export function answerAdmin(
  sources: AdminSources,
  request: Request,
): Response | Promise<Response> {
  if (request.headers.has("origin")) {
    return text(403, "Web pages may not ask here");
  }
  if (!LOCAL_HOST_REGEXP.test(request.headers.get("host") ?? "")) {
    return text(403, "Host is not allowed: use localhost");
  }
  const { pathname, searchParams } = new URL(request.url);
  const action = own(sources.actions, pathname);
  if (action && request.method === "POST") return runAction(action, request);
  const isGet = request.method === "GET";
  const live = isGet && sources.live?.answer(pathname, searchParams);
  if (live) return live;
  const view = own(sources.views, pathname);
  const page = view ? () => runView(view, searchParams) : PAGES.get(pathname);
  if (!page) return action ? notAllowed("POST") : notFound(sources);
  if (request.method !== "GET" && request.method !== "HEAD") {
    return notAllowed("GET, HEAD");
  }
  const response = page(sources, searchParams.has("verbose"));
  return isGet ? response : withoutBody(response);
}

async function withoutBody(
  response: Response | Promise<Response>,
): Promise<Response> {
  return new Response(null, await response);
}

/** A property of the table itself: a path may spell `__proto__`. */
function own<T>(
  table: Readonly<Record<string, T>> | undefined,
  path: string,
): T | undefined {
  return table && Object.hasOwn(table, path) ? table[path] : undefined;
}

function notAllowed(methods: string): Response {
  const response = text(405, `Method not allowed: use ${methods}`);
  response.headers.set("allow", methods);
  return response;
}

function notFound({ views = {}, actions = {}, live }: AdminSources): Response {
  const pages = [
    ...PAGES.keys(),
    ...Object.keys(views),
    ...live?.paths ?? [],
  ].join(", ");
  const posts = Object.keys(actions).map((path) => `, POST ${path}`).join("");
  return text(404, `Not found: ask for ${pages}${posts}`);
}

type Page = (
  sources: AdminSources,
  verbose: boolean,
) => Response | Promise<Response>;

const PAGES: ReadonlyMap<string, Page> = new Map<string, Page>([
  ["/", () => pageResponse()],
  // A node that lost its cloud is alive and ready: it serves from its store.
  ["/healthz", (sources, verbose) => {
    const report = sources.health();
    return health(report, { verbose, good: report.state !== "failed" });
  }],
  ["/livez", (sources, verbose) => {
    const report = sources.health();
    return health(report, { verbose, good: report.live });
  }],
  ["/readyz", (sources, verbose) => {
    const report = sources.health();
    return health(report, { verbose, good: report.state !== "failed" });
  }],
  [
    "/metrics",
    (sources) => new Response(sources.metrics(), { headers: METRICS }),
  ],
  ["/status", (sources) => json(200, sources.status())],
]);

/** As the Kubernetes health paths: `ok`, or a line per check. */
function health(
  report: HealthReport,
  { verbose, good }: { verbose: boolean; good: boolean },
): Response {
  const status = good ? 200 : 503;
  if (good && !verbose) return text(status, "ok");
  const lines = report.checks.map(({ name, state, reason }) =>
    `[${state === "ok" ? "+" : "-"}]${name} ${state}` +
    (reason ? `: ${reason}` : "")
  );
  for (const loop of report.stalled) lines.push(`[-]${loop} stalled`);
  lines.push(good ? "check passed" : "check failed");
  return text(status, lines.join("\n"));
}

function text(status: number, body: string): Response {
  return new Response(body + "\n", { status, headers: TEXT });
}
