// Reports what visitors of your pages look at: a random number of this browser's and what they did,
// nothing else. Include it once a page:
//   <script async src="https://BOT/h5/hongyan.js" data-account="default"></script>
//   <meta name="hongyan:topics" content="coffee,tea">      what the page is about
//   <button data-hongyan="cart.add" data-sku="A-1">        reported when it is pressed
//   hongyan("product.view", { sku: "A-1", topics: ["coffee"] })   hongyan.stop()   hongyan.go()
"use strict";
(() => {
  const script = document.currentScript;
  if (!script || window.hongyan) return;
  const address = new URL("collect", script.src).href;
  const account = script.dataset.account || "default";
  const PARAMETER = "hy_visit";
  const WAIT = 1000; // ms in which what happens is gathered into one report
  const MOST = 20;
  let queue = [];
  let timer = 0;
  const memory = {};

  // Storage may be forbidden: then a visit lasts as long as the page.
  const kept = (name, value) => {
    try {
      if (value === undefined) return localStorage.getItem(name) || memory[name] || "";
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch { /* kept in memory */ }
    if (value === null) delete memory[name];
    else if (value !== undefined) memory[name] = value;
    return memory[name] || "";
  };

  const random = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
  };

  const silent = () =>
    navigator.doNotTrack === "1" || navigator.globalPrivacyControl === true || kept("hongyan.off") === "1";

  // The token leaves the address at once, so that a shared address does not carry it along.
  const link = (() => {
    const here = new URL(location.href);
    const found = here.searchParams.getAll(PARAMETER).pop() || "";
    if (found) {
      here.searchParams.delete(PARAMETER);
      history.replaceState(history.state, "", here.href);
    }
    return found;
  })();
  if (link && !silent()) kept("hongyan.link", link);

  const body = () => {
    if (!kept("hongyan.visitor")) kept("hongyan.visitor", random());
    const report = { account, visitor: kept("hongyan.visitor"), events: queue.splice(0, MOST) };
    if (kept("hongyan.link")) report.link = kept("hongyan.link");
    return JSON.stringify(report);
  };

  const send = () => {
    clearTimeout(timer);
    timer = 0;
    if (!queue.length || silent()) return;
    const reported = kept("hongyan.link");
    fetch(address, {
      method: "POST", body: body(), headers: { "Content-Type": "application/json" },
      credentials: "omit", referrerPolicy: "no-referrer", keepalive: true,
    }).then((answer) => {
      // 422 and the like would be the same again; a busy server is asked with the next report.
      if (reported && answer.status < 500 && answer.status !== 429) kept("hongyan.link", null);
    }).catch(() => {});
    if (queue.length) timer = setTimeout(send, WAIT);
  };

  const hongyan = (kind, facts) => {
    if (silent()) return;
    queue.push({ id: random(), kind, facts: facts || {} });
    if (queue.length >= MOST) send();
    else if (!timer) timer = setTimeout(send, WAIT);
  };
  hongyan.stop = () => {
    queue = [];
    kept("hongyan.visitor", null);
    kept("hongyan.link", null);
    kept("hongyan.off", "1");
  };
  hongyan.go = () => kept("hongyan.off", null);
  window.hongyan = hongyan;

  addEventListener("pagehide", () => {
    if (queue.length && !silent()) navigator.sendBeacon(address, body());
  });
  addEventListener("click", (event) => {
    const pressed = event.target instanceof Element && event.target.closest("[data-hongyan]");
    if (!pressed) return;
    const facts = {};
    if (pressed.dataset.sku) facts.sku = pressed.dataset.sku;
    if (pressed.dataset.topics) facts.topics = pressed.dataset.topics.split(",");
    hongyan(pressed.dataset.hongyan, facts);
  });

  const about = document.querySelector('meta[name="hongyan:topics"]');
  const topics = about ? about.content.split(",").map((one) => one.trim()).filter(Boolean) : [];
  hongyan("page.view", topics.length ? { path: location.pathname, topics } : { path: location.pathname });
})();
