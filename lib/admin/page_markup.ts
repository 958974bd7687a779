/** What stands between the style and the script of the status page. */
export const PAGE_MARKUP = String.raw`
<header>
  <h1 id="node">metamanager</h1>
  <p id="state" class="pill" role="status">connecting</p>
  <p id="about" class="quiet"></p>
</header>
<p id="notice" role="alert" hidden></p>
<form id="ask" hidden>
  <label for="token">Token of this page</label>
  <input id="token" type="password" autocomplete="off" spellcheck="false" required>
  <button>Show</button>
  <p class="quiet">The word in the file that <code>admin.token-file</code> names.</p>
</form>
<main id="main" hidden>
  <section class="link" aria-labelledby="link-title">
    <h2 id="link-title">Cloud link</h2>
    <p class="big" id="link"></p>
    <dl id="link-facts"></dl>
  </section>
  <section aria-labelledby="outbox-title">
    <h2 id="outbox-title">Outbox</h2>
    <p class="big" id="outbox"></p>
    <dl id="outbox-facts"></dl>
  </section>
  <section aria-labelledby="store-title">
    <h2 id="store-title">Store</h2>
    <p class="big" id="store"></p>
    <ul id="types"></ul>
  </section>
  <section aria-labelledby="flow-title" class="wide">
    <h2 id="flow-title">Flow <span class="quiet">messages per second, last minute</span></h2>
    <div id="flow"></div>
  </section>
  <section class="health" aria-labelledby="health-title">
    <h2 id="health-title">Health</h2>
    <ul id="health" aria-live="polite"></ul>
  </section>
  <section aria-labelledby="messages-title" class="full">
    <h2 id="messages-title">Last messages</h2>
    <div class="scroll" tabindex="0" role="region" aria-labelledby="messages-title">
    <table>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Flow</th>
          <th scope="col">Operation</th>
          <th scope="col">Resource</th>
          <th scope="col" class="number">Latency</th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody id="messages"></tbody>
    </table>
    </div>
    <p id="no-messages" class="quiet">None yet</p>
  </section>
</main>
<noscript><p>This page needs JavaScript; <code>metamanager status</code> does not.</p></noscript>
`;
