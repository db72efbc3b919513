// The search dialog: Ctrl-K (or Cmd-K), `/` where a page has no filter of its own, or the link in the top bar. A combobox over a list of
// links that the server makes; without script the link leads to the search page. The link beside "Projects" opens it for projects alone.

const link = document.querySelector("[data-search]");
const switcher = document.querySelector("[data-switch]");
const PROJECTS = "p:";
const WAIT = 150;
const RECENT = "covdash-recent";
let dialog, field, list, voice, timer, asked = 0, chosen = -1, scope;

const hits = () => [...list.querySelectorAll("[data-hit]")];

function build() {
  dialog = document.createElement("dialog");
  dialog.className = "palette";
  dialog.innerHTML = '<input type="search" role="combobox" aria-expanded="true" aria-controls="palette-list" aria-autocomplete="list" autocomplete="off" autocapitalize="none" spellcheck="false"><div id="palette-list" class="palette-list" role="listbox" aria-label="Results"></div><p class="visually-hidden" role="status"></p>';
  document.body.append(dialog);
  [field, list, voice] = dialog.children;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  dialog.addEventListener("keydown", keys);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  list.addEventListener("click", (event) => {
    const hit = event.target.closest("[data-hit]");
    if (hit) remember(hit);
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
  try {
    const answer = await fetch(`/search?${query}`, { credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== asked || !answer.ok) return;
    const found = page.querySelector("[data-results]");
    show([document.importNode(found, true)], `${found.dataset.results} results`);
  } catch {
    voice.textContent = "The server did not answer.";
  }
}

function keys(event) {
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if (event.key === "Enter" && chosen >= 0) {
    const hit = hits()[chosen];
    remember(hit);
    location.assign(hit.href);
  } else if (event.key === "Escape" && !event.isComposing) dialog.close(); // at once: the field would only empty itself
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
