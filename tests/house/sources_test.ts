import { assertEquals } from "@std/assert";
import { functionLengths, importsOf, withoutComments } from "./sources.ts";

function source(code: string) {
  return { path: "lib/a/b.ts", text: code, code: withoutComments(code) };
}

Deno.test("withoutComments, blanks comments and keeps strings and patterns", () => {
  assertEquals(
    withoutComments(
      'a("//x"); // y\nb(`/*${1}*/`); /* z\n */ c(/"\\/\\/[/"]/);',
    ),
    'a("//x");     \nb(`/*${1}*/`);     \n    c(/"\\/\\/[/"]/);',
  );
});

Deno.test("importsOf, sees every form and which are types only", () => {
  const text = `import "./side.ts";
import { a, type B } from "../c/mod.ts";
import type { D } from "../d/mod.ts";
import {
  type E,
  type F,
} from "../e/mod.ts";
export * from "./f.ts";
// import "./comment.ts";
const late = await import("yaml");
`;
  assertEquals(
    importsOf(source(text)).map((i) => [i.target ?? i.specifier, i.isType]),
    [
      ["lib/a/side.ts", false],
      ["lib/c/mod.ts", false],
      ["lib/d/mod.ts", true],
      ["lib/e/mod.ts", true],
      ["lib/a/f.ts", false],
      ["yaml", false],
    ],
  );
});

Deno.test("functionLengths, measures declarations, methods and arrows", () => {
  const text = `export function one(): void {
  if (
    a
  ) {
    b();
  }
}
class Two {
  async #method(
    a: string,
  ): Promise<void> {
    await a;
  }
  get x(): number {
    return 1;
  }
}
const three = (a: number) => {
  return a;
};
`;
  assertEquals(
    functionLengths(source(text)).map((f) => [f.head, f.line, f.length]),
    [
      ["export function one(): void {", 1, 7],
      ["async #method(", 9, 5],
      ["get x(): number {", 14, 3],
      ["const three = (a: number) => {", 18, 3],
    ],
  );
});
