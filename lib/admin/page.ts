import { PAGE_DRAWING } from "./page_drawing.ts";
import { PAGE_LISTENING } from "./page_listening.ts";
import { PAGE_MARKUP } from "./page_markup.ts";
import { PAGE_STYLE } from "./page_style.ts";

/** A dot; a page without one has browsers ask for /favicon.ico. */
const ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' " +
  "viewBox='0 0 8 8'%3E%3Ccircle cx='4' cy='4' r='3' fill='%231f5fbf'/%3E%3C/svg%3E";

const SCRIPT = PAGE_DRAWING + PAGE_LISTENING;

/**
 * The status page: one file, in need of nothing from outside. It is ASCII: the
 * bundler spells other characters as escapes, but not in raw templates, and
 * V8 keeps all source of the binary in two bytes per character for one of them.
 */
export const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>metamanager</title>
<link rel="icon" href="${ICON}">
<style>${PAGE_STYLE}</style>
${PAGE_MARKUP}
<script>${SCRIPT}</script>
</html>
`;

/**
 * Answers with the status page. It holds nothing of the node, so it needs no
 * token; what it shows it asks for at `/events`. It runs this one script and
 * no other, and loads nothing.
 */
export async function pageResponse(): Promise<Response> {
  const policy = [
    "default-src 'none'",
    `style-src '${await hashOf(PAGE_STYLE)}'`,
    `script-src '${await hashOf(SCRIPT)}'`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  return new Response(PAGE, {
    headers: {
      "cache-control": "no-store",
      "content-security-policy": policy,
      "content-type": "text/html; charset=utf-8",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}

async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return `sha256-${new Uint8Array(digest).toBase64()}`;
}
