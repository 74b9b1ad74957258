// The script of every page. Pages read without it: it only says that something
// new has come, and keeps the time that is left right.
"use strict";

const news = document.getElementById("news");
const writing = () => document.querySelector("form [data-dirty]") !== null;

// Something new: a page that nobody is writing on loads itself again.
function arrived() {
  if (document.getElementById("demo")) { renew(); return; }
  if (document.body.dataset.live === "reload" && !writing()) { location.reload(); return; }
  if (news) news.hidden = false;
}

if (document.querySelector("header nav")) {
  const source = new EventSource("/api/v1/events");
  for (const kind of ["note", "flash", "matter", "delivery", "line", "clock", "channel", "reset"]) source.addEventListener(kind, arrived);
}

for (const form of document.forms) {
  form.addEventListener("input", (e) => e.target.setAttribute("data-dirty", ""));
}

// A draft is kept while it is written, some seconds after the last letter. It
// never leaves by that.
for (const form of document.querySelectorAll("form[data-autosave]")) {
  const saved = form.querySelector(".saved");
  let timer = 0;
  const keep = async () => {
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" } });
    if (answer.ok) form.elements.namedItem("version").value = (await answer.json()).version;
    if (answer.ok) for (const e of form.querySelectorAll("[data-dirty]")) e.removeAttribute("data-dirty");
    saved.textContent = answer.ok ? "✓" : "✗";
  };
  form.addEventListener("input", () => {
    saved.textContent = "…";
    clearTimeout(timer);
    timer = setTimeout(() => keep().catch(() => { saved.textContent = "✗"; }), 3000);
  });
}

// Once a minute, the time that is left: the numbers are the server's, whose
// clock decides, so the page asks for itself again when one has run out.
const opened = Date.now();
const ends = [...document.querySelectorAll(".left[data-until]:not(.over)")].map((e) => Date.parse(e.dataset.until));
const now = Date.parse(document.body.dataset.now || "");
if (ends.length && now) {
  setInterval(() => {
    const t = now + (Date.now() - opened);
    if (ends.some((e) => e <= t)) arrived();
  }, 60_000);
}

// A scenario that is played: every step is shown as it comes, where nobody
// writes or stands in the page. Whoever looks elsewhere learns it on coming back.
let asked = null, again = false, steps = null;

function renew() {
  again = asked !== null;
  if (again) return;
  asked = new XMLHttpRequest();
  asked.responseType = "document";
  asked.onloadend = () => {
    const fresh = asked.response, at = document.activeElement;
    asked = null;
    if (!fresh || !fresh.getElementById("demo")) return;
    const put = (what) => document.querySelector(what).replaceWith(document.importNode(fresh.querySelector(what), true));
    const main = document.querySelector("main"), demo = document.getElementById("demo");
    if (main.querySelector("form[method=post]") || main !== at && main.contains(at)) document.getElementById("news").hidden = false; else put("main");
    demo.dataset.at = fresh.getElementById("demo").dataset.at;
    put(demo.contains(at) ? "#demo-now" : "#demo");
    if (again) renew();
  };
  asked.open("GET", location.href);
  asked.send();
}

function played(e) {
  const v = JSON.parse(e.data), shown = document.getElementById("demo").dataset;
  if (String(v.run) !== shown.run) location.assign("/demo/arrived");
  else if (`${v.state} ${v.at}` !== shown.at) renew();
}

function watch() {
  if (document.hidden && steps) { steps.close(); steps = null; }
  if (document.hidden || steps) return;
  steps = new EventSource("/demo/events");
  steps.addEventListener("demo", played);
}

if (document.getElementById("demo")) { document.addEventListener("visibilitychange", watch); watch(); }
