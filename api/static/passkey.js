// Asks the browser for a passkey and sends its answer as a form. No library, no request of its own.
"use strict";

(() => {
  const form = document.getElementById("passkey");
  const button = document.getElementById("use-passkey");
  const failed = document.getElementById("passkey-failed");
  if (!form || !window.PublicKeyCredential) return;

  const toBytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");

  const ask = async () => {
    const asked = JSON.parse(form.dataset.options);
    asked.challenge = toBytes(asked.challenge);
    for (const known of asked.allowCredentials ?? []) known.id = toBytes(known.id);
    const given = await navigator.credentials.get({ publicKey: asked });
    return JSON.stringify({
      id: given.id,
      rawId: toText(given.rawId),
      type: given.type,
      response: {
        clientDataJSON: toText(given.response.clientDataJSON),
        authenticatorData: toText(given.response.authenticatorData),
        signature: toText(given.response.signature),
        userHandle: given.response.userHandle ? toText(given.response.userHandle) : null,
      },
    });
  };

  button.hidden = false;
  button.addEventListener("click", async () => {
    failed.hidden = true;
    button.disabled = true;
    try {
      form.elements.response.value = await ask();
      form.submit();
    } catch {
      failed.hidden = false;
      button.disabled = false;
    }
  });
})();
