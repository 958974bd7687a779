import { TokenFileError } from "../base/mod.ts";
import { isAllowed, OPEN_PATHS } from "./is_allowed.ts";
import { type AdminSources, answerAdmin } from "./pages.ts";

/** What the pages over TCP are made from. */
export interface ReadOnlyParts {
  /** What the pages show; of the views only those that are public. */
  readonly sources: AdminSources;
  /**
   * The word that requests must carry, read anew for each.
   *
   * @throws {TokenFileError} If it cannot be read.
   */
  readonly token: () => Promise<string>;
  /** Told that the token cannot be read. */
  readonly onTokenFile: (error: TokenFileError) => void;
}

/**
 * Answers a request that came over TCP: no actions, no contents, and without
 * the token nothing but health. Whether a page exists is told with it only.
 */
export async function answerReadOnly(
  parts: ReadOnlyParts,
  request: Request,
): Promise<Response> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    const headers = { allow: "GET, HEAD" };
    return refusal(405, "Method not allowed: use GET, HEAD", headers);
  }
  if (!OPEN_PATHS.has(new URL(request.url).pathname)) {
    const refused = await judge(parts, request);
    if (refused) return refused;
  }
  return await answerAdmin(publicPart(parts.sources), request);
}

async function judge(
  { token, onTokenFile }: ReadOnlyParts,
  request: Request,
): Promise<Response | undefined> {
  try {
    if (isAllowed(request, await token())) return undefined;
  } catch (error) {
    if (!(error instanceof TokenFileError)) throw error;
    onTokenFile(error);
    return refusal(503, "Token file cannot be used, see the log");
  }
  return refusal(
    401,
    "Token is missing or wrong: send Authorization: Bearer",
    { "www-authenticate": "Bearer" },
  );
}

/** What may be shown is named here: whatever else there will be may not. */
function publicPart(sources: AdminSources): AdminSources {
  const { health, metrics, status, views = {}, live } = sources;
  const shown = Object.entries(views).filter(([, view]) => view.isPublic);
  return {
    health,
    metrics,
    status,
    views: Object.fromEntries(shown),
    ...(live ? { live: live.ofPublic() } : {}),
  };
}

function refusal(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(`${text}\n`, {
    status,
    headers: {
      "cache-control": "no-store",
      "content-type": "text/plain; charset=utf-8",
      ...headers,
    },
  });
}
