import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { SystemClock } from "../../../lib/base/mod.ts";
import { CertificateAuthority } from "../../../lib/dev/mod.ts";
import { IdentityError } from "../../../lib/identity/errors.ts";
import { checkNodeIdentity } from "../../../lib/identity/node_identity.ts";

const ca = await CertificateAuthority.create(new SystemClock());

Deno.test("checkNodeIdentity, its own certificate is ok", async () => {
  const { cert } = await ca.client("edge-1");
  assertEquals(checkNodeIdentity(cert, "edge-1"), "ok");
});

Deno.test("checkNodeIdentity, v1.15's common name is legacy", async () => {
  const { cert } = await ca.client("edge-1", {
    commonName: "kubeedge.io",
    organization: "kubeEdge",
  });
  assertEquals(checkNodeIdentity(cert, "edge-1"), "legacy");
});

Deno.test("certificate_bound_to_node, a neighbour's certificate is named and refused", async () => {
  for (const name of ["system:node:edge-10", "edge-1", "system:node:edge"]) {
    const { cert } = await ca.client("", { commonName: name });
    const verdict = checkNodeIdentity(cert, "edge-1");
    assertInstanceOf(verdict, IdentityError);
    assert(verdict.message.includes(`system:node:edge-1, got ${name}`));
  }
});

Deno.test("checkNodeIdentity, the organization cannot stand for the common name", async () => {
  const { cert } = await ca.client("edge-1", {
    commonName: "other",
    organization: "x\nCN=system:node:edge-1",
  });
  assertInstanceOf(checkNodeIdentity(cert, "edge-1"), IdentityError);
});

Deno.test("checkNodeIdentity, junk is an error that does not quote it", () => {
  const verdict = checkNodeIdentity("junk", "edge-1");
  assertInstanceOf(verdict, IdentityError);
  assertEquals(verdict.message, "The node's certificate cannot be read");
});
