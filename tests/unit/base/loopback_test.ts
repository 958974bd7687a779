import { assertStringIncludes, assertThrows } from "@std/assert";
import {
  checkLoopback,
  listenOnLoopback,
  LoopbackPortError,
} from "../../../lib/base/mod.ts";

const key = "x.listen";

Deno.test("checkLoopback, only this machine may knock", () => {
  for (const hostname of ["127.0.0.1", "127.1.2.3", "::1", "localhost"]) {
    checkLoopback({ hostname, port: 0, key });
  }
  for (const hostname of ["0.0.0.0", "::", "192.168.0.1", "host", ""]) {
    assertThrows(
      () => checkLoopback({ hostname, port: 0, key }),
      RangeError,
      "use 127.0.0.1 in x.listen",
    );
  }
});

Deno.test("listenOnLoopback, says what to do about a port that cannot be had", () => {
  const hostname = "127.0.0.1";
  using taken = listenOnLoopback({ hostname, port: 0, key });
  const { port } = taken.addr as Deno.NetAddr;
  assertThrows(
    () => listenOnLoopback({ hostname, port, key }),
    LoopbackPortError,
    `Cannot listen on 127.0.0.1:${port}: another program has the port, ` +
      "choose another in x.listen",
  );
  const error = assertThrows(
    () => listenOnLoopback({ hostname, port: 99_999, key }),
    LoopbackPortError,
  );
  assertStringIncludes(String(error), "check x.listen");
  assertThrows(
    () => listenOnLoopback({ hostname: "0.0.0.0", port, key }),
    RangeError,
  );
});
