// The account page shows a theme and a density at once, before they are saved.
const apply = { theme: "data-theme", density: "data-density" };

document.addEventListener("change", (event) => {
  const name = apply[event.target.name];
  if (!name || !event.target.closest("[data-preview]")) return;
  const plain = event.target.value === "system" || event.target.value === "comfortable";
  if (plain) document.documentElement.removeAttribute(name);
  else document.documentElement.setAttribute(name, event.target.value);
});
