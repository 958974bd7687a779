import { hasBearer } from "../base/mod.ts";

/**
 * Paths that are open to whoever can reach the loopback port: probes cannot
 * keep a secret, and the status page holds nothing before it has asked, with
 * the token, for what it shows.
 */
export const OPEN_PATHS: ReadonlySet<string> = new Set([
  "/",
  "/healthz",
  "/livez",
  "/readyz",
]);

/**
 * Whether a request over TCP may be answered.
 *
 * @param token The word that stands in `admin.token-file`.
 */
export function isAllowed(request: Request, token: string): boolean {
  return OPEN_PATHS.has(new URL(request.url).pathname) ||
    hasBearer(request.headers, token);
}
