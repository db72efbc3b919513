// Dragging across a chart chooses a span: the same page, with its first and last day as `from` and `to` in the address. The form of
// the page has both as fields, for whoever does not drag, and the chart has keys. `<figure data-brush>`, mounted before by charts.js.

const DAY = 864e5; // milliseconds
const LEAST = 8; // pixels; less is a click, or a hand that thought better of it
const day = (time) => new Date(time).toISOString().slice(0, 10);

function see(from, to, hash = "") {
  const address = new URL(location.href);
  address.searchParams.delete("range");
  address.searchParams.set("from", from);
  address.searchParams.set("to", to);
  address.hash = hash;
  location.assign(address);
}

function brush(figure) {
  const canvas = figure.querySelector("canvas");
  const chart = window.Chart.getChart(canvas);
  const help = figure.querySelector("[data-brush-help]");
  const words = help.textContent;
  const band = document.createElement("div");
  band.className = "chart-band";
  band.hidden = true;
  canvas.after(band);
  help.hidden = false;
  let start = null; // where the drag began, null without one
  let moved = false; // whether what was begun is more than a click

  const place = ({ clientX }) => Math.min(Math.max(clientX - canvas.getBoundingClientRect().left, chart.chartArea.left), chart.chartArea.right);
  const span = (end) => [start, end].sort((one, other) => one - other);
  const days = (end) => span(end).map((x) => day(chart.scales.x.getValueForPixel(x)));

  function stop() {
    start = null;
    band.hidden = true;
    help.textContent = words;
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    start = place(event);
    moved = false;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (start === null) return;
    const end = place(event);
    if (!moved && Math.abs(end - start) < LEAST) return;
    if (!moved) canvas.dispatchEvent(new MouseEvent("mouseout")); // takes what the chart says of a point away
    moved = true;
    const [left, right] = span(end);
    const { top, height } = chart.chartArea;
    Object.assign(band.style, { left: `${left}px`, width: `${right - left}px`, top: `${top}px`, height: `${height}px` });
    band.hidden = false;
    help.textContent = `${days(end).join(" to ")}. Let go to see these days, Escape to stay.`;
  });
  canvas.addEventListener("pointerup", (event) => {
    if (start === null) return;
    const end = place(event);
    const [from, to] = days(end);
    const chosen = moved && Math.abs(end - start) >= LEAST;
    stop();
    if (chosen) see(from, to);
  });
  canvas.addEventListener("pointercancel", stop);
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape" && start !== null) stop(); });

  // The end of a drag is no click on a point, and nothing is told of points on the way.
  canvas.parentElement.addEventListener("click", (event) => { if (moved) event.stopPropagation(); }, true);
  canvas.parentElement.addEventListener("mousemove", (event) => { if (moved && start !== null) event.stopPropagation(); }, true);
}

// `+` shows half of the days, around the point that the arrow keys are at or else the middle, `-` twice as many or the next of the ranges
// of the page, `0` all. The chart keeps the focus on the page that comes, so that a key may be pressed again.
function zoom(figure) {
  const canvas = figure.querySelector("canvas");
  const chart = window.Chart.getChart(canvas);
  const ranges = [...document.querySelectorAll("[data-ranges] a")];
  const say = (words) => { figure.querySelector("[data-chart-voice]").textContent = words; };
  const field = (name) => Date.parse(document.querySelector(`input[name="${name}"]`).value);
  const follow = (link) => (link ? location.assign(`${link.href}#${canvas.id}`) : say("These are all days."));
  const current = ranges.findIndex((link) => link.hasAttribute("aria-current"));

  function narrower() {
    const { min, max } = chart.scales.x;
    const [active] = chart.getActiveElements();
    const middle = active ? chart.data.datasets[active.datasetIndex].data[active.index].x : (min + max) / 2;
    const half = (max - min) / 2;
    const start = Math.min(Math.max(middle - half / 2, min), max - half);
    const [from, to] = [day(start), day(start + half)];
    const left = chart.data.datasets.flatMap(({ data }) => data).filter(({ x, y }) => y !== null && day(x) >= from && day(x) <= to);
    if (new Set(left.map(({ x }) => x)).size < 2 || (from === day(min) && to === day(max))) say("Fewer days would be no line.");
    else see(from, to, canvas.id);
  }

  function wider() {
    if (current >= 0) return follow(ranges[current + 1]);
    const from = field("from") || chart.scales.x.min;
    const to = field("to") || Date.now();
    const span = 2 * Math.max(to - from, DAY);
    const end = Math.min(to + span / 4, Date.now());
    if (end < span) follow(ranges.at(-1)); // before 1970
    else see(day(end - span), day(end), canvas.id);
  }

  const all = () => follow(current === ranges.length - 1 ? null : ranges.at(-1));
  canvas.addEventListener("keydown", (event) => {
    const deed = { "+": narrower, "=": narrower, "-": wider, 0: all }[event.key];
    if (!deed || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    deed();
  });
  if (location.hash === `#${canvas.id}`) canvas.focus();
}

for (const figure of document.querySelectorAll("figure[data-brush]")) {
  brush(figure);
  zoom(figure);
}
