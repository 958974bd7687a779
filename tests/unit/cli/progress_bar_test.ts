import { assertEquals } from "@std/assert";
import { ProgressBar } from "../../../lib/cli/progress_bar.ts";
import { FakeIo } from "./fake_io.ts";

Deno.test("ProgressBar, on a terminal only, to standard error, and gone at the end", () => {
  const io = new FakeIo({ terminal: true });
  {
    using bar = new ProgressBar(io);
    bar.show(0, "pages");
    bar.show(0.5, "objects");
    bar.show(0.501, "objects");
    bar.show(7, "done");
  }
  assertEquals(io.out, "");
  assertEquals(
    io.err.split("\r").map((line) => line.replace("\x1b[K", "")),
    [
      "",
      `[${".".repeat(30)}]   0 % pages`,
      `[${"#".repeat(15)}${".".repeat(15)}]  50 % objects`,
      `[${"#".repeat(30)}] 100 % done`,
      "",
    ],
  );
  const pipe = new FakeIo();
  {
    using bar = new ProgressBar(pipe);
    bar.show(0.5, "objects");
  }
  assertEquals(pipe.err, "");
});
