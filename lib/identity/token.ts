import { createHash } from "node:crypto";
import { isRecord } from "../base/mod.ts";
import { REDACTED } from "../telemetry/mod.ts";
import { IdentityError } from "./errors.ts";

const HASH_REGEXP = /^[0-9a-f]{64}$/i;
const BASE64URL_REGEXP = /^[\w-]+$/;
const PART_COUNT = 4;

/** Shortest part that is hidden: less is no secret, and may be any word. */
const PART_LENGTH_MIN = 8;

/** Longest token that is looked at; KubeEdge's have about 190 characters. */
const TOKEN_LENGTH_MAX = 8192;

/**
 * KubeEdge's join token: the hex SHA-256 of the cloud's CA certificate, then
 * the three parts of a JWT (wire document, 3).
 *
 * It shows itself to nobody: text, JSON and inspection give a placeholder, and
 * no error quotes it. Only `bearer` gives out the part that the cloud wants.
 */
export class JoinToken {
  /** SHA-256 of the CA certificate's DER, lower-case hex. */
  readonly caHash: string;
  /** When it runs out, milliseconds since 1970; `undefined` if it does not say. */
  readonly expiresAtMs: number | undefined;
  readonly #jwt: string;

  private constructor(caHash: string, jwt: string) {
    this.caHash = caHash;
    this.#jwt = jwt;
    this.expiresAtMs = expiryOf(jwt);
  }

  /**
   * Reads a token; white space around it does not count.
   *
   * @throws {IdentityError} If it has not the shape of one; the token itself
   *   is not in the error.
   */
  static parse(text: string): JoinToken {
    const trimmed = text.trim();
    if (trimmed === "") throw malformed("it is empty");
    if (trimmed.length > TOKEN_LENGTH_MAX) {
      throw malformed(`it is longer than ${TOKEN_LENGTH_MAX} characters`);
    }
    const parts = trimmed.split(".");
    const [hash = "", ...jwt] = parts;
    if (parts.length !== PART_COUNT) {
      throw malformed(
        `expected ${PART_COUNT} parts separated by dots, got ${parts.length}`,
      );
    }
    if (!HASH_REGEXP.test(hash)) {
      throw malformed("its first part is no SHA-256 in hex, 64 characters");
    }
    const wrong = jwt.findIndex((part) => !BASE64URL_REGEXP.test(part));
    if (wrong >= 0) throw malformed(`part ${wrong + 2} is no base64url text`);
    return new JoinToken(hash.toLowerCase(), jwt.join("."));
  }

  /** Value of the `Authorization` header. */
  get bearer(): string {
    return `Bearer ${this.#jwt}`;
  }

  /** Whether this is the CA certificate that the token was made for. */
  matches(caDer: Uint8Array): boolean {
    return createHash("sha256").update(caDer).digest("hex") === this.caHash;
  }

  /** A text of somebody else, who may say back what was shown to him. */
  hiddenIn(text: string): string {
    return [this.#jwt, ...this.#jwt.split(".")]
      .filter((part) => part.length >= PART_LENGTH_MIN)
      .reduce((rest, part) => rest.replaceAll(part, REDACTED), text);
  }

  /** A placeholder. */
  toString(): string {
    return REDACTED;
  }

  /** A placeholder. */
  toJSON(): string {
    return REDACTED;
  }
}

function malformed(reason: string): IdentityError {
  return new IdentityError(`Cannot use the join token: ${reason}`, {
    hint: "Copy the whole line that keadm gettoken prints",
  });
}

/** The `exp` claim; only read for messages, the cloud is the judge. */
function expiryOf(jwt: string): number | undefined {
  const [, payload = ""] = jwt.split(".");
  try {
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (!isRecord(claims) || typeof claims.exp !== "number") return undefined;
    const expiresAtMs = claims.exp * 1000;
    // What no date can hold says nothing.
    return Math.abs(expiresAtMs) <= 8.64e15 ? expiresAtMs : undefined;
  } catch {
    // A payload that cannot be read names no time; the cloud will refuse it.
    return undefined;
  }
}
