import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether a request carries `Authorization: Bearer TOKEN`. Compares in a time
 * that does not depend on the token.
 */
export function hasBearer(headers: Headers, token: string): boolean {
  const [scheme, sent, ...rest] = (headers.get("authorization") ?? "").split(
    " ",
  );
  if (scheme?.toLowerCase() !== "bearer" || !sent || rest.length > 0) {
    return false;
  }
  return timingSafeEqual(digest(sent), digest(token));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
