/** Style of the status page, in light and dark. */
export const PAGE_STYLE = String.raw`
:root {
  color-scheme: light dark;
  --ground: #f4f5f7;
  --card: #ffffff;
  --ink: #1b1f27;
  --quiet: #5b6473;
  --line: #dde1e8;
  --accent: #1f5fbf;
  --accent-soft: #1f5fbf22;
  --ok: #176b3a;
  --degraded: #8a5200;
  --failed: #b3261e;
  --ok-soft: #e0f2e7;
  --degraded-soft: #fdf0d9;
  --failed-soft: #fbe4e2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12151b;
    --card: #1b2029;
    --ink: #e7eaf0;
    --quiet: #9aa5b5;
    --line: #2d3541;
    --accent: #7fb0ff;
    --accent-soft: #7fb0ff2b;
    --ok: #74d39c;
    --degraded: #f2bd63;
    --failed: #ff9d95;
    --ok-soft: #17352480;
    --degraded-soft: #40300f80;
    --failed-soft: #4a1d1b80;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto;
  padding: 16px;
  max-width: 1180px;
  background: var(--ground);
  color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
h1, h2, p, ul, dl, dd { margin: 0; padding: 0; }
h1 { font-size: 22px; line-height: 1.2; }
h2 { font-size: 13px; font-weight: 600; color: var(--quiet); margin-bottom: 8px; }
h2 .quiet { font-weight: 400; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; margin: 4px 0 16px; }
.quiet { color: var(--quiet); font-size: 13px; }
.big { font-size: 22px; font-weight: 600; line-height: 1.25; }
.pill { padding: 2px 10px; border-radius: 99px; font-weight: 600; font-size: 13px; background: var(--line); }
.ok { color: var(--ok); }
.degraded { color: var(--degraded); }
.failed { color: var(--failed); }
.pill.ok { background: var(--ok-soft); }
.pill.degraded { background: var(--degraded-soft); }
.pill.failed { background: var(--failed-soft); }
#about { flex: 1 1 240px; }
#notice { margin-bottom: 16px; padding: 10px 14px; border-radius: 10px; background: var(--failed-soft); color: var(--failed); }
main { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 12px; }
main.stale { opacity: 0.55; }
section, form { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 14px 16px; }
.wide { grid-column: span 2; }
.full { grid-column: 1 / -1; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 2px 12px; margin-top: 8px; font-size: 13px; }
dt { color: var(--quiet); }
ul { list-style: none; }
#health li { padding: 5px 0; border-top: 1px solid var(--line); }
#health li:first-child { border-top: 0; padding-top: 0; }
#health .name { font-weight: 600; margin-right: 6px; }
#health .reason { display: block; font-size: 13px; color: var(--quiet); }
.wide { display: flex; flex-direction: column; }
#flow { flex: 1; display: grid; grid-auto-rows: minmax(48px, 1fr); gap: 6px; }
.lane { display: grid; grid-template-columns: 116px minmax(0, 1fr) 76px; align-items: center; gap: 12px; min-height: 0; }
.lane svg { width: 100%; height: 100%; max-height: 88px; min-height: 0; display: block; contain: size; }
.lane span:first-child { font-size: 13px; }
.lane .area { fill: var(--accent-soft); }
.lane .stroke { fill: none; stroke: var(--accent); stroke-width: 1.5; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.lane .base { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.lane .rate { text-align: right; font-weight: 600; line-height: 1.2; }
.lane .rate .quiet { display: block; font-weight: 400; font-size: 12px; }
#types { margin-top: 8px; font-size: 13px; }
#types li { display: grid; grid-template-columns: minmax(0, 1fr) max-content; gap: 0 10px; padding: 2px 0; }
#types .bar { grid-column: 1 / -1; height: 4px; border-radius: 2px; background: var(--line); overflow: hidden; }
#types .bar::after { content: ""; display: block; height: 100%; border-radius: 2px; width: var(--part, 0%); background: var(--accent); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13px; }
th { text-align: left; color: var(--quiet); font-weight: 600; }
th, td { overflow-wrap: normal; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.time, td.number, td.flow { white-space: nowrap; }
.number { text-align: right; }
td.resource { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
form { max-width: 420px; display: grid; gap: 8px; }
input, button { font: inherit; padding: 9px 12px; border-radius: 8px; border: 1px solid var(--quiet); background: var(--ground); color: inherit; min-width: 0; }
button { background: var(--accent); border-color: var(--accent); color: var(--card); font-weight: 600; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 900px) {
  main { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (max-width: 620px) {
  body { padding: 12px; }
  main { grid-template-columns: minmax(0, 1fr); }
  .wide { grid-column: auto; }
  .link { order: -2; }
  .health { order: -1; }
  .lane { grid-template-columns: 100px minmax(0, 1fr) 64px; gap: 8px; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  table, tbody { display: block; }
  tr { display: flex; flex-wrap: wrap; gap: 0 9px; padding: 7px 0; border-bottom: 1px solid var(--line); }
  tr:last-child { border-bottom: 0; }
  td { padding: 0; border: 0; }
  tr::before { content: ""; order: -1; flex: 0 0 100%; }
  td.resource { order: -3; flex: 1 1 60%; }
  td.outcome { order: -2; max-width: 36%; text-align: right; }
  td.time, td.flow, td.number { color: var(--quiet); }
}
`;
