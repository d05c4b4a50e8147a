// Search and help open in the one dialog of the page; their addresses stay pages of their own.
const dialog = document.getElementById("dialog");

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== dialog || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("input")?.focus();
});
dialog?.addEventListener("close", () => { dialog.replaceChildren(); });
dialog?.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-dialog-close]")) dialog.close();
});
dialog?.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const links = [...dialog.querySelectorAll(".found a")];
  if (!links.length) return;
  event.preventDefault();
  const at = links.indexOf(document.activeElement);
  const to = at + (event.key === "ArrowDown" ? 1 : -1);
  if (to < 0) dialog.querySelector("input")?.focus();
  else links[Math.min(to, links.length - 1)].focus();
});
