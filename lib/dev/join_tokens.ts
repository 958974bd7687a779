import type { Clock } from "../base/mod.ts";
import type { CertificateAuthority } from "./certificates.ts";

const BASE64URL = { alphabet: "base64url", omitPadding: true } as const;
const HMAC = { name: "HMAC", hash: "SHA-256" } as const;
const DAY_MS = 24 * 3600 * 1000;

/** What `keadm gettoken` shows and CloudHub verifies (wire document, 3). */
export class JoinTokens {
  readonly #ca: CertificateAuthority;
  readonly #clock: Clock;

  /** Tokens of a CA: its key signs them. */
  constructor(ca: CertificateAuthority, clock: Clock) {
    this.#ca = ca;
    this.#clock = clock;
  }

  /**
   * A new token, hash first.
   *
   * @param untilMs Its life in milliseconds; negative makes an expired one.
   */
  async issue(untilMs: number = DAY_MS): Promise<string> {
    const digest = await crypto.subtle.digest(
      "SHA-256",
      Uint8Array.from(this.#ca.certDer),
    );
    const exp = Math.floor((this.#clock.now() + untilMs) / 1000);
    const signed = `${json({ alg: "HS256", typ: "JWT" })}.${json({ exp })}`;
    const signature = await crypto.subtle.sign(
      HMAC,
      await this.#key(),
      new TextEncoder().encode(signed),
    );
    const hash = new Uint8Array(digest).toHex();
    return `${hash}.${signed}.${new Uint8Array(signature).toBase64(BASE64URL)}`;
  }

  /** Whether a JWT, the token without its hash, is ours and still good. */
  async verify(jwt: string): Promise<boolean> {
    const [header, payload, signature, ...more] = jwt.split(".");
    if (!header || !payload || !signature || more.length > 0) return false;
    try {
      const { exp } = JSON.parse(
        new TextDecoder().decode(Uint8Array.fromBase64(payload, BASE64)),
      );
      const isOurs = await crypto.subtle.verify(
        HMAC,
        await this.#key(),
        Uint8Array.fromBase64(signature, BASE64),
        new TextEncoder().encode(`${header}.${payload}`),
      );
      return isOurs && exp * 1000 > this.#clock.now();
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      throw error;
    }
  }

  async #key(): Promise<CryptoKey> {
    const text = this.#ca.pair.key.replace(/-----[^-]+-----|\s/g, "");
    return await crypto.subtle.importKey(
      "raw",
      Uint8Array.fromBase64(text),
      HMAC,
      false,
      ["sign", "verify"],
    );
  }
}

const BASE64 = { alphabet: "base64url" } as const;

function json(value: unknown): string {
  return new TextEncoder().encode(JSON.stringify(value)).toBase64(BASE64URL);
}
