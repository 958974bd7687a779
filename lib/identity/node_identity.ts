import { X509Certificate } from "node:crypto";
import { IdentityError } from "./errors.ts";

/** Organization in the subject of every node's certificate. */
export const NODE_ORGANIZATION = "system:nodes";
/** What stands before the node's name in the common name. */
export const NODE_COMMON_NAME_PREFIX = "system:node:";
/** Common name of all nodes up to KubeEdge v1.15. */
const LEGACY_COMMON_NAME = "kubeedge.io";

/**
 * Tells whether a certificate was made for this node: one that was copied
 * from a neighbour must not open a link (failures.md I7).
 *
 * @param certPem PEM of the node's certificate; the first one counts.
 * @returns `ok`; `legacy` for v1.15's common name, which says nothing about
 *   the node: link all the same, with a warning; or what is wrong.
 */
export function checkNodeIdentity(
  certPem: string,
  nodeId: string,
): "ok" | "legacy" | IdentityError {
  const name = commonNameOf(certPem);
  if (name instanceof IdentityError) return name;
  if (name === `${NODE_COMMON_NAME_PREFIX}${nodeId}`) return "ok";
  if (name === LEGACY_COMMON_NAME) return "legacy";
  return new IdentityError(
    `The certificate is not this node's: expected ` +
      `${NODE_COMMON_NAME_PREFIX}${nodeId}, got ${name || "no common name"}`,
    {
      hint: "Check edgehub.controller.node-id, or join with a token of this " +
        "node's own: metamanager join",
    },
  );
}

function commonNameOf(certPem: string): string | IdentityError {
  try {
    const { subject } = new X509Certificate(certPem);
    const names = subject.split("\n").filter((line) => line.startsWith("CN="));
    // Two common names are no name: whoever picks one picks the wrong one.
    return names.length === 1 ? names[0]?.slice("CN=".length) ?? "" : "";
  } catch (cause) {
    return new IdentityError("The node's certificate cannot be read", {
      hint: "Join again: metamanager join",
      cause,
    });
  }
}
