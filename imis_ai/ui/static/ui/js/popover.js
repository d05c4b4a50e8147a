// Popovers are details elements: one at a time, closed by a click elsewhere.
document.addEventListener("toggle", (event) => {
  if (!event.target.matches?.("details.pop") || !event.target.open) return;
  document.querySelectorAll("details.pop[open]").forEach((other) => { if (other !== event.target) other.open = false; });
}, true);
document.addEventListener("click", (event) => {
  document.querySelectorAll("details.pop[open]").forEach((open) => { if (!open.contains(event.target)) open.open = false; });
});
