// The two halves of a ceremony: options from the desk to the passkey, and what
// it gave back to the desk. WebAuthn does the rest.
"use strict";

const post = async (path, body) => {
  const answer = await fetch(path, { method: "POST", body, headers: { "Content-Type": "application/json", Accept: "application/json" } });
  const text = await answer.text();
  let value = {};
  try { value = JSON.parse(text); } catch { value = { detail: text }; }
  if (!answer.ok) throw new Error(value.detail || answer.statusText);
  return value;
};

const ceremonies = {
  create: (o) => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(o.publicKey) }),
  get: (o) => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(o.publicKey) }),
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const wrong = form.querySelector(".wrong"), button = form.querySelector("button");
    wrong.textContent = "";
    button.disabled = true;
    try {
      const options = await post(form.dataset.begin, "");
      const credential = await ceremonies[form.dataset.passkey](options);
      let finish = form.dataset.finish;
      const name = form.elements.namedItem("name");
      if (name) finish += "?name=" + encodeURIComponent(name.value);
      const { then } = await post(finish, JSON.stringify(credential));
      location.assign(then);
    } catch (err) {
      wrong.textContent = err.message;
      button.disabled = false;
    }
  });
}
