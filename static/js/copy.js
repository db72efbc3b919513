// Copy buttons: `<button data-copy="text" hidden>`. They appear only where they work, and say "Copied" aloud.

const voice = document.createElement("p");
voice.className = "visually-hidden";
voice.setAttribute("role", "status");

function plain(text) {
  // Without a secure context there is no clipboard; a selected field and the old command still work there.
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

async function copy(text) {
  if (!navigator.clipboard) return plain(text);
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return plain(text);
  }
}

function reveal(within) {
  for (const button of within.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const done = await copy(button.dataset.copy);
  button.focus();
  voice.textContent = "";
  if (done) button.dataset.copied = "";
  requestAnimationFrame(() => { voice.textContent = done ? "Copied" : "Could not copy; select the text instead"; });
  setTimeout(() => delete button.dataset.copied, 1500);
});

document.querySelector("main")?.append(voice);
reveal(document);
document.addEventListener("covdash:swapped", (event) => reveal(event.target));
document.addEventListener("htmx:after:swap", () => reveal(document));
