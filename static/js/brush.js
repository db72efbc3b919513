// Dragging across a chart chooses a span: the same page, with its first and last day as `from` and `to` in the address. The form of
// the page has both as fields, for whoever does not drag. `<figure data-brush>`, mounted before by charts.js.

const LEAST = 8; // pixels; less is a click, or a hand that thought better of it
const day = (time) => new Date(time).toISOString().slice(0, 10);

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
    if (!chosen) return;
    const address = new URL(location.href);
    address.searchParams.delete("range");
    address.searchParams.set("from", from);
    address.searchParams.set("to", to);
    location.assign(address);
  });
  canvas.addEventListener("pointercancel", stop);
  document.addEventListener("keydown", ({ key }) => { if (key === "Escape" && start !== null) stop(); });

  // The end of a drag is no click on a point, and nothing is told of points on the way.
  canvas.parentElement.addEventListener("click", (event) => { if (moved) event.stopPropagation(); }, true);
  canvas.parentElement.addEventListener("mousemove", (event) => { if (moved && start !== null) event.stopPropagation(); }, true);
}

for (const figure of document.querySelectorAll("figure[data-brush]")) brush(figure);
