// The side panel: marks its row, moves focus in, gives it back.
const panel = () => document.getElementById("panel");
const rowOf = (id) => document.querySelector(`[data-row="${CSS.escape(id)}"]`);

export const isOpen = () => Boolean(panel()?.children.length);

export function close() {
  document.querySelector("[data-panel-close]")?.click();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "panel") return;
  const shown = event.detail.target.querySelector("[data-member]")?.dataset.member;
  const before = document.querySelector("[data-row][aria-current]");
  document.querySelectorAll("[data-row]").forEach((row) => row.toggleAttribute("aria-current", false));
  if (shown) {
    rowOf(shown)?.setAttribute("aria-current", "true");
    event.detail.target.scrollTop = 0;
    event.detail.target.focus({ preventScroll: true });
  } else {
    before?.setAttribute("aria-current", "true");
    before?.querySelector("[data-open]")?.focus();
  }
});
