import { readRecording, type RecordedLine } from "./recording.ts";

/** One recorded exchange with CloudCore's certificate server. */
export interface RecordedExchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly clientCertificate: boolean;
  readonly status: number;
  readonly answerHeaders: Readonly<Record<string, string>>;
  readonly answer: Uint8Array;
}

interface HttpLine extends RecordedLine {
  readonly token?: string;
  readonly http?: {
    readonly request: {
      readonly method: string;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly bodyBase64?: string;
      readonly clientCertificate?: boolean;
    };
    readonly response: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly bodyBase64?: string;
    };
  };
}

const LINES: readonly HttpLine[] = readRecording("cloudcore-v1.15.0.jsonl");

/** The recorded join token. */
export const RECORDED_TOKEN =
  LINES.find(({ step }) => step === "enrol-token")?.token ?? "";

/** When it was recorded, milliseconds since 1970. */
export const RECORDED_AT_MS = Date.parse("2026-11-21T20:43:24Z");

/** The exchange of a step. @throws If there is none. */
export function recordedExchange(step: string): RecordedExchange {
  const http = LINES.find((line) => line.step === step)?.http;
  if (!http) throw new Error(`No exchange was recorded: ${step}`);
  const { request, response } = http;
  const answer = response.bodyBase64 === undefined
    ? new TextEncoder().encode(response.body ?? "")
    : Uint8Array.fromBase64(response.bodyBase64);
  return {
    method: request.method,
    path: request.path,
    headers: request.headers,
    body: Uint8Array.fromBase64(request.bodyBase64 ?? ""),
    clientCertificate: request.clientCertificate ?? false,
    status: response.status,
    answerHeaders: response.headers,
    answer,
  };
}
