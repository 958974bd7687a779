import { ActionError, type Stream, type View } from "../admin/mod.ts";
import type { Clock } from "../base/mod.ts";
import { readDuration } from "../config/mod.ts";
import type { FlowFilter, FlowReader } from "./flow_reader.ts";
import { globTest } from "./glob.ts";

/** Longest pattern, and most operations, that are taken. */
const TEXT_LENGTH_MAX = 1024;

/**
 * The page `/messages`: what flowed last, by resource, operation and age.
 */
export function flowViews(
  reader: FlowReader,
  clock: Clock,
): Readonly<Record<string, View>> {
  return {
    "/messages": (parameters) => {
      if (readSwitch(parameters, "content")) {
        throw new ActionError(400, "No content was kept", {
          hint: "Contents are kept from the moment that somebody follows " +
            "with them: use follow and content together",
        });
      }
      return { messages: reader.list(readFilter(parameters, clock)) };
    },
  };
}

/** The same as `/messages?follow`: lines of JSON as messages flow. */
export function flowStreams(
  reader: FlowReader,
  clock: Clock,
): Readonly<Record<string, Stream>> {
  return {
    "/messages": {
      contentType: "application/jsonl",
      isAsked: (parameters) => readSwitch(parameters, "follow"),
      open: (parameters, signal) =>
        reader.follow(readFilter(parameters, clock), {
          contents: readSwitch(parameters, "content"),
          signal,
        }),
    },
  };
}

/** @throws {ActionError} If a parameter is wrong. */
function readFilter(parameters: URLSearchParams, clock: Clock): FlowFilter {
  const resource = readText(parameters, "resource");
  const operation = readText(parameters, "operation");
  const since = readText(parameters, "since");
  return {
    ...(resource ? { resource: globTest(resource) } : {}),
    ...(operation ? { operations: operation.split(",") } : {}),
    ...(since ? { sinceMs: readSince(since, clock) } : {}),
  };
}

function readText(parameters: URLSearchParams, name: string): string {
  const text = parameters.get(name) ?? "";
  if (text.length > TEXT_LENGTH_MAX) {
    throw new ActionError(400, `Parameter is too long: ${name}`);
  }
  return text;
}

/** A time, or an age such as `5m`. */
function readSince(text: string, clock: Clock): number {
  const seconds = readDuration(text);
  const atMs = seconds === undefined
    ? Date.parse(text)
    : clock.now() - seconds * 1000;
  if (!Number.isNaN(atMs)) return atMs;
  throw new ActionError(400, `since is neither age nor time: ${text}`, {
    hint: "Give an age such as 90s, 5m, 2h, or a time such as " +
      "2026-01-31T12:00:00Z",
  });
}

/** `?follow`, `?follow=1` and `?follow=true` are the same. */
function readSwitch(parameters: URLSearchParams, name: string): boolean {
  const text = parameters.get(name);
  return text !== null && text !== "0" && text !== "false";
}
