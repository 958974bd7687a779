import { isRecord } from "../base/mod.ts";
import {
  type AnswerContext,
  type Answerer,
  failure,
  type NodeRequest,
  reply,
} from "./answer.ts";
import { notFound } from "./api_status.ts";
import { kindOf } from "./kinds.ts";

/** Lifetime of a token that asks for none, in seconds. */
const LIFETIME_S = 3600;

/** Issuer that CloudCore's cluster names. */
const ISSUER = "https://kubernetes.default.svc.cluster.local";

/**
 * `query serviceaccounttoken`: a TokenRequest with `status.token`. The service
 * account `default` exists in every namespace. The token is a JWT without a
 * signature: it proves nothing.
 */
export const queryToken: Answerer = (request, context) => {
  const { namespace, name } = request;
  const { content } = request.message;
  const type = "serviceaccount";
  const account = context.objects.get({ type, namespace, name });
  if (!account && name !== "default") {
    const status = notFound(kindOf(type), name);
    return [reply(request, context, { content: failure(status) })];
  }
  const spec = isRecord(content) && isRecord(content.spec) ? content.spec : {};
  const seconds = Number(spec.expirationSeconds ?? LIFETIME_S);
  const answer = {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: {
      name,
      namespace,
      creationTimestamp: context.objects.timestamp(),
    },
    spec,
    status: {
      token: tokenOf(request, context, { spec, seconds }),
      expirationTimestamp: context.objects.timestamp(seconds * 1000),
    },
  };
  return [reply(request, context, { content: answer })];
};

function tokenOf(
  request: NodeRequest,
  context: AnswerContext,
  options: { spec: Record<string, unknown>; seconds: number },
): string {
  const issuedAt = Math.floor(context.stamp.now() / 1000);
  const bound = options.spec.boundObjectRef;
  const claims = {
    aud: options.spec.audiences ?? [],
    exp: issuedAt + options.seconds,
    iat: issuedAt,
    iss: ISSUER,
    // Two tokens of the same second differ, as real ones do.
    jti: context.stamp.newId(),
    sub: `system:serviceaccount:${request.namespace}:${request.name}`,
    "kubernetes.io": {
      namespace: request.namespace,
      serviceaccount: { name: request.name },
      ...(isRecord(bound) ? { pod: { name: bound.name, uid: bound.uid } } : {}),
    },
  };
  const part = (value: unknown) =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  return `${part({ alg: "none" })}.${part(claims)}.unsigned`;
}
