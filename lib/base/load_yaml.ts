/**
 * Loads the YAML library, which costs time and memory that a node does not
 * need while it runs.
 *
 * @returns What is used of it.
 */
export async function loadYaml(): Promise<typeof import("./yaml_library.ts")> {
  return await import("./yaml_library.ts");
}
