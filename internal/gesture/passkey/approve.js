"use strict";
// The one script of the page: it asks the browser for a passkey's answer to what the page
// shows, and posts it to where the page came from.
(() => {
  const button = document.getElementById("act");
  const outcome = document.getElementById("outcome");
  const options = JSON.parse(button.dataset.options);
  const enrol = button.dataset.enrol === "true";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const named = (list) => list.map((c) => ({ ...c, id: bytes(c.id) }));

  async function ask() {
    const publicKey = { ...options, challenge: bytes(options.challenge) };
    if (enrol) {
      publicKey.user = { ...options.user, id: bytes(options.user.id) };
      publicKey.excludeCredentials = named(options.excludeCredentials);
      return navigator.credentials.create({ publicKey });
    }
    publicKey.allowCredentials = named(options.allowCredentials);
    return navigator.credentials.get({ publicKey });
  }

  function answer(credential) {
    const r = credential.response;
    const response = enrol
      ? { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject) }
      : { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature) };
    return JSON.stringify({
      id: credential.id, rawId: text(credential.rawId), type: credential.type,
      clientExtensionResults: {}, response,
    });
  }

  function say(state, words) {
    outcome.className = state;
    outcome.textContent = words;
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    say("", "Waiting for the passkey.");
    try {
      const body = answer(await ask());
      const reply = await fetch(location.pathname, { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (!reply.ok) throw new Error(await reply.text());
      say("good", button.dataset.done);
    } catch (error) {
      say("bad", "Not done: " + error.message);
      button.disabled = false;
    }
  });
})();
