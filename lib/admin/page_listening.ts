/**
 * The second half of the status page's script: listens to the node, asks for
 * the token where one is needed, and tries again when the node is gone.
 */
export const PAGE_LISTENING = String.raw`
const SILENCE_MS = 6000;

function notice(words) {
  text($("notice"), words);
  $("notice").hidden = words === "";
  $("main").classList.toggle("stale", words !== "");
}

function show(event) {
  if (event.error) return notice("The node cannot tell how it does: " + event.error);
  notice("");
  $("ask").hidden = true;
  $("main").hidden = false;
  draw(event);
}

/** The token, which the tab remembers, and what ends the present stream. */
const session = { token: storage()?.getItem("token") ?? "", ending: undefined };

/** A browser may be set not to keep anything. */
function storage() {
  try { return sessionStorage; } catch { return undefined; }
}

/** Reads events until they end; throws if they break off. */
async function read(response, alive) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    alive();
    const events = (rest + value).split("\n\n");
    rest = events.pop();
    const last = events.at(-1);
    if (last?.startsWith("data: ")) show(JSON.parse(last.slice(6)));
  }
}

/** EventSource cannot send a token, so the events are read by hand. */
async function listen(ending) {
  const headers = session.token ? { authorization: "Bearer " + session.token } : {};
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => ending.abort(), SILENCE_MS);
  };
  alive();
  try {
    const response = await fetch("/events", { headers, signal: ending.signal });
    if (response.status === 401) return "token";
    if (!response.ok) throw new Error(await response.text());
    await read(response, alive);
  } finally {
    clearTimeout(timer);
  }
}

async function run(ending) {
  let since = "";
  for (let waitMs = 1000; !ending.signal.aborted; waitMs = Math.min(2 * waitMs, 10000)) {
    const started = performance.now();
    let why = "";
    const one = new AbortController();
    const end = () => one.abort();
    ending.signal.addEventListener("abort", end);
    try {
      if (await listen(one) === "token") return askToken();
    } catch (error) {
      why = one.signal.aborted ? "it was silent" : error.message;
    } finally {
      ending.signal.removeEventListener("abort", end);
    }
    if (ending.signal.aborted) return;
    if (performance.now() - started > 10000) [waitMs, since] = [1000, ""];
    since ||= new Date().toLocaleTimeString("en-GB");
    $("state").className = "pill failed";
    text($("state"), "no connection");
    notice("The node does not answer since " + since + (why && " (" + why + ")") + ", trying again");
    await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

function askToken() {
  notice(session.token ? "The node does not take this token" : "");
  session.token = "";
  storage()?.removeItem("token");
  $("main").hidden = true;
  $("ask").hidden = false;
  text($("state"), "locked");
  $("state").className = "pill";
  $("token").focus();
}

/** A page that nobody sees costs the node nothing. */
function restart() {
  session.ending?.abort();
  session.ending = undefined;
  if (document.hidden) return;
  session.ending = new AbortController();
  run(session.ending);
}

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  session.token = $("token").value.trim();
  storage()?.setItem("token", session.token);
  $("token").value = "";
  restart();
});
document.addEventListener("visibilitychange", restart);
restart();
`;
