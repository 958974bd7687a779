/**
 * Looks at a gateway and says what keeps the node from its work, and what to
 * do: one line per thing, `ok`, `warn` or `fail`.
 *
 * It changes nothing, and takes no session of a node that runs. Open
 * `examination.ts` first, then any of the `check_*.ts`.
 *
 * @module
 */
export {
  checkFiles,
  type FileFindings,
  type FileProblem,
} from "./config_files.ts";
export { type ExaminationOptions, examineNode } from "./examination.ts";
export {
  fail,
  type Finding,
  type FindingState,
  ok,
  STATES,
  warn,
  worst,
} from "./finding.ts";
export type { NodeAnswer } from "./node_answer.ts";
export { type DiskSpace, systemDiskSpace } from "./check_space.ts";
