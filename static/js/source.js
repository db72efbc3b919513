// The source view: zones by key, lines loaded where the reader scrolls, ranges of lines, the minimap as a scroll bar.
// One delegated listener each; without this module every link still leads where it says.

const box = document.querySelector("[data-source]");
const bar = document.querySelector("[data-zone-bar]");
const zones = [...document.querySelectorAll("[data-zone]")].map((link) => {
  const [first, last] = link.dataset.zone.split("-").map(Number);
  return { first, last, link };
});
const above = Number(bar?.dataset.zoneBar) || 0;
const voice = document.querySelector("[data-zone-at]");
const steps = { "-1": document.querySelector("[data-zone-before]"), 1: document.querySelector("[data-zone-after]") };
const total = voice ? Number(voice.textContent.replace(/\D+/g, " ").trim().split(" ").pop()) || zones.length : 0;
const switchedOff = () => document.cookie.split("; ").includes("covdash-keys=off");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const rowOf = (line) => document.getElementById(`L${line}`);
const gapOf = (line) => [...document.querySelectorAll(".lines-gap, .lines-fold")].find((gap) => gap.dataset.first <= line && line <= gap.dataset.last);

async function fill(gap) {
  if (gap.loading) return gap.loading;
  gap.setAttribute("aria-busy", "true");
  gap.loading = (async () => {
    try {
      const answer = await fetch(gap.dataset.part, { credentials: "same-origin" });
      if (!answer.ok) throw new Error([answer.status, answer.headers.get("X-Request-ID")].filter(Boolean).join(", request "));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      gap.replaceWith(...[...page.querySelectorAll(".lines")].map((part) => document.importNode(part, true)));
    } catch (error) {
      gap.removeAttribute("aria-busy");
      gap.loading = null;
      const link = gap.querySelector("a");
      link.dataset.name ??= link.textContent;
      link.textContent = `${link.dataset.name} could not be loaded (${error.message}). Open them as a page.`;
      if (gap.querySelector("button")) return;
      const again = document.createElement("button");
      again.type = "button";
      again.className = "button button-small";
      again.textContent = "Try again";
      again.addEventListener("click", () => fill(gap));
      link.before(again);
    }
  })();
  return gap.loading;
}

const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    watch.unobserve(entry.target);
    fill(entry.target);
  }
}, { rootMargin: "1200px 0px" });
document.querySelectorAll(".lines-gap").forEach((gap) => watch.observe(gap));

async function show(line, { select = true } = {}) {
  const gap = gapOf(line);
  if (gap) await fill(gap);
  const row = rowOf(line);
  if (!row) return;
  if (select) location.replace(`#L${line}`);
  row.scrollIntoView({ block: "center", behavior: calm.matches ? "instant" : "auto" });
}

// Zones

function lineInView() {
  const middle = innerHeight / 3;
  let row = document.elementsFromPoint(box.getBoundingClientRect().left + 24, middle).map((hit) => hit.closest(".src tr")).find(Boolean);
  while (row && !row.id) row = row.previousElementSibling; // a row that a diff removed is behind the line above it
  return row ? Number(row.id.slice(1)) : 0;
}
function selected() {
  const match = /^#L(\d+)/.exec(location.hash);
  return match ? Number(match[1]) : 0;
}
function follow(index) {
  if (voice) voice.textContent = `${voice.dataset.zoneAt} ${above + index + 1} of ${total}, ${zones[index].link.firstElementChild.textContent}`;
}
function goZone(step) {
  if (zones.length === 0) return false;
  const from = selected() || lineInView();
  let next = step > 0 ? zones.findIndex((zone) => zone.first > from) : zones.findLastIndex((zone) => zone.last < from);
  if (next < 0 && zones.length < total) {
    // Only the zones around a line are listed: those beyond come with another page.
    location.assign(zones.at(step > 0 ? -1 : 0).link.href);
    return true;
  }
  if (next < 0) next = step > 0 ? 0 : zones.length - 1;
  follow(next);
  show(zones[next].first);
  return true;
}
for (const [step, link] of Object.entries(steps)) {
  link?.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || !goZone(Number(step))) return;
    event.preventDefault();
  });
}

// Folded lines open where they are.
box?.addEventListener("click", async (event) => {
  const fold = event.target.closest(".lines-fold");
  if (!fold || event.ctrlKey || event.metaKey || event.shiftKey || !event.target.closest("a")) return;
  event.preventDefault();
  await fill(fold);
  rowOf(fold.dataset.first)?.querySelector("a")?.focus({ preventScroll: true });
});

// A link to a line of this page scrolls instead of loading it anew.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-zone], .chips a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const line = Number(/#L(\d+)$/.exec(link.getAttribute("href"))?.[1]);
  if (!line || !(rowOf(line) || gapOf(line))) return;
  event.preventDefault();
  link.closest("details.menu")?.removeAttribute("open");
  const index = zones.findIndex((zone) => zone.first <= line && line <= zone.last);
  if (index >= 0) follow(index);
  show(line);
});

document.querySelector("[data-go-line]")?.addEventListener("submit", (event) => {
  const line = Number(new FormData(event.target).get("line"));
  if (!(rowOf(line) || gapOf(line))) return;
  event.preventDefault();
  show(line);
});

// Ranges: shift-click on a second line number, `#L88-L104` in the address.

function mark() {
  document.querySelectorAll(".src tr.here").forEach((row) => row.classList.remove("here"));
  const match = /^#L(\d+)(?:-L(\d+))?$/.exec(location.hash);
  if (!match) return;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  for (let line = Math.min(first, last); line <= Math.max(first, last) && line < first + 5000; line += 1) rowOf(line)?.classList.add("here");
}
box?.addEventListener("click", (event) => {
  const link = event.target.closest("th a");
  const from = selected();
  if (!link || !event.shiftKey || !from) return;
  event.preventDefault();
  const to = Number(link.hash.slice(2));
  history.replaceState(null, "", `#L${Math.min(from, to)}-L${Math.max(from, to)}`);
  mark();
});
async function arrive() {
  const line = selected();
  if (line && (gapOf(line) || location.hash.includes("-"))) await show(line, { select: false });
  mark();
}
addEventListener("hashchange", arrive);
if (location.hash) arrive();

// The minimap is a scroll bar for the mouse; the list of zones is its twin for everybody else.

const map = document.querySelector("[data-minimap]");
map?.addEventListener("click", (event) => {
  const frame = map.getBoundingClientRect();
  const line = Math.ceil(((event.clientY - frame.top) / frame.height) * Number(map.dataset.lines));
  show(Math.max(line, 1), { select: false });
});

// Keys

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
const keys = {
  n: () => goZone(1),
  p: () => goZone(-1),
  1: () => zones.length > 0 && (follow(0), show(zones[0].first)),
  0: () => scrollTo({ top: 0 }),
  c: () => box.classList.toggle("show-covered"),
  w: () => box.classList.toggle("wrap"),
  N: () => document.querySelector("[data-next-file]")?.click(),
  P: () => document.querySelector("[data-previous-file]")?.click(),
  d: () => document.querySelector("[data-diff]")?.click(),
  f: () => document.getElementById("functions")?.focus(),
  l: () => bar.querySelector("[name=line]")?.focus(),
};
document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !box || switchedOff() || typing(event.target)) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
