import { getHeapStatistics } from "node:v8";
import manifest from "../../deno.json" with { type: "json" };
import { sqliteVersion } from "../store/mod.ts";

/** Of the program and of what it is built on. */
export interface Versions {
  /** Of the program. */
  readonly metamanager: string;
  /** Of the runtime. */
  readonly deno: string;
  /** Of its engine. */
  readonly v8: string;
  /** Of the database. */
  readonly sqlite: string;
  /** Machine and system that it was built for. */
  readonly target: string;
  /** Most memory for objects; fixed when the binary was compiled. */
  readonly heapLimitMiB: number;
}

/** The versions of this program. */
export function versions(): Versions {
  return {
    metamanager: manifest.version,
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    sqlite: sqliteVersion(),
    target: Deno.build.target,
    heapLimitMiB: Math.round(getHeapStatistics().heap_size_limit / 1024 ** 2),
  };
}
