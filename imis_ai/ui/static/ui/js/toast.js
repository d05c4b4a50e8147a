// Messages stay 12 seconds, longer while the pointer or the focus is on them.
const STAY = 12000;

function arm(toast) {
  let timer = setTimeout(() => toast.remove(), STAY);
  const hold = () => clearTimeout(timer);
  const again = () => { timer = setTimeout(() => toast.remove(), STAY); };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("pointerleave", again);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", again);
  toast.querySelector("[data-close]")?.addEventListener("click", () => toast.remove());
}

document.querySelectorAll("[data-toast]").forEach(arm);
