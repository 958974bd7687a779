/**
 * Files of lib without a test of their name, and the test that covers them.
 * A file leaves this list once it has a test of its own.
 */
export const COVERED_BY: Readonly<Record<string, string>> = {
  "lib/cli/arguments.ts": "tests/unit/cli/main_test.ts",
  "lib/cli/command.ts": "tests/unit/cli/main_test.ts",
  "lib/cli/commands.ts": "tests/unit/cli/main_test.ts",
  "lib/cli/help.ts": "tests/unit/cli/main_test.ts",
  "lib/cli/output.ts": "tests/unit/cli/commands/config_print_test.ts",
  "lib/config/build.ts": "tests/unit/config/load_test.ts",
  "lib/config/given.ts": "tests/unit/config/load_test.ts",
  "lib/config/listen.ts": "tests/unit/config/validate_test.ts",
  "lib/config/problem.ts": "tests/unit/config/load_test.ts",
  "lib/config/read.ts": "tests/unit/config/load_test.ts",
  "lib/config/schema.ts": "tests/unit/config/edge_yaml_test.ts",
  "lib/config/yaml_file.ts": "tests/unit/config/load_test.ts",
  "lib/telemetry/exposition.ts": "tests/unit/telemetry/metrics_test.ts",
  "lib/telemetry/line.ts": "tests/unit/telemetry/log_test.ts",
};
