// Single keys press the button or link that is on the page; nothing exists only as a key.
import { close, isOpen } from "./panel.js";

const WAIT = 1200; // ms for the second key after g
let went = 0;

const rows = () => [...document.querySelectorAll("[data-row]")];
const current = () => document.querySelector("[data-row][aria-current]");
const link = (row) => row?.querySelector("[data-open]");
const press = (selector) => document.querySelector(selector)?.click();

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  all.forEach((row) => row.toggleAttribute("aria-current", false));
  next.setAttribute("aria-current", "true");
  next.scrollIntoView({ block: "nearest" });
  if (isOpen()) link(next)?.click();
  else link(next)?.focus();
}

function toggle(range) {
  const box = current()?.querySelector("[data-pick]");
  if (!box) return;
  box.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, shiftKey: range }));
}

function back() {
  const sheet = document.querySelector("details.pop[open]");
  if (sheet) {
    sheet.open = false;
    sheet.querySelector("summary").focus();
  } else if (isOpen()) close();
  else press(".crumbs a:last-of-type");
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  x: () => toggle(false),
  X: () => toggle(true),
  o: () => link(current())?.click(),
  Enter: () => (current() ? link(current())?.click() : press("[data-first]")),
  u: back,
  "/": () => press("[data-palette]"),
  "?": () => press("[data-help]"),
  g: () => { went = Date.now(); },
};

// a page names a key on its own button or field: a approves, r asks for the reason, c writes a note
function keyed(key) {
  if (key.length !== 1) return null;
  const named = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((found) => found.checkVisibility());
  if (!named) return null;
  return () => (named.matches("select, textarea, input") ? named.focus() : named.click());
}

// in a list of numbered reasons the number chooses one and sends the form
function chosen(event) {
  const list = event.target;
  const number = Number(event.key);
  if (!list.matches("select[data-key]") || !(number >= 1 && number <= list.options.length)) return false;
  event.preventDefault();
  list.selectedIndex = number - 1;
  list.form.requestSubmit();
  return true;
}

const writing = (target) => target.closest("input:not(.ck), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    press("[data-palette]");
    return;
  }
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    event.target.closest("form")?.requestSubmit();
    return;
  }
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
    back();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || chosen(event) || writing(event.target)) return;
  if (event.key === "Enter" && event.target.closest("a, button, summary, label")) return;
  if (!document.body.hasAttribute("data-shortcuts") || document.querySelector("dialog[open]")) return;
  if (Date.now() - went < WAIT) {
    went = 0;
    const place = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (place) {
      event.preventDefault();
      place.click();
      return;
    }
  }
  const act = KEYS[event.key] ?? keyed(event.key);
  if (act) {
    event.preventDefault();
    act();
  }
});
