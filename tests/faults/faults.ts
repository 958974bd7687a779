import {
  CORRUPT_AT_START,
  CORRUPT_PAGES,
  FUTURE_SCHEMA,
  SECOND_NODE,
  WAL_LOST,
} from "./damage.ts";
import type { Fault } from "./fault.ts";
import {
  FOLDER_DELETED,
  NO_PERMISSION,
  PERMISSION_LOST,
  WAL_DELETED,
  WRITE_ERROR,
} from "./file_faults.ts";
import { FULL_DISK } from "./full_disk.ts";
import { NO_HANDLES } from "./handles.ts";
import { READ_ONLY, READ_ONLY_AT_START } from "./read_only.ts";

/** What happens to the disk of the store, and to the right to use it. */
export const DISK_FAULTS: readonly Fault[] = [
  FULL_DISK,
  WRITE_ERROR,
  READ_ONLY,
  READ_ONLY_AT_START,
  PERMISSION_LOST,
  NO_PERMISSION,
  NO_HANDLES,
];

/** What happens to its files. */
export const FILE_FAULTS: readonly Fault[] = [
  FOLDER_DELETED,
  WAL_DELETED,
  WAL_LOST,
  CORRUPT_PAGES,
  CORRUPT_AT_START,
  FUTURE_SCHEMA,
  SECOND_NODE,
];

/** Every fault, in the order of the table in `docs/faults.md`. */
export const FAULTS: readonly Fault[] = [...DISK_FAULTS, ...FILE_FAULTS];
