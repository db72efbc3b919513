// The map is one tab stop: arrow keys go to the tile or point that lies that way, and a line below tells which is looked at.
// Without script each is a tab stop of its own, with the same words as its title.

const map = document.querySelector("[data-map] [role=group]");
const tiles = map ? [...map.querySelectorAll("a")] : [];
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

const middle = (tile) => {
  const box = tile.querySelector("rect, circle").getBBox();
  return [box.x + box.width / 2, box.y + box.height / 2];
};

function towards(from, [x, y]) {
  const [left, top] = middle(from);
  let best = null;
  let least = Infinity;
  for (const tile of tiles) {
    if (tile === from) continue;
    const [across, down] = middle(tile);
    const along = (across - left) * x + (down - top) * y;
    const aside = Math.abs((across - left) * y) + Math.abs((down - top) * x);
    if (along <= 0) continue;
    const cost = along + 2 * aside;
    if (cost < least) [best, least] = [tile, cost];
  }
  return best;
}

tiles.forEach((tile, place) => tile.setAttribute("tabindex", place ? "-1" : "0"));
map?.addEventListener("keydown", (event) => {
  const way = WAYS[event.key];
  const here = event.target.closest("a");
  if (!way || !here || event.ctrlKey || event.metaKey || event.altKey) return;
  const next = towards(here, way);
  if (!next) return;
  event.preventDefault();
  here.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
});

// Not on the picture: SVG that listens to the focus is a tab stop in Chromium.
const figure = document.querySelector("[data-map]");
for (const kind of ["focusin", "pointerover"]) {
  figure?.addEventListener(kind, ({ target }) => {
    const title = target.closest("[role=group] a")?.querySelector("title");
    if (title) figure.querySelector("[data-told]").textContent = title.textContent;
  });
}
