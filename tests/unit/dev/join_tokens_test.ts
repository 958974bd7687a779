import { assert, assertEquals } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority, JoinTokens } from "../../../lib/dev/mod.ts";
import { JoinToken } from "../../../lib/identity/mod.ts";
import { RECORDED_TOKEN } from "../../support/enrolment_recording.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const tokens = new JoinTokens(ca, clock);
const jwtOf = (token: string) => token.split(".").slice(1).join(".");

Deno.test("JoinTokens, has the shape of a recorded one", async () => {
  const token = await tokens.issue();
  const lengths = (text: string) => text.split(".").map(({ length }) => length);
  assertEquals(lengths(token), lengths(RECORDED_TOKEN));
  assertEquals(token.split(".")[1], RECORDED_TOKEN.split(".")[1]);
  assert(JoinToken.parse(token).matches(ca.certDer));
});

Deno.test("JoinTokens, takes its own, while they are good", async () => {
  assert(await tokens.verify(jwtOf(await tokens.issue())));
  assertEquals(await tokens.verify(jwtOf(await tokens.issue(-1000))), false);
});

Deno.test("JoinTokens, takes no other", async () => {
  const whole = await tokens.issue();
  const [, header, payload] = whole.split(".");
  for (
    const jwt of [
      whole,
      jwtOf(RECORDED_TOKEN),
      `${header}.${payload}.AAAA`,
      `${header}.${payload}`,
      `${header}.!.AAAA`,
      `${header}.bm8.AAAA`,
      "",
    ]
  ) assertEquals(await tokens.verify(jwt), false, jwt);
});
