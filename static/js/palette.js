// The search dialog: Ctrl-K (or Cmd-K), `/` where a page has no filter of its own, or the link in the top bar. A combobox over a list of
// links, and of actions, which are buttons of a form, that the server makes; without script the link leads to the search page. The link
// beside "Projects" opens it for projects alone.

const link = document.querySelector("[data-search]");
const switcher = document.querySelector("[data-switch]");
const PROJECTS = "p:";
const WAIT = 150;
const RECENT = "covdash-recent";
const PATIENCE = 15000;
let dialog, field, list, error, voice, timer, asked = 0, chosen = -1, scope;

const hits = () => [...list.querySelectorAll("[data-hit]")];

function build() {
  dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.innerHTML = '<input type="search" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" autocomplete="off" autocapitalize="none" spellcheck="false"><div id="palette-list" class="palette-list" role="listbox" aria-label="Results"></div><p class="palette-error" hidden><span></span> <button type="button" class="button button-small">Try again</button></p><p class="visually-hidden" role="status"></p>';
  document.body.append(dialog);
  [field, list, error, voice] = dialog.children;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  error.lastElementChild.addEventListener("click", again);
  dialog.addEventListener("keydown", keys);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  list.addEventListener("click", (event) => {
    const hit = event.target.closest("[data-hit]");
    if (hit?.href) remember(hit);
  });
}

function recent() {
  try {
    return JSON.parse(sessionStorage.getItem(RECENT)) ?? [];
  } catch {
    return [];
  }
}

function remember(hit) {
  const entry = { href: hit.getAttribute("href"), text: hit.textContent.trim() };
  const kept = recent().filter((other) => other.href !== entry.href).slice(0, 4);
  sessionStorage.setItem(RECENT, JSON.stringify([entry, ...kept]));
}

function choose(at) {
  const all = hits();
  all.forEach((hit) => hit.removeAttribute("aria-selected"));
  chosen = all.length ? (at + all.length) % all.length : -1;
  if (chosen < 0) return field.removeAttribute("aria-activedescendant");
  const option = all[chosen];
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", option.id);
}

function show(nodes, said) {
  error.hidden = true;
  list.replaceChildren(...nodes);
  // a listbox holds options and groups of them; its headings are the names of the groups
  list.querySelectorAll("h2").forEach((heading) => heading.setAttribute("role", "presentation"));
  hits().forEach((hit, place) => {
    hit.tabIndex = -1;
    hit.id = `palette-${place}`;
    hit.setAttribute("role", "option");
    hit.parentElement.setAttribute("role", "presentation");
    hit.closest("ul")?.setAttribute("role", "group");
  });
  voice.textContent = said;
  choose(0);
}

async function ask() {
  const text = field.value.trim();
  const turn = ++asked;
  if (!text && !scope) {
    const group = document.createElement("ul");
    for (const { href, text: words } of recent()) {
      const item = document.createElement("li");
      const hit = document.createElement("a");
      hit.href = href;
      hit.dataset.hit = "";
      hit.textContent = words;
      item.append(hit);
      group.append(item);
    }
    return show(group.children.length ? [group] : [], "");
  }
  const query = new URLSearchParams({ q: scope + text, part: "results", ...(!scope && link.dataset.search && { in: link.dataset.search }) });
  let failure = "did not answer";
  try {
    const answer = await fetch(`/search?${query}`, { credentials: "same-origin", signal: AbortSignal.timeout(PATIENCE) });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== asked) return;
    const found = answer.ok && page.querySelector("[data-results]");
    if (found) return show([document.importNode(found, true)], found.dataset.results);
    const number = answer.headers.get("X-Request-ID");
    failure = `answered ${answer.status}${number ? `, request ${number}` : ""}`;
  } catch {
    // The network failed, or it took too long.
  }
  if (turn !== asked) return;
  show([], `Nothing was looked up: the server ${failure}.`);
  error.firstElementChild.textContent = voice.textContent;
  error.hidden = false;
}

function again() {
  field.focus();
  ask();
}

function keys(event) {
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if (event.key === "Enter" && chosen >= 0) {
    hits()[chosen].click();
  } else if (event.key === "Enter" && event.target === field && !error.hidden) again();
  else if (event.key === "Escape" && !event.isComposing) dialog.close(); // at once: the field would only empty itself
  else return;
  event.preventDefault();
}

function open(within = "") {
  if (!dialog) build();
  if (dialog.open) return;
  if (scope !== within) field.value = "";
  scope = within;
  const name = scope ? "Switch project" : "Search";
  dialog.setAttribute("aria-label", name);
  field.setAttribute("aria-label", name);
  field.placeholder = scope || !link.dataset.search ? "Search projects" : `Search ${link.dataset.search}`;
  dialog.showModal();
  field.select();
  ask();
}

if (link) {
  for (const [opener, within] of [[link, ""], [switcher, PROJECTS]]) {
    opener.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(within);
    });
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("covdash:search", () => open());
}
