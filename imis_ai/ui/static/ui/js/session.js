// Two minutes before a session ends it asks; afterwards the page keeps what was typed until one signs in again.
const WARNING = 120; // seconds
const box = document.getElementById("session");
let timer;

function plan(left) {
  clearTimeout(timer);
  timer = setTimeout(look, Math.max(1, Math.min(left - WARNING, 86400)) * 1000);
}

async function ask(method) {
  const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
  const headers = { "X-CSRFToken": token, Accept: "application/json" };
  try {
    const answer = await fetch(box.dataset.address, { method, headers, redirect: "manual" });
    return answer.ok ? await answer.json() : { left: 0 };
  } catch {
    return null; // no network: nothing is known
  }
}

async function look() {
  const state = await ask("GET");
  if (!state) return plan(WARNING + 30);
  if (state.left > WARNING) return plan(state.left);
  show(state);
  if (state.left > 0) timer = setTimeout(over, state.left * 1000);
}

function show(state) {
  const isOver = state.left <= 0;
  box.querySelector("h2").textContent = isOver ? "You are signed out" : "You will be signed out soon";
  box.querySelector("[data-warning]").hidden = isOver;
  box.querySelector("[data-over]").hidden = !isOver;
  box.querySelector("[data-stay]").hidden = isOver || !state.extends;
  box.querySelector("[data-again]").hidden = !isOver;
  if (!box.open) box.showModal();
}

function goOn(left) {
  box.close();
  plan(left);
}

async function over() {
  const state = await ask("GET");
  if (state?.left > WARNING) goOn(state.left);
  else show({ left: 0 });
}

// Somebody signed in again on a second page: this one goes on with the new token, unless it is somebody else.
async function back() {
  if (!box.open || document.hidden) return;
  const state = await ask("GET");
  if (!state?.left) return;
  if (state.who !== document.body.dataset.who) return location.reload();
  document.querySelectorAll("input[name=csrfmiddlewaretoken]").forEach((field) => { field.value = state.token; });
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": state.token }));
  if (state.left > WARNING) goOn(state.left);
}

if (box) {
  plan(Number(document.body.dataset.session));
  box.addEventListener("cancel", (event) => {
    if (!box.querySelector("[data-over]").hidden) event.preventDefault();
  });
  box.querySelector("[data-stay]").addEventListener("click", async () => {
    const state = await ask("POST");
    if (state?.left > WARNING) goOn(state.left);
    else show({ left: 0 });
  });
  document.addEventListener("session-look", look);
  document.addEventListener("visibilitychange", back);
  window.addEventListener("focus", back);
}
