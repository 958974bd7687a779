import { assertEquals } from "@std/assert";
import {
  bits,
  element,
  integer,
  octets,
  oid,
  sequence,
  tagged,
  time,
  utf8,
} from "../../../lib/identity/der.ts";

const hex = (bytes: Uint8Array) => bytes.toHex();

Deno.test("oid, the bytes of X.690 and of ecdsa-with-SHA256", () => {
  assertEquals(hex(oid("2.5.4.3")), "0603550403");
  assertEquals(hex(oid("1.2.840.10045.4.3.2")), "06082a8648ce3d040302");
});

Deno.test("integer, drops leading zeros and stays positive", () => {
  assertEquals(hex(integer(Uint8Array.of(0, 0, 1))), "020101");
  assertEquals(hex(integer(Uint8Array.of(0x80))), "02020080");
  assertEquals(hex(integer(Uint8Array.of(0))), "020100");
});

Deno.test("element, lengths in short and long form", () => {
  assertEquals(hex(octets(new Uint8Array(127))).slice(0, 4), "047f");
  assertEquals(hex(octets(new Uint8Array(128))).slice(0, 6), "048180");
  assertEquals(hex(octets(new Uint8Array(300))).slice(0, 8), "0482012c");
});

Deno.test("time, UTCTime to 2049 and GeneralizedTime from 2050", () => {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes.slice(2));
  const early = time(Date.UTC(2049, 11, 31, 23, 59, 59));
  assertEquals([early[0], text(early)], [0x17, "491231235959Z"]);
  const late = time(Date.UTC(2050, 0, 1));
  assertEquals([late[0], text(late)], [0x18, "20500101000000Z"]);
});

Deno.test("strings, tags and nesting", () => {
  assertEquals(hex(utf8("é")), "0c02c3a9");
  assertEquals(hex(bits(Uint8Array.of(6), 1)), "03020106");
  assertEquals(hex(tagged(0, Uint8Array.of(1))), "a00101");
  assertEquals(hex(tagged(2, Uint8Array.of(1), false)), "820101");
  assertEquals(hex(sequence(element(5), element(5))), "300405000500");
});
