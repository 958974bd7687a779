import { errorText, redactText } from "../telemetry/mod.ts";

/**
 * What failed, for a person. An error of ours says it in its message: the name
 * of its class is for code, and a cause is told only where neither the message
 * nor a hint has made it plain.
 */
export function failureText(error: unknown): string {
  if (!(error instanceof Error) || isForeign(error)) return errorText(error);
  const { message, cause } = error;
  const hasHint = "hint" in error && error.hint !== "";
  const isTold = hasHint || !(cause instanceof Error) ||
    message.includes(cause.message);
  return redactText(message) + (isTold ? "" : `: ${errorText(cause)}`);
}

/** Errors of the language and the runtime, whose texts alone say little. */
function isForeign({ name }: Error): boolean {
  return name in globalThis || name in Deno.errors;
}
