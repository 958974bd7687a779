import type { StoreInspection } from "../store/mod.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { sizeText } from "./size_text.ts";

const CHECK = "store";

/** Says what was found of the store of a node, whether that runs or not. */
export function checkStore(path: string, found: StoreInspection): Finding[] {
  const { error, exists, left, objects = {}, outbox = 0, bytes } = found;
  if (error) {
    const restores = error.kind === "corrupt" ||
      error.kind === "not-a-database";
    const remedy = restores
      ? "The node moves it aside and salvages what it can when it starts; " +
        "look for disk errors in the kernel log"
      : error.hint || "See the message";
    return [fail(CHECK, error.message, remedy)];
  }
  if (!exists) {
    if (left === "never-used") {
      return [ok(CHECK, `${path} is made when the node starts`)];
    }
    const text = `${path} is gone or empty, although it was used`;
    const remedy = "Restore it, or start the node: it takes the newest " +
      "snapshot and says what it lacks";
    return [warn(CHECK, text, remedy)];
  }
  const count = Object.values(objects).reduce((sum, n) => sum + n, 0);
  const held =
    `${count} ${
      count === 1 ? "object" : "objects"
    }, ${outbox} not confirmed by the cloud, ` +
    sizeText(bytes);
  const how = {
    "never-used": "",
    "clean": ", closed in order",
    "unclean": ", not closed in order",
    "in-use": ", in use",
  }[left];
  const read = found.isChecked ? ", every page can be read" : "";
  return [ok(CHECK, `${held}${how}${read}`)];
}
