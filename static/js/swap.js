// What htmx leaves open around a swap: the target says that it is busy, the outcome is spoken, a failure is told in words beside
// what was there, with the id of the request, a button that asks again, and a plain link to the same address.

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
  // It is told of failures, too, after which nothing was swapped.
  if (event.detail?.ctx?.response?.status >= 400) return;
  targetOf(event)?.querySelector(".swap-error")?.remove();
  const outcome = document.querySelector("[data-outcome]")?.dataset.outcome;
  const voice = document.querySelector("[data-swap-voice]");
  if (voice && outcome) voice.textContent = outcome;
});

function tell(event) {
  const target = targetOf(event);
  if (!target?.prepend) return;
  target.querySelector(":scope > .swap-error")?.remove();
  const source = event.detail.ctx.sourceElement;
  const form = source?.form;
  const response = event.detail.ctx.response;
  const number = response?.headers.get("X-Request-ID");
  const box = document.createElement("div");
  box.className = "callout callout-error swap-error";
  box.setAttribute("role", "alert");
  const text = document.createElement("p");
  text.textContent = `This part could not be loaded: the server ${response?.status ? `answered ${response.status}` : "did not answer"}${number ? `, request ${number}` : ""}. `;
  const again = document.createElement("button");
  again.type = "button";
  again.className = "button button-small";
  again.textContent = "Try again";
  // What asks is a filter that listens for this event, too.
  again.addEventListener("click", () => source?.dispatchEvent(new Event("search", { bubbles: true })));
  const link = document.createElement("a");
  link.href = form ? `${form.action}?${new URLSearchParams(new FormData(form))}` : location.href;
  link.textContent = "Open the page instead";
  text.append(again, " ", link);
  box.append(text);
  target.prepend(box);
}

document.addEventListener("htmx:response:error", tell);
document.addEventListener("htmx:error", tell);
