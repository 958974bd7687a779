const UNIT = new URL("../../conf/metamanager.service", import.meta.url);

/**
 * The environment that systemd gives the node by the unit that is shipped, so
 * that what is measured is what runs on a gateway.
 */
export function serviceEnvironment(): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const line of Deno.readTextFileSync(UNIT).split("\n")) {
    const [, settings = ""] = line.match(/^Environment=(.*)$/) ?? [];
    for (const setting of settings.split(" ").filter(Boolean)) {
      const at = setting.indexOf("=");
      environment[setting.slice(0, at)] = setting.slice(at + 1);
    }
  }
  return environment;
}
