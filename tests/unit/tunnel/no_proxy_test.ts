import { assertEquals } from "@std/assert";
import { isPastProxy } from "../../../lib/tunnel/no_proxy.ts";

/** Host, port, rule and whether the rule names them. */
const ROWS: readonly [string, number, string, boolean][] = [
  ["cloud.example", 10000, "cloud.example", true],
  ["cloud.example", 10000, "CLOUD.Example", true],
  ["Cloud.Example.", 10000, "cloud.example", true],
  ["cloud.example", 10000, "cloud.example.", true],
  ["a.cloud.example", 10000, "cloud.example", true],
  ["mycloud.example", 10000, "cloud.example", false],
  ["cloud.example", 10000, ".cloud.example", false],
  ["a.cloud.example", 10000, ".cloud.example", true],
  ["a.cloud.example", 10000, "*.cloud.example", true],
  ["cloud.example", 10000, "*.cloud.example", false],
  ["cloud.example", 10000, "example", true],
  ["cloud.example", 10000, "*", true],
  ["10.0.0.1", 10000, "*", true],
  ["cloud.example", 10000, "", false],
  ["cloud.example", 10000, "  cloud.example ", true],
  ["cloud.example", 10000, "cloud.example:10000", true],
  ["cloud.example", 10000, "cloud.example:443", false],
  ["cloud.example", 443, "*:443", true],
  ["10.1.2.3", 443, "10.1.2.3", true],
  ["10.1.2.3", 443, "10.1.2.3:443", true],
  ["10.1.2.3", 443, "10.1.2.3:80", false],
  ["10.1.2.3", 443, "10.0.0.0/8", true],
  ["11.1.2.3", 443, "10.0.0.0/8", false],
  ["10.1.2.3", 443, "0.0.0.0/0", true],
  ["10.1.2.3", 443, "10.1.2.3/33", false],
  ["10.1.2.3", 443, "10.1.2.3/", false],
  ["10.1.2.3", 443, "10.1.2.3/8/8", false],
  ["10.1.2.3", 443, "10.1.2.3/x", false],
  ["10.1.2.3", 443, "2.3", false],
  ["10.1.2.3", 443, "::/0", false],
  ["fd00::1", 443, "fd00::/8", true],
  ["fe80::1", 443, "fd00::/8", false],
  ["fd00::1", 443, "fd00:0:0::1", true],
  ["fd00::1", 443, "[fd00::1]", true],
  ["fd00::1", 443, "[fd00::1]:443", true],
  ["fd00::1", 443, "[fd00::1]:80", false],
  ["cloud.example", 443, "10.0.0.0/8", false],
];

Deno.test("isPastProxy, names, suffixes, addresses, ranges and ports", () => {
  for (const [host, port, rule, expected] of ROWS) {
    const got = isPastProxy({ host, port }, ["other.example", rule]);
    assertEquals(got, expected, `${host}:${port} by ${rule}`);
  }
  assertEquals(isPastProxy({ host: "h", port: 1 }, []), false);
});
