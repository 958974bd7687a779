import { UsageError } from "./command.ts";

/**
 * Reads the value of `--output`; the first shape is the default.
 *
 * @throws {UsageError} If it is none of the shapes.
 */
export function readOutput<T extends string>(
  text: string | undefined,
  shapes: readonly [T, ...T[]],
): T {
  if (text === undefined) return shapes[0];
  const shape = shapes.find((candidate) => candidate === text);
  if (shape !== undefined) return shape;
  throw new UsageError(
    `Option --output expects ${shapes.join(" or ")}, got: ${text}`,
  );
}
