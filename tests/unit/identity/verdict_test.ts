import { assert, assertEquals, assertMatch } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import {
  CertificateAuthority,
  type ClientCertificateOptions,
  JoinTokens,
} from "../../../lib/dev/mod.ts";
import { IdentityError } from "../../../lib/identity/errors.ts";
import { SystemKeyFileSystem } from "../../../lib/identity/key_file_system.ts";
import { writeCredentials } from "../../../lib/identity/key_files.ts";
import { JoinToken } from "../../../lib/identity/token.ts";
import {
  type CredentialsVerdict,
  isUsable,
  judgeCredentials,
  wantsToken,
} from "../../../lib/identity/verdict.ts";

const clock = new SystemClock();
const ca = await CertificateAuthority.create(clock);
const otherCa = await CertificateAuthority.create(clock);

async function judge(
  certificate: (ClientCertificateOptions & { node?: string }) | undefined,
  options: {
    token?: JoinToken;
    after?: (folder: string) => void;
    system?: SystemKeyFileSystem;
  } = {},
): Promise<CredentialsVerdict> {
  const folder = await Deno.makeTempDir();
  const files = {
    caFile: `${folder}/ca`,
    certFile: `${folder}/crt`,
    keyFile: `${folder}/key`,
  };
  if (certificate) {
    const { cert, key } = await ca.client(
      certificate.node ?? "edge-1",
      certificate,
    );
    writeCredentials(files, { caPem: ca.cert, certPem: cert, keyPem: key });
  }
  options.after?.(folder);
  const { token, system } = options;
  const verdict = judgeCredentials(files, {
    nodeId: "edge-1",
    nowMs: clock.now(),
    token,
    ...(system ? { system } : {}),
  });
  await Deno.remove(folder, { recursive: true });
  return verdict;
}

const tokenOf = async (authority: CertificateAuthority) =>
  JoinToken.parse(await new JoinTokens(authority, clock).issue());

Deno.test("judgeCredentials, good, legacy, missing, expired", async () => {
  const good = await judge({});
  assert(good.kind === "good" && !good.isLegacy);
  assert(good.notAfterMs > clock.now());
  const legacy = await judge({ commonName: "kubeedge.io" });
  assert(legacy.kind === "good" && legacy.isLegacy);
  assertEquals(await judge(undefined), { kind: "missing" });
  const expired = await judge({ fromMs: -10_000, untilMs: -5000 });
  assert(expired.kind === "expired");
  assert(expired.notAfterMs < clock.now());
});

Deno.test("judgeCredentials, a token of the same cloud changes nothing, of another one does", async () => {
  assertEquals((await judge({}, { token: await tokenOf(ca) })).kind, "good");
  const other = await judge({}, { token: await tokenOf(otherCa) });
  assert(other.kind === "other-cloud" && other.notAfterMs > clock.now());
});

Deno.test("judgeCredentials, another node's pair is foreign, even with another token", async () => {
  const verdict = await judge(
    { node: "edge-2" },
    { token: await tokenOf(otherCa) },
  );
  assert(verdict.kind === "foreign");
  assertMatch(verdict.error.message, /system:node:edge-2/);
});

Deno.test("judgeCredentials, half a pair and unreadable files are unusable", async () => {
  const half = await judge({}, {
    after: (folder) => Deno.removeSync(`${folder}/key`),
  });
  assert(half.kind === "unusable");
  assertMatch(half.error.message, /Cannot read private key/);
  const system = new SystemKeyFileSystem();
  system.read = () => {
    throw new Deno.errors.PermissionDenied("no");
  };
  const closed = await judge({}, { system });
  assert(closed.kind === "unusable");
  assertMatch(closed.error.message, /Cannot read key and certificate/);
});

Deno.test("wantsToken, whatever is of no use; another node's pair never", () => {
  const error = new IdentityError("x", { hint: "" });
  const wants = (
    verdict: CredentialsVerdict,
    isDoubted = false,
  ) => [wantsToken(verdict, isDoubted), isUsable(verdict)];
  const good = { kind: "good", notAfterMs: 1, isLegacy: false } as const;
  assertEquals(wants(good), [false, true]);
  assertEquals(wants(good, true), [true, true]);
  assertEquals(wants({ kind: "missing" }), [true, false]);
  assertEquals(wants({ kind: "unusable", error }), [true, false]);
  assertEquals(wants({ kind: "expired", notAfterMs: 1 }), [true, true]);
  assertEquals(wants({ kind: "other-cloud", notAfterMs: 1 }), [true, true]);
  assertEquals(wants({ kind: "foreign", error }, true), [false, false]);
});
