import { UsageError } from "../command.ts";

/** The labels of an object. */
export type Labels = Readonly<Record<string, unknown>>;

/** Whether an object with these labels is meant. */
export type Selector = (labels: Labels) => boolean;

/** `key in (a, b)`, `key notin (a, b)`. */
const SET_REGEXP = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
/** `key=value`, `key==value`, `key!=value`; the value may be empty. */
const EQUAL_REGEXP = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/;
/** `key`, `!key`. */
const EXISTS_REGEXP = /^(!?)\s*([^\s=!]+)$/;
/** A label's key: a DNS name and a slash may stand before its name. */
const KEY_REGEXP =
  /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;
/** A label's value. */
const VALUE_REGEXP = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/;

/**
 * Reads a label selector in kubectl's grammar: requirements between commas,
 * all of which an object has to meet. As in Kubernetes `!=` and `notin` are
 * also met by an object without the label.
 *
 * @example
 * ```ts ignore
 * parseSelector("app=web,tier notin (test, dev),!old")({ app: "web" }); // true
 * ```
 * @throws {UsageError} If it is none; names the requirement.
 */
export function parseSelector(text: string): Selector {
  if (text.trim() === "") return () => true;
  const met = split(text).map((part) => requirement(part.trim()));
  return (labels) => met.every((isMet) => isMet(labels));
}

/** At the commas that stand in no parentheses. */
function split(text: string): string[] {
  return text.split(/,(?![^(]*\))/);
}

function requirement(text: string): Selector {
  const set = SET_REGEXP.exec(text);
  if (set) {
    const [, key = "", operator, list = ""] = set;
    check(text, key);
    const values = new Set(list.split(",").map((value) => value.trim()));
    for (const value of values) check(text, key, value);
    return operator === "in"
      ? (labels) => has(labels, key) && values.has(String(labels[key]))
      : (labels) => !has(labels, key) || !values.has(String(labels[key]));
  }
  const equal = EQUAL_REGEXP.exec(text);
  if (equal) {
    const [, key = "", operator, value = ""] = equal;
    check(text, key, value);
    return operator === "!="
      ? (labels) => !has(labels, key) || labels[key] !== value
      : (labels) => has(labels, key) && labels[key] === value;
  }
  const exists = EXISTS_REGEXP.exec(text);
  if (!exists) throw wrong(text, "no requirement");
  const [, not = "", key = ""] = exists;
  check(text, key);
  return (labels) => has(labels, key) === (not === "");
}

function has(labels: Labels, key: string): boolean {
  return Object.hasOwn(labels, key);
}

function check(text: string, key: string, value = ""): void {
  if (!KEY_REGEXP.test(key)) throw wrong(text, `no label: ${key}`);
  if (!VALUE_REGEXP.test(value)) throw wrong(text, `no value: ${value}`);
}

function wrong(text: string, why: string): UsageError {
  return new UsageError(
    `Option --selector expects requirements as in ` +
      `app=web,tier!=test,env in (a,b),!old, got: ${
        text || "nothing"
      } (${why})`,
  );
}
