// What htmx leaves open around a swap: the target says that it is busy, the outcome is spoken, a failure is told in words beside
// what was there, with a plain link to the same address.

const BUSY_AFTER = 300;
const timers = new WeakMap();
const targetOf = (event) => event.detail?.ctx?.target;

document.addEventListener("htmx:before:request", (event) => {
  const target = targetOf(event);
  if (target?.setAttribute) timers.set(target, setTimeout(() => target.setAttribute("aria-busy", "true"), BUSY_AFTER));
});

document.addEventListener("htmx:finally:request", (event) => {
  const target = targetOf(event);
  if (!target?.removeAttribute) return;
  clearTimeout(timers.get(target));
  target.removeAttribute("aria-busy");
});

document.addEventListener("htmx:after:swap", (event) => {
  targetOf(event)?.querySelector(".swap-error")?.remove();
  const outcome = document.querySelector("[data-outcome]")?.dataset.outcome;
  const voice = document.querySelector("[data-swap-voice]");
  if (voice && outcome) voice.textContent = outcome;
});

function tell(event) {
  const target = targetOf(event);
  const source = event.detail?.ctx?.sourceElement;
  if (!target?.prepend || target.querySelector(":scope > .swap-error")) return;
  const status = event.detail.ctx.response?.status;
  const box = document.createElement("div");
  box.className = "callout callout-error swap-error";
  box.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = status ? `This part could not be loaded: the server answered ${status}. ` : "This part could not be loaded: the server did not answer. ";
  const link = document.createElement("a");
  link.href = source?.href ?? location.href;
  link.textContent = "Open the page instead";
  text.append(link);
  box.append(text);
  target.prepend(box);
}

document.addEventListener("htmx:response:error", tell);
document.addEventListener("htmx:error", tell);
