// The side panel: marks its row, moves focus in, gives it back. A late answer never replaces a newer one.
const panel = () => document.getElementById("panel");
const rowOf = (id) => document.querySelector(`[data-row="${CSS.escape(id)}"]`);
const asked = new Map(); // target -> path of the newest request for it

export const isOpen = () => Boolean(panel()?.children.length);

export function close() {
  document.querySelector("[data-panel-close]")?.click();
}

function mark(row) {
  document.querySelectorAll("[data-row]").forEach((other) => other.toggleAttribute("aria-current", false));
  row?.setAttribute("aria-current", "true");
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target.id) asked.set(event.detail.target.id, event.detail.pathInfo.requestPath);
});
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, pathInfo } = event.detail;
  if (asked.has(target.id) && asked.get(target.id) !== pathInfo.requestPath) event.detail.shouldSwap = false;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "panel") return;
  const shown = panel().querySelector("[data-member]")?.dataset.member;
  if (!shown) return;
  mark(rowOf(shown));
  panel().scrollTop = 0;
  panel().focus({ preventScroll: true });
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-panel-close]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const row = document.querySelector("[data-row][aria-current]");
  asked.set("panel", null);
  history.replaceState({ htmx: true }, "", location.href);
  history.pushState({ htmx: true }, "", link.href);
  panel().replaceChildren();
  row?.querySelector("[data-open]")?.focus();
});
