// A switch beside each password field that shows what was typed.

for (const field of document.querySelectorAll('input[type="password"]')) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet field-peek";
  const show = (seen) => {
    field.type = seen ? "text" : "password";
    button.textContent = seen ? "Hide" : "Show";
    button.setAttribute("aria-label", `${seen ? "Hide" : "Show"} the password`);
    button.setAttribute("aria-pressed", String(seen));
  };
  button.addEventListener("click", () => show(field.type === "password"));
  const row = document.createElement("div");
  row.className = "field-row";
  field.replaceWith(row);
  row.append(field, button);
  show(false);
  field.form?.addEventListener("submit", () => show(false));
}
