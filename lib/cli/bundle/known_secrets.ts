import type { Config } from "../../config/mod.ts";
import { REDACTED } from "../../telemetry/mod.ts";

/** A shorter one would be found in words that are none. */
const LENGTH_MIN = 4;

/**
 * The secrets of a configuration and of the files that it names, in every
 * form in which they may have come somewhere: what no pattern knows, as a
 * token that is just a word.
 */
export function knownSecrets(config: Config): readonly string[] {
  const { token, tokenFile, proxy } = config.edgehub;
  const texts = [token, textOf(tokenFile), textOf(config.edged.tokenFile)];
  const found = texts.flatMap((text) => [text, ...text.split(".")]);
  if (proxy.url) {
    const { username, password } = new URL(proxy.url);
    const pair = `${plain(username)}:${plain(password)}`;
    found.push(password, plain(password));
    if (password) found.push(new TextEncoder().encode(pair).toBase64());
  }
  return [...new Set(found.map((text) => text.trim()))]
    .filter(({ length }) => length >= LENGTH_MIN)
    // The longest first: one may be a part of another.
    .sort((a, b) => b.length - a.length);
}

/** The text without them. */
export function withoutSecrets(
  text: string,
  secrets: readonly string[],
): string {
  return secrets.reduce(
    (clean, secret) => clean.replaceAll(secret, REDACTED),
    text,
  );
}

/** Empty if there is none, or it cannot be read: then it gets nowhere. */
function textOf(file: string): string {
  try {
    return file ? Deno.readTextFileSync(file) : "";
  } catch {
    return "";
  }
}

function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return part;
    throw error;
  }
}
