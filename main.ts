import { main, systemIo } from "./lib/cli/mod.ts";

if (import.meta.main) {
  const defaultConfig = new URL("./conf/edge.yaml", import.meta.url);
  Deno.exit(await main(Deno.args, systemIo({ defaultConfig })));
}
