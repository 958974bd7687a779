import type { DocumentFormat } from "./object_printer.ts";
import type { Printed } from "./object_of.ts";

/** kubectl indents by four. */
const INDENT = 4;

/** JSON as kubectl writes it. */
export const JSON_FORMAT: DocumentFormat = {
  one: (object) => JSON.stringify(object, undefined, INDENT) + "\n",
  begin: '{\n    "apiVersion": "v1",\n    "items": [',
  item: (object, isFirst) =>
    (isFirst ? "\n" : ",\n") +
    indented(JSON.stringify(object, undefined, INDENT), " ".repeat(8)),
  end: (isEmpty) =>
    `${isEmpty ? "" : "\n    "}],\n    "kind": "List",\n` +
    '    "metadata": {\n        "resourceVersion": ""\n    }\n}\n',
};

/** YAML as kubectl writes it; the library is loaded when it is needed. */
export async function yamlFormat(): Promise<DocumentFormat> {
  const { stringify } = await import("@std/yaml");
  let isFirstDocument = true;
  return {
    one: (object: Printed) => {
      const mark = isFirstDocument ? "" : "---\n";
      isFirstDocument = false;
      return mark + stringify(object);
    },
    begin: "apiVersion: v1\nitems:",
    item: (object, isFirst) => (isFirst ? "\n" : "") + stringify([object]),
    end: (isEmpty) =>
      `${isEmpty ? " []\n" : ""}kind: List\nmetadata:\n` +
      '  resourceVersion: ""\n',
  };
}

function indented(text: string, by: string): string {
  return text.split("\n").map((line) => by + line).join("\n");
}
