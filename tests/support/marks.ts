import { assert } from "@std/assert";

/**
 * A word that stands for a secret, and can be found again. It looks like
 * none: what is kept back only for its looks would be found.
 */
export function newMark(): string {
  const word = crypto.randomUUID().slice(0, 8).replace(/[0-9]/g, "m");
  return `kettle.${word}.orchid-lamp-${word}-pear`;
}

/** A mark as it may show: as it is, escaped, or in base64 at any offset. */
function formsOf(mark: string): string[] {
  const bytes = new TextEncoder().encode(mark);
  const forms = [mark, encodeURIComponent(mark)];
  for (const alphabet of ["base64", "base64url"] as const) {
    for (let offset = 0; offset < 3; offset++) {
      const padded = new Uint8Array(offset + bytes.length);
      padded.set(bytes, offset);
      // What does not share a byte with what stands before or behind.
      const text = padded.toBase64({ alphabet, omitPadding: true });
      forms.push(text.slice(offset === 0 ? 0 : 4, -4));
    }
  }
  return forms;
}

/** Fails if a mark shows in a text, and says where. */
export function assertNowhere(
  marks: readonly string[],
  texts: readonly string[],
) {
  const all = texts.join("\n");
  for (const mark of marks) {
    for (const form of formsOf(mark)) {
      const at = all.indexOf(form);
      assert(at < 0, `${mark}: ${all.slice(Math.max(0, at - 200), at + 100)}`);
    }
  }
}
