// The script of every page. Pages read without it: it only says that something
// new has come, and keeps the time that is left right.
"use strict";

const news = document.getElementById("news");
const writing = () => document.querySelector("form [data-dirty]") !== null;

// Something new: a page that nobody is writing on loads itself again.
function arrived() {
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
