// Asks the browser for a passkey and sends what it answers. Loaded only where passkeys are.
const form = document.querySelector("[data-passkey]");
const go = form?.querySelector("[data-passkey-go]");
const problem = form?.querySelector("[data-passkey-problem]");

async function credential() {
  const options = JSON.parse(form.dataset.options).publicKey;
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
}

function say(text) {
  problem.textContent = text;
  problem.hidden = false;
}

go?.addEventListener("click", async () => {
  problem.hidden = true;
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    say("This browser cannot use passkeys here. Use a code from an app, or a newer browser.");
    return;
  }
  try {
    const answer = await credential();
    form.querySelector("[name=credential]").value = JSON.stringify(answer.toJSON());
    form.submit();
  } catch {
    say("The passkey was not used. Try again, or take another way.");
  }
});
