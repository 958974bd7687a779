import { assertEquals } from "@std/assert";
import {
  ageText,
  objectsText,
  sizeText,
  textTable,
} from "../../../lib/cli/text_table.ts";

Deno.test("textTable, columns are as wide as their longest cell", () => {
  assertEquals(
    textTable(["ID", "NAME"], [["100", "a"], ["2", "bcdef"]]),
    "ID   NAME\n100  a\n2    bcdef\n",
  );
});

Deno.test("ageText and sizeText, the largest whole unit", () => {
  const ages = [-1, 0, 59, 60, 3599, 3600, 86_399, 86_400, 1e6];
  assertEquals(ages.map(ageText), [
    "0s",
    "0s",
    "59s",
    "1m",
    "59m",
    "1h",
    "23h",
    "1d",
    "11d",
  ]);
  assertEquals([0, 1023, 1024, 1536, 2 ** 20, 5.5 * 2 ** 20].map(sizeText), [
    "0 B",
    "1023 B",
    "1.0 KiB",
    "1.5 KiB",
    "1.0 MiB",
    "5.5 MiB",
  ]);
});

Deno.test("objectsText, one object is no objects", () => {
  assertEquals([0, 1, 2].map(objectsText), [
    "0 objects",
    "1 object",
    "2 objects",
  ]);
});
