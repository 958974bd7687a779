/**
 * What the program may do, in `deno run` and in the binary alike; a house
 * test keeps the tasks of deno.json equal. Paths and addresses are
 * configuration, so read, write and net are open; it runs no programs and
 * loads no libraries.
 */
export const PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-read",
  "--allow-write",
  "--allow-net",
  // Colours, the journal, the service manager's socket, two switches that the
  // YAML parser looks at, and the proxy.
  "--allow-env=NO_COLOR,JOURNAL_STREAM,NOTIFY_SOCKET,LOG_STREAM,LOG_TOKENS," +
  "HTTPS_PROXY,https_proxy,NO_PROXY,no_proxy",
  "--allow-sys=hostname,statfs,uid",
];
