import type { Io } from "../io.ts";
import { columnWidths, printable, tableLines } from "../text_table.ts";
import { columnsOf, labelsText, type Line } from "./columns.ts";
import { fieldsAt, type Printed } from "./object_of.ts";

/** Prints objects as they come. */
export interface ObjectPrinter {
  /**
   * Prints some objects of one type.
   *
   * @param event What became of them, if they are told of because of it.
   */
  print(type: string, lines: readonly Line[], event?: string): void;
  /** What is kept of an object to tell of its end: less than the object. */
  keep(type: string, line: Line): Kept;
  /** Prints that an object is gone. */
  gone(type: string, kept: Kept): void;
  /** Prints what closes the text; nothing more comes. */
  end(): void;
}

/** Cells of an object that may go. */
export type Kept = readonly string[];

/** How tables look. */
export interface TableOptions {
  /** With the columns of `-o wide`. */
  readonly isWide: boolean;
  /** With a column for the namespace. */
  readonly withNamespace: boolean;
  /** With the type before the name: there is more than one. */
  readonly withType: boolean;
  /** With a column for the labels. */
  readonly withLabels: boolean;
  /** With a column for what happened. */
  readonly withEvent: boolean;
  /** Without the line of names. */
  readonly noHeaders: boolean;
}

/**
 * A table per type as kubectl lays it out. It is printed page by page: what
 * comes later may widen its columns, but nothing waits for the last page.
 */
export class TablePrinter implements ObjectPrinter {
  readonly #io: Io;
  readonly #options: TableOptions;
  #type: string | undefined;
  #widths: number[] = [];
  #withNamespace = false;

  /** @param options How it looks. */
  constructor(io: Io, options: TableOptions) {
    this.#io = io;
    this.#options = options;
  }

  /** Prints some objects of one type. */
  print(type: string, lines: readonly Line[], event = ""): void {
    if (lines.length === 0) return;
    this.#print(type, lines.map((line) => this.#cells(type, line, event)));
  }

  /** The line as it was shown last. */
  keep(type: string, line: Line): Kept {
    return this.#cells(type, line, "DELETED");
  }

  /** Prints the line as it was shown last. */
  gone(type: string, kept: Kept): void {
    this.#print(type, [kept]);
  }

  /** A table needs no end. */
  end(): void {}

  /** The cells of an object, all that there may be. */
  #cells(type: string, line: Line, event: string): string[] {
    const { isWide, withType, withLabels } = this.#options;
    const { name, namespace } = line.item;
    return [
      event,
      namespace,
      withType ? `${type}/${name}` : name,
      ...columnsOf(type, isWide).map(({ cell }) => cell(line)),
      ...(withLabels
        ? [labelsText(fieldsAt(line.object, "metadata", "labels"))]
        : []),
    ].map(printable);
  }

  #print(type: string, cells: readonly Kept[]): void {
    const { isWide, withLabels, noHeaders, withNamespace } = this.#options;
    const rows = [...cells];
    if (type !== this.#type) {
      if (this.#type !== undefined) this.#io.stdout("\n");
      this.#type = type;
      this.#widths = [];
      this.#withNamespace = withNamespace &&
        cells.some(([, namespace]) => namespace);
      const names = columnsOf(type, isWide).map(({ name }) => name);
      const labels = withLabels ? ["LABELS"] : [];
      const head = ["EVENT", "NAMESPACE", "NAME", ...names, ...labels];
      if (!noHeaders) rows.unshift(head);
    }
    const shown = rows.map((row) => this.#shown(row));
    this.#widths = columnWidths(shown, this.#widths);
    this.#io.stdout(tableLines(shown, this.#widths, "   "));
  }

  #shown([event = "", namespace = "", ...rest]: readonly string[]): string[] {
    return [
      ...(this.#options.withEvent ? [event] : []),
      ...(this.#withNamespace ? [namespace] : []),
      ...rest,
    ];
  }
}

/** A line `pod/web-0` per object. */
export class NamePrinter implements ObjectPrinter {
  readonly #io: Io;

  /** @param io Where to. */
  constructor(io: Io) {
    this.#io = io;
  }

  /** Prints some objects of one type. */
  print(type: string, lines: readonly Line[]): void {
    const text = lines.map(({ item }) => `${type}/${item.name}\n`).join("");
    if (text !== "") this.#io.stdout(text);
  }

  /** The name. */
  keep(_type: string, { item }: Line): Kept {
    return [item.name];
  }

  /** Prints the name once more. */
  gone(type: string, [name]: Kept): void {
    this.#io.stdout(`${type}/${name}\n`);
  }

  /** Names need no end. */
  end(): void {}
}

/** How objects become text. */
export interface DocumentFormat {
  /** One object on its own. */
  readonly one: (object: Printed) => string;
  /** What stands before the first object of a list. */
  readonly begin: string;
  /** An object within a list. */
  readonly item: (object: Printed, isFirst: boolean) => string;
  /** What stands behind the last one. */
  readonly end: (isEmpty: boolean) => string;
}

/** Objects as documents: one by one, or in a `List` that is written as it comes. */
export class DocumentPrinter implements ObjectPrinter {
  readonly #io: Io;
  readonly #format: DocumentFormat;
  readonly #isList: boolean;
  #count = 0;

  /** @param options `isList`: in a `List`, else one by one. */
  constructor(
    io: Io,
    options: { readonly format: DocumentFormat; readonly isList: boolean },
  ) {
    this.#io = io;
    this.#format = options.format;
    this.#isList = options.isList;
  }

  /** Prints some objects. */
  print(_type: string, lines: readonly Line[]): void {
    const { begin, item, one } = this.#format;
    let text = "";
    for (const { object } of lines) {
      if (!this.#isList) text += one(object);
      else text += (this.#count > 0 ? "" : begin) + item(object, !this.#count);
      this.#count++;
    }
    if (text !== "") this.#io.stdout(text);
  }

  /** Nothing: the object is not kept. */
  keep(): Kept {
    return [];
  }

  /** Prints nothing: there is no object any more. */
  gone(): void {}

  /** Closes the list. */
  end(): void {
    if (!this.#isList) return;
    const isEmpty = this.#count === 0;
    const { begin, end } = this.#format;
    this.#io.stdout((isEmpty ? begin : "") + end(isEmpty));
  }
}
