import { median } from "./figures.ts";

/** What a figure is compared with. */
export interface Reference {
  /** The same, measured at the bare loop in this run. */
  readonly floor?: number;
  /** What edgecore v1.15 reached on a machine of this kind. */
  readonly edgecore?: number;
}

/** A line of the table. */
export interface Line {
  /** Row of the list of benches. */
  readonly row: number;
  /** What was measured. */
  readonly name: string;
  /** Its unit. */
  readonly unit: string;
  /** Median of the runs. */
  readonly median: number;
  /** Lowest and highest. */
  readonly min: number;
  /** Highest. */
  readonly max: number;
  /** Number of runs. */
  readonly runs: number;
  /** Median of the bare loop's. */
  readonly floor: number | undefined;
  /** Median of the quotients of each run: above 1 is more than the floor. */
  readonly toFloor: number | undefined;
  /** The figure as a multiple of edgecore's. */
  readonly toEdgecore: number | undefined;
}

interface Series {
  readonly row: number;
  readonly name: string;
  readonly unit: string;
  readonly values: number[];
  readonly floors: number[];
  readonly edgecore: number | undefined;
}

/** Collects the figures of all runs. */
export class Table {
  readonly #series = new Map<string, Series>();

  /** Adds the figure of one run. */
  add(
    row: number,
    name: string,
    unit: string,
    value: number,
    reference: Reference = {},
  ): void {
    const id = `${row} ${name} ${unit}`;
    let series = this.#series.get(id);
    if (!series) {
      const { edgecore } = reference;
      series = { row, name, unit, values: [], floors: [], edgecore };
      this.#series.set(id, series);
    }
    series.values.push(value);
    if (reference.floor !== undefined) series.floors.push(reference.floor);
  }

  /** All lines, by row and in order of appearance. */
  lines(): Line[] {
    const sorted = [...this.#series.values()].sort((a, b) => a.row - b.row);
    return sorted.map(({ row, name, unit, values, floors, edgecore }) => {
      const middle = median(values);
      const hasFloor = floors.length === values.length;
      return {
        row,
        name,
        unit,
        median: middle,
        min: Math.min(...values),
        max: Math.max(...values),
        runs: values.length,
        floor: hasFloor ? median(floors) : undefined,
        toFloor: hasFloor
          ? median(values.map((value, i) => value / floors[i]!))
          : undefined,
        toEdgecore: edgecore === undefined ? undefined : middle / edgecore,
      };
    });
  }

  /** The table as Markdown. */
  text(): string {
    const head = [
      ["row", "what", "figure", "unit", "spread", "floor", "x floor"],
      ["x edgecore"],
    ].flat();
    const body = this.lines().map((line) => [
      String(line.row),
      line.name,
      short(line.median),
      line.unit,
      line.runs > 1 ? `${short(line.min)} - ${short(line.max)}` : "-",
      line.floor === undefined ? "-" : short(line.floor),
      line.toFloor === undefined ? "-" : short(line.toFloor),
      line.toEdgecore === undefined ? "-" : short(line.toEdgecore),
    ]);
    const widths = head.map((title, i) =>
      Math.max(title.length, ...body.map((cells) => cells[i]!.length))
    );
    const right = (i: number) => i === 2 || i > 3;
    const format = (cells: readonly string[]) =>
      `| ${
        cells.map((cell, i) =>
          right(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)
        ).join(" | ")
      } |`;
    const rule = widths.map((width, i) =>
      right(i) ? "-".repeat(width - 1) + ":" : "-".repeat(width)
    );
    return [format(head), format(rule), ...body.map(format)].join("\n");
  }
}

/** Three digits that mean something. */
function short(value: number): string {
  if (Number.isNaN(value)) return "?";
  const size = Math.abs(value);
  return size >= 100
    ? String(Math.round(value))
    : size >= 10
    ? value.toFixed(1)
    : value.toFixed(2);
}
