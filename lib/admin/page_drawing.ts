/**
 * The first half of the status page's script: draws an event. Whatever the
 * node tells is put in as text: a peer chooses names, and may choose a hostile
 * one.
 */
export const PAGE_DRAWING = String.raw`
"use strict";
const TYPES_MAX = 8;
const LANES = [
  ["fromCloud", "Cloud to node"],
  ["toCloud", "Node to cloud"],
  ["fromAgents", "Agents to node"],
  ["toAgents", "Node to agents"],
];
const $ = (id) => document.getElementById(id);

/** Touches only what changes: a reader of the screen is told of nothing else. */
function text(element, value) {
  const words = String(value ?? "");
  if (element.textContent !== words) element.textContent = words;
}

function make(name, className, words) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (words !== undefined) element.textContent = String(words);
  return element;
}

/** Makes a list as long as it has to be and fills each of its elements. */
function fill(parent, items, create, update) {
  while (parent.children.length > items.length) parent.lastChild.remove();
  items.forEach((item, i) => {
    const element = parent.children[i] ?? parent.appendChild(create());
    update(element, item);
  });
}

function facts(list, pairs) {
  const known = pairs.filter(([, value]) => value);
  fill(list, known.flat(), () =>
    make(list.children.length % 2 ? "dd" : "dt"), text);
}

function size(bytes) {
  if (!(bytes >= 1024)) return (bytes || 0) + " B";
  const unit = bytes < 1048576 ? [1024, " KiB"] : [1048576, " MiB"];
  return (bytes / unit[0]).toFixed(1) + unit[1];
}

function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return Math.floor(s / 86400) + " d " + Math.floor(s % 86400 / 3600) + " h";
}

function count(n, one, many) {
  return n.toLocaleString("en") + " " + (n === 1 ? one : many);
}

/** When it was, in the reader's own time, and how long ago on the node's clock. */
function ago(time, now) {
  const at = Date.parse(time);
  return Number.isNaN(at) ? "" : span(now - at) + " ago";
}

function latency(ms) {
  if (typeof ms !== "number") return "";
  return ms < 10 ? ms.toFixed(1) + " ms" : ms < 10000
    ? Math.round(ms) + " ms" : (ms / 1000).toFixed(1) + " s";
}

/** A peer chooses these words: a long one must not push the table apart. */
function short(words) {
  return words.length > 24 ? words.slice(0, 23) + "\u2026" : words;
}

function origin(url) {
  try { return new URL(url).origin; } catch { return url; }
}

function lane() {
  const row = make("div", "lane");
  row.append(make("span"));
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 60 40");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  for (const [name, kind] of [["path", "area"], ["path", "base"], ["path", "stroke"]]) {
    const part = document.createElementNS("http://www.w3.org/2000/svg", name);
    part.setAttribute("class", kind);
    svg.append(part);
  }
  svg.children[1].setAttribute("d", "M0 39.5H60");
  const rate = make("span", "rate");
  rate.append(make("span"), make("span", "quiet"));
  row.append(svg, rate);
  return row;
}

/** All lanes have the same scale, so that they can be compared. */
function drawLane(row, [title, values, top]) {
  const now = values.at(-1) ?? 0;
  const peak = Math.max(0, ...values);
  const points = values.map((value, i) =>
    (60 - values.length + i + 1).toFixed(1) + " " + (39 - 37 * value / top).toFixed(2));
  const line = points.length > 1 ? "M" + points.join("L") : "";
  text(row.children[0], title);
  const svg = row.children[1];
  svg.setAttribute("aria-label", title + ": " + now + " per second, at most " + peak);
  svg.children[0].setAttribute("d",
    line && line + "V39.5H" + (60 - values.length + 1) + "Z");
  svg.children[2].setAttribute("d", line);
  text(row.children[2].children[0], now + "/s");
  text(row.children[2].children[1], "peak " + peak);
}

function drawFlow(rates) {
  const top = Math.max(1, ...LANES.flatMap(([name]) => rates[name]));
  fill($("flow"), LANES.map(([name, title]) => [title, rates[name], top]), lane, drawLane);
}

function drawTypes(objects) {
  const all = Object.entries(objects).sort((a, b) => b[1] - a[1]);
  const shown = all.slice(0, TYPES_MAX);
  const rest = all.slice(TYPES_MAX).reduce((sum, [, n]) => sum + n, 0);
  if (rest > 0) shown.push([count(all.length - TYPES_MAX, "more type", "more types"), rest]);
  const most = Math.max(1, ...shown.map(([, n]) => n));
  fill($("types"), shown, () => {
    const row = make("li");
    row.append(make("span"), make("span", "number"), make("span", "bar"));
    return row;
  }, (row, [type, n]) => {
    text(row.children[0], type);
    text(row.children[1], n.toLocaleString("en"));
    row.children[2].style.setProperty("--part", (100 * n / most).toFixed(1) + "%");
  });
  return all.reduce((sum, [, n]) => sum + n, 0);
}

function drawHealth({ checks, stalled }) {
  const rows = checks.concat(stalled.map((name) =>
    ({ name, state: "failed", reason: "stands still, restart the node" })));
  const urgency = ["failed", "degraded", "ok"];
  rows.sort((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state));
  fill($("health"), rows, () => {
    const row = make("li");
    row.append(make("span", "name"), make("span", "pill"), make("span", "reason"));
    return row;
  }, (row, { name, state, reason }) => {
    text(row.children[0], name);
    row.children[1].className = "pill " + state;
    text(row.children[1], state);
    text(row.children[2], reason);
  });
}

function drawMessages(messages) {
  $("no-messages").hidden = messages.length > 0;
  $("messages").parentElement.hidden = messages.length === 0;
  fill($("messages"), messages, () => {
    const row = make("tr");
    for (const name of ["time", "flow", "operation", "resource", "number", "outcome"]) {
      row.append(make("td", name));
    }
    return row;
  }, (row, message) => {
    const cells = [
      new Date(message.time).toLocaleTimeString("en-GB"),
      short(message.from) + " \u2192 " + short(message.to),
      short(message.operation),
      message.resource,
      latency(message.latencyMs),
      message.outcome,
    ];
    cells.forEach((words, i) => text(row.children[i], words));
    row.children[5].className = "outcome " +
      (/^(error|failed|refused)/.test(message.outcome) ? "failed" : "");
  });
}

function draw({ status, rates, messages, now: time }) {
  const now = Date.parse(time);
  const { health, link, store = {}, outbox, identity = {}, sync = {} } = status;
  document.title = status.node + ": " + health.state;
  text($("node"), status.node);
  $("state").className = "pill " + health.state;
  text($("state"), health.state);
  text($("about"), "metamanager " + status.version + ", up " + span(status.uptimeSeconds * 1000));
  text($("link"), link.state);
  $("link").className = "big " +
    (/^(connected|standalone)$/.test(link.state) ? "ok" : "degraded");
  const last = link.lastError;
  facts($("link-facts"), [
    ["Since", span(now - Date.parse(link.since))],
    ["Address", link.url && origin(link.url)],
    ["Sync", link.state !== "standalone" && sync.text],
    ["Last error", last && last.error + ", " + ago(last.at, now)],
    ["Certificate", identity.certificateUntil && certificate(identity.certificateUntil, now)],
    ["Agents", status.agents.join(", ") || "none"],
  ]);
  const parked = store.outboxParked ?? 0;
  text($("outbox"), count(store.outbox ?? 0, "message", "messages"));
  facts($("outbox-facts"), [
    ["Oldest", store.outboxAgeMs > 0 && span(store.outboxAgeMs)],
    ["Size", store.outbox > 0 && size(store.outboxBytes)],
    ["Parked", String(parked)],
    ["Refused", String(outbox.refused)],
    ["Dropped", outbox.eventsDropped > 0 && count(outbox.eventsDropped, "event", "events")],
  ]);
  drawHealth(health);
  drawFlow(rates);
  const objects = drawTypes(store.objects ?? {});
  text($("store"), count(objects, "object", "objects") + ", " + size(store.bytes));
  drawMessages(messages);
}

function certificate(until, now) {
  const left = Date.parse(until) - now;
  return left < 0 ? "has run out" : span(left) + " left";
}
`;
