// Directories open where they stand: their rows are fetched and put below their own. Without this module their names are links.

const table = document.querySelector("table.entries");
const voice = document.createElement("p");
voice.className = "visually-hidden";
voice.setAttribute("role", "status");
table?.closest(".table-box").before(voice);

function equip(link) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "expand";
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-label", `Files of ${link.textContent}`);
  link.before(button);
}
const levelOf = (row) => Number(row.dataset.level ?? 0);

function close(row) {
  while (row.nextElementSibling && levelOf(row.nextElementSibling) > levelOf(row)) row.nextElementSibling.remove();
}

async function open(row, button, link) {
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.dataset.children, { credentials: "same-origin" });
    if (!answer.ok) throw new Error([answer.status, answer.headers.get("X-Request-ID")].filter(Boolean).join(", request "));
    const page = new DOMParser().parseFromString(`<table>${await answer.text()}</table>`, "text/html");
    const level = Math.min(levelOf(row) + 1, 8);
    const rows = [...page.querySelectorAll("tbody > tr")].map((child) => document.importNode(child, true));
    for (const child of rows) {
      child.dataset.level = level;
      child.querySelectorAll("a[data-children]").forEach(equip);
    }
    row.after(...rows);
    button.setAttribute("aria-expanded", "true");
    voice.className = "visually-hidden";
    voice.textContent = `${rows.length} entries of ${link.textContent}`;
  } catch (error) {
    voice.className = "callout callout-error";
    voice.textContent = `${link.textContent} could not be opened (${error.message}). Try again, or follow its name.`;
  }
  button.removeAttribute("aria-busy");
}

table?.querySelectorAll("a[data-children]").forEach(equip);
table?.addEventListener("click", (event) => {
  const button = event.target.closest("button.expand");
  if (!button || button.hasAttribute("aria-busy")) return;
  const row = button.closest("tr");
  if (button.getAttribute("aria-expanded") === "true") {
    close(row);
    button.setAttribute("aria-expanded", "false");
  } else open(row, button, row.querySelector("a[data-children]"));
});
