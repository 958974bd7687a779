/** A metric that an expression names, and the labels that it is chosen by. */
export interface NamedMetric {
  readonly name: string;
  readonly labels: readonly string[];
}

/** What an expression of PromQL speaks of. */
export interface Spoken {
  /** Metrics of the node. */
  readonly metrics: readonly NamedMetric[];
  /** Labels that it groups or joins by. */
  readonly grouping: readonly string[];
}

const METRIC_REGEXP =
  /\b((?:metamanager|process)_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?/g;
const GROUPING_REGEXP = /\b(?:by|without|on|ignoring)\s*\(([^)]*)\)/g;
const MATCHER_REGEXP = /([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)\s*"/g;

/** Finds the metrics and labels in an expression of PromQL. */
export function spokenOf(expression: string): Spoken {
  const unquoted = expression.replace(/"[^"]*"/g, '""');
  const metrics = [...unquoted.matchAll(METRIC_REGEXP)].map(
    ([, name = "", braces = ""]) => ({
      name,
      labels: [...braces.matchAll(MATCHER_REGEXP)].map(([, l = ""]) => l),
    }),
  );
  const grouping = [...expression.matchAll(GROUPING_REGEXP)].flatMap(
    ([, list = ""]) => list.split(",").map((name) => name.trim()),
  );
  return { metrics, grouping };
}

/** Labels in `{{...}}` of a legend or an annotation. */
export function templateLabels(text: string): string[] {
  return [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z_]+)\s*\}\}/g)]
    .map(([, name = ""]) => name);
}
