import { assertEquals } from "@std/assert";
import {
  knownSecrets,
  withoutSecrets,
} from "../../../../lib/cli/bundle/known_secrets.ts";
import { RECORDED_TOKEN } from "../../../support/enrolment_recording.ts";
import { Stage } from "../../doctor/stage.ts";

Deno.test("knownSecrets, tokens, their parts, words in files, the proxy's password in each form", async () => {
  await using stage = await Stage.make();
  const agents = stage.write("agents", "justaword\n");
  const join = stage.write("join", `${RECORDED_TOKEN}\n`);
  const config = await stage.config(
    "edgehub.proxy=http://user:p%40ssw@p:1",
    `edgehub.token-file=${join}`,
    "edged.listen=127.0.0.1:0",
    `edged.token-file=${agents}`,
  );
  const secrets = knownSecrets(config);
  const said = ["justaword", RECORDED_TOKEN, RECORDED_TOKEN.split(".")[2]]
    .concat("p%40ssw", "p@ssw", btoa("user:p@ssw")).join(" ");
  assertEquals(
    withoutSecrets(`a ${said} b`, secrets),
    `a ${Array(6).fill("[redacted]").join(" ")} b`,
  );
  assertEquals(knownSecrets(await stage.config()), []);
  const gone = await stage.config(
    "edged.listen=127.0.0.1:0",
    `edged.token-file=${stage.folder}/none`,
    "edgehub.proxy=http://a%zz@p:1",
  );
  assertEquals(knownSecrets(gone), []);
});
