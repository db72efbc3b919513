// The files of a comparison by key: `v` marks the row with the focus as viewed and back, without loading the page anew; `o` opens and
// closes all; `n` and `p` go along the new lines that nothing covers. Without this module the same buttons and links do it.

const switchedOff = () => document.cookie.split("; ").includes("covdash-keys=off");
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const hunkOf = (row) => (row.nextElementSibling?.matches(".hunk-row") ? row.nextElementSibling : null);

function here() {
  const row = document.activeElement?.closest("tbody tr:has(button[form=viewed]), .hunk-row") ?? document.querySelector("tr:target");
  return row?.matches(".hunk-row") ? row.previousElementSibling : row;
}

function turn(button) {
  const row = button.closest("tr");
  const viewed = button.name === "view";
  const hunk = hunkOf(row);
  const count = document.querySelector("[data-viewed-count]");
  if (hunk?.contains(document.activeElement)) button.focus();
  if (hunk) hunk.hidden = viewed;
  row.classList.toggle("viewed", viewed);
  row.querySelector("[data-viewed-word]").hidden = !viewed;
  button.name = viewed ? "unview" : "view";
  button.firstChild.textContent = viewed ? "Mark as not viewed" : "Mark as viewed";
  count.textContent = Number(count.textContent.replace(/\D/g, "")) + (viewed ? 1 : -1);
}

document.addEventListener("submit", async (event) => {
  const { target: form, submitter: button } = event;
  if (form.id !== "viewed" || !button || button.dataset.plain) return;
  event.preventDefault();
  if (button.hasAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  const answer = await fetch(`${form.action}?part=mark`, { method: "POST", body: new FormData(form, button), credentials: "same-origin" }).catch(() => null);
  button.removeAttribute("aria-busy");
  if (answer?.status === 204) return turn(button);
  button.dataset.plain = "1"; // signed out, or gone: the form itself leads to the page that says so
  form.requestSubmit(button);
});

function step(by) {
  const lines = [...document.querySelectorAll(".hunk-row:not([hidden]) :is(tr.plus.m, tr.plus.p)")];
  if (lines.length === 0) return document.querySelector("[data-open-all=open]")?.click();
  const at = lines.indexOf(document.activeElement);
  const line = lines[(at < 0 && by < 0 ? 0 : at + by + lines.length) % lines.length];
  line.tabIndex = -1;
  line.focus({ preventScroll: true });
  line.scrollIntoView({ block: "center", behavior: calm.matches ? "instant" : "auto" });
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || switchedOff()) return;
  if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
  if (event.key === "v") here()?.querySelector("button[form=viewed]")?.click();
  else if (event.key === "o") document.querySelector("[data-open-all]")?.click();
  else if (event.key === "n") step(1);
  else if (event.key === "p") step(-1);
});
