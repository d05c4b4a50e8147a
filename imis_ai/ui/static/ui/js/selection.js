// Checkboxes of a list: the header selects the page, Shift selects a range, the bar counts.
let last = null;

const boxes = () => [...document.querySelectorAll("[data-pick]")];

function show() {
  const all = boxes();
  let picked = all.filter((box) => box.checked).length;
  const matching = document.querySelector("[data-pick-matching]"); // beyond this page, once all of it is chosen
  if (matching) {
    matching.closest("label").hidden = picked < all.length;
    if (picked < all.length) matching.checked = false;
    if (matching.checked) picked = matching.dataset.pickMatching;
  }
  document.querySelectorAll("[data-count]").forEach((place) => { place.textContent = picked; });
  const head = document.querySelector("[data-pick-all]");
  if (head) {
    const here = all.filter((box) => box.checked).length;
    head.checked = here > 0 && here === all.length;
    head.indeterminate = here > 0 && here < all.length;
  }
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-pick]");
  if (box) {
    const all = boxes();
    if (event.shiftKey && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
    }
    last = box;
    show();
  } else if (event.target.closest("[data-pick-matching]")) {
    show();
  } else if (event.target.closest("[data-pick-all]")) {
    const on = event.target.closest("[data-pick-all]").checked;
    boxes().forEach((other) => { other.checked = on; });
    show();
  } else if (event.target.closest("[data-clear]")) {
    boxes().forEach((other) => { other.checked = false; });
    show();
    document.querySelector("[data-pick-all]")?.focus();
  }
});
document.addEventListener("htmx:afterSettle", show);
show();
