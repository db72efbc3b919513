// Keys that work on every page: `g` and a letter goes somewhere, `.` or `/` to the filter, `?` to the help, j and k through rows, h up.
// Never inside a field, never with a modifier, and never when switched off (cookie covdash-keys=off, see the help page).

const PLACES = { p: "/", o: "overview", m: "map", f: "files", a: "arms", b: "branches", c: "commits", r: "review", t: "trends", u: "uploads", s: "settings" };
const COOKIE = "covdash-keys";
let going = 0;

const switchedOff = () => document.cookie.split("; ").includes(`${COOKIE}=off`);
const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

function go(key) {
  const place = PLACES[key];
  if (place === "/") location.assign("/");
  else if (place) document.querySelector(`.tabs [data-place="${place}"]`)?.click();
}

function row(step) {
  const links = [...document.querySelectorAll("tbody tr [data-row]")];
  if (links.length === 0) return;
  const at = links.indexOf(document.activeElement?.closest("tr")?.querySelector("[data-row]"));
  links[Math.min(Math.max(at + step, 0), links.length - 1)].focus();
}

// The same view at the commit it shows, so that the address means the same tomorrow.
function permalink() {
  const sha = document.querySelector("[data-commit]")?.dataset.commit;
  if (!sha) return;
  const address = new URL(location.href);
  address.searchParams.delete("branch");
  address.searchParams.set("commit", sha);
  location.replace(address);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || switchedOff()) return;
  if (event.key === "Escape" && typing(event.target)) return event.target.blur();
  if (typing(event.target)) return;
  if (going && Date.now() - going < 1500) {
    going = 0;
    event.preventDefault(); // the second letter is no key of the page
    return go(event.key);
  }
  going = 0;
  const filter = document.querySelector("[data-filter]");
  if (event.key === "g") going = Date.now();
  else if (event.key === "?") location.assign("/help");
  else if ((event.key === "." || event.key === "/") && filter) {
    event.preventDefault();
    filter.focus();
  } else if (event.key === "/") {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("covdash:search"));
  } else if (event.key === "j") row(1);
  else if (event.key === "k") row(-1);
  else if (event.key === "h") document.querySelector("[data-up]")?.click();
  else if (event.key === "y") permalink();
});

// A menu closes with Escape and when the reader goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

const keySwitch = document.querySelector("[data-keys-switch]");
if (keySwitch) {
  keySwitch.closest("[hidden]")?.removeAttribute("hidden");
  keySwitch.checked = !switchedOff();
  keySwitch.addEventListener("change", () => {
    document.cookie = `${COOKIE}=off; path=/; samesite=lax; max-age=${keySwitch.checked ? 0 : 31536000}`;
  });
}
