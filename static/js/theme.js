// The theme switch: system, light, dark. The choice lives in a cookie, so that the server draws the first paint right.

const COOKIE = "covdash-theme";
const NAMES = { "": "as the system says", light: "light", dark: "dark" };
const root = document.documentElement;
const button = document.querySelector("[data-theme-switch]");

function show() {
  const name = `Theme: ${NAMES[root.dataset.theme ?? ""]}`;
  button.title = name;
  button.setAttribute("aria-label", name);
}

function choose(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${COOKIE}=${theme}; path=/; samesite=lax; max-age=${theme ? 31536000 : 0}${secure}`;
  show();
  // Charts read their colours from the tokens and must read them again.
  document.dispatchEvent(new CustomEvent("covdash:theme"));
}

if (button) {
  button.hidden = false;
  show();
  button.addEventListener("click", () => {
    const order = ["", "light", "dark"];
    choose(order[(order.indexOf(root.dataset.theme ?? "") + 1) % order.length]);
  });
  // An action of the search, which without script is a form: here the page stays as it is.
  document.addEventListener("submit", (event) => {
    if (event.submitter?.name !== "theme") return;
    event.preventDefault();
    choose(event.submitter.value);
    event.submitter.closest("dialog")?.close();
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("covdash:theme"));
});
