// Mounts every chart of the page: `<figure data-chart="id of a JSON block">` with a canvas. The server built the whole config (plain
// data, no callbacks); here it gets colours from the tokens, words for its numbers, keys, marks, and a switch for each series.
// Chart.js is loaded before, with `defer`.

const { Chart } = window;
const ENDS = 96; // pixels for the names at the ends of lines, on charts that have the room
const NAMES = 20; // and for those of marks
const STEPS = { millisecond: 1, second: 1e3, minute: 6e4, hour: 36e5, day: 864e5, week: 6048e5, month: 2629746e3, year: 31556952e3 };
const day = (time) => new Date(time).toISOString().slice(0, 10);

// Time in UTC without a date library, in the units that ticks are made of.
Chart._adapters._date.override({
  formats: () => Object.fromEntries(Object.keys(STEPS).map((unit) => [unit, unit])),
  parse: (value) => (value === null || value === undefined ? null : +new Date(value)),
  format: (time, unit) => {
    if (unit === "year") return day(time).slice(0, 4);
    if (unit === "month") return day(time).slice(0, 7);
    return STEPS[unit] < STEPS.day ? new Date(time).toISOString().slice(5, 16).replace("T", " ") : day(time);
  },
  add: (time, amount, unit) => {
    const date = new Date(time);
    if (unit === "month") return date.setUTCMonth(date.getUTCMonth() + amount);
    if (unit === "year") return date.setUTCFullYear(date.getUTCFullYear() + amount);
    return time + amount * STEPS[unit];
  },
  diff: (late, early, unit) => (late - early) / STEPS[unit],
  startOf: (time, unit) => {
    const date = new Date(time);
    if (unit === "week") {
      date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
      return date.setUTCHours(0, 0, 0, 0);
    }
    if (unit === "year") return Date.UTC(date.getUTCFullYear(), 0);
    if (unit === "month") return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
    return time - (((time % STEPS[unit]) + STEPS[unit]) % STEPS[unit]);
  },
  endOf(time, unit) { return this.add(this.startOf(time, unit), 1, unit) - 1; },
});

const probe = document.createElement("span");
probe.hidden = true;
document.body.append(probe);

function token(name) {
  // A custom property keeps `light-dark(...)` as written; a colour is resolved.
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function hatch(colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  for (const from of [-6, 0, 6]) {
    pen.moveTo(from, 6);
    pen.lineTo(from + 6, 0);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

function line(ctx, dash, from, to) {
  ctx.beginPath();
  ctx.setLineDash(dash);
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

// What stands behind and beside the lines: bands without a report, floors, moments that explain a step (their names are links above the
// plot), names at the ends of lines.
const marks = ({ items, bands, floors }, open) => ({
  id: "marks",
  beforeDatasetsDraw({ ctx, chartArea: { left, right, top, bottom }, scales: { x, y } }) {
    ctx.save();
    ctx.font = `11px ${Chart.defaults.font.family}`;
    ctx.fillStyle = hatch(token("line"));
    for (const [from, to] of bands.map((band) => band.map((time) => x.getPixelForValue(time)))) ctx.fillRect(from, top, to - from, bottom - top);
    ctx.strokeStyle = ctx.fillStyle = token("muted");
    for (const floor of floors) {
      const at = y.getPixelForValue(floor);
      line(ctx, [8, 4], [left, at], [right, at]);
      ctx.fillText("floor", left + 4, at - 3);
    }
    ctx.restore();
  },
  afterDatasetsDraw(chart) {
    const { ctx, chartArea: { left, right, top, bottom } } = chart;
    ctx.save();
    ctx.font = `11px ${Chart.defaults.font.family}`;
    ctx.strokeStyle = ctx.fillStyle = token("text");
    let free = left;
    for (const item of items) {
      const at = chart.scales.x.getPixelForValue(item.x);
      line(ctx, item.dash, [at, top - NAMES], [at, bottom]);
      const wide = ctx.measureText(item.text).width;
      item.from = item.to = Math.min(at + 3, right - wide);
      if (item.from < free) continue;
      ctx.fillText(item.text, item.from, top - 8);
      if (item.href) ctx.fillRect(item.from, top - 6, wide, 1);
      item.to = free = item.from + wide + 6;
    }
    if (chart.width - right >= ENDS) ends(chart, right);
    ctx.restore();
  },
  afterEvent({ canvas, chartArea }, { event: { type, x, y } }) {
    const href = y < chartArea.top && items.find(({ from, to }) => x > from && x < to)?.href;
    canvas.style.cursor = href ? "pointer" : "";
    if (type === "click") open(href);
  },
});

function ends(chart, right) {
  const { ctx } = chart;
  const lines = chart.getSortedVisibleDatasetMetas().map(({ data, index }) => {
    const { data: values, label, borderColor } = chart.data.datasets[index];
    return { at: data[values.findLastIndex(({ y }) => y !== null)]?.y, label, borderColor };
  });
  let free = 0;
  for (const { at, label, borderColor } of lines.filter(({ at }) => at !== undefined).sort((one, other) => one.at - other.at)) {
    ctx.fillStyle = borderColor;
    ctx.fillText(label, right + 6, (free = Math.max(at + 4, free + 12)), ENDS - 8);
  }
}

function paint(config) {
  for (const series of config.data.datasets) {
    const colour = token(series.token);
    series.borderColor = colour;
    series.backgroundColor = series.token === "partial" ? hatch(colour) : colour;
    series.pointHoverBackgroundColor = colour;
    if (series.data.some((point) => point.hollow)) {
      series.pointBackgroundColor = series.data.map((point) => (point.hollow ? token("bg") : colour));
      series.pointRadius = series.data.map((point) => (point.hollow ? 4 : 2));
    }
  }
  for (const scale of Object.values(config.options.scales ?? {})) {
    scale.grid = { ...scale.grid, color: token("line") };
    scale.border = { ...scale.border, color: token("control") };
    scale.ticks = { ...scale.ticks, color: token("muted") };
    if (scale.title) scale.title = { ...scale.title, color: token("muted") };
  }
  const tooltip = (config.options.plugins.tooltip ??= {});
  Object.assign(tooltip, { backgroundColor: token("text"), titleColor: token("bg"), bodyColor: token("bg"), displayColors: false });
}

// The words of the points and where they lead stand in the table, newest first: each line has a cell of numbers and one of its change.
function read(config, figure) {
  const rows = [...figure.querySelectorAll(".chart-table tbody tr")].reverse();
  for (const { column, data } of config.data.datasets) {
    if (column === null) continue;
    for (const [index, point] of data.entries()) {
      const row = rows[index];
      const [cell, change] = [...row.querySelectorAll("td.number")].slice(2 * column);
      point.title = ["time", "code"].map((name) => row.querySelector(name)?.textContent).join(", ");
      point.text ??= `${cell.textContent}, ${cell.title}${point.hollow ? ", so far" : ""}`;
      point.href = (change.querySelector("a") ?? row.querySelector("a"))?.href;
    }
  }
}

function words(series, point) {
  return `${series.label}: ${point.text ?? point.y}`;
}

function wire(config, open) {
  const { options } = config;
  options.animation = options.maintainAspectRatio = false;
  options.plugins = { ...options.plugins, legend: { display: false } };
  options.font = { family: getComputedStyle(document.body).fontFamily };
  options.plugins.tooltip = {
    ...options.plugins.tooltip,
    callbacks: {
      title: (items) => items[0]?.raw.title ?? (items[0] ? day(items[0].raw.x) : ""),
      label: (item) => words(item.dataset, item.raw),
    },
  };
  if (config.marks) {
    config.plugins = [marks(config.marks, open)];
    options.layout = { padding: { top: config.marks.items.length && NAMES, right: ({ chart }) => (chart.width > 640 ? ENDS : 0) } };
  }
  const suffix = options.scales?.y?.suffix;
  if (suffix) options.scales.y.ticks = { ...options.scales.y.ticks, callback: (value) => `${value}${suffix}` };
  options.onClick = (event, items, chart) => {
    const item = items[0];
    if (item) open(chart.data.datasets[item.datasetIndex].data[item.index].href);
  };
}

function addLegend(figure, chart) {
  const legend = figure.querySelector("[data-chart-legend]");
  if (!legend || chart.data.datasets.length < 2) return () => {};
  const drawings = chart.data.datasets.map((series, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chart-toggle";
    button.setAttribute("aria-pressed", String(chart.isDatasetVisible(index)));
    button.innerHTML = '<svg width="24" height="8" aria-hidden="true"><path d="M0 4h24" fill="none" stroke-width="2"/></svg>';
    button.append(series.label);
    button.addEventListener("click", () => {
      const shown = !chart.isDatasetVisible(index);
      chart.setDatasetVisibility(index, shown);
      button.setAttribute("aria-pressed", String(shown));
      chart.update();
    });
    legend.append(button);
    return () => {
      const line = button.querySelector("path");
      line.setAttribute("stroke", series.borderColor);
      line.setAttribute("stroke-dasharray", series.borderDash.join(" "));
    };
  });
  legend.hidden = false;
  return () => drawings.forEach((draw) => draw());
}

function addKeys(figure, chart, open) {
  const voice = figure.querySelector("[data-chart-voice]");
  const at = { series: 0, point: -1 };
  const shown = () => chart.data.datasets.map((_, index) => index).filter((index) => chart.isDatasetVisible(index));
  const value = (series, point) => chart.data.datasets[series].data[point];

  function seek(from, step) {
    const { data } = chart.data.datasets[at.series];
    for (let point = from; point >= 0 && point < data.length; point += step) if (data[point].y !== null) return point;
    return at.point;
  }

  function show() {
    const point = value(at.series, at.point);
    if (!point) return;
    const active = [{ datasetIndex: at.series, index: at.point }];
    const { x, y } = chart.getDatasetMeta(at.series).data[at.point] ?? { x: 0, y: 0 };
    chart.setActiveElements(active);
    chart.tooltip.setActiveElements(active, { x, y });
    chart.update("none");
    voice.textContent = `${point.title ?? day(point.x)}. ${words(chart.data.datasets[at.series], point)}`;
  }

  chart.canvas.addEventListener("keydown", (event) => {
    const all = shown();
    if (all.length === 0) return;
    if (!all.includes(at.series)) at.series = all[0];
    const last = chart.data.datasets[at.series].data.length - 1;
    if (event.key === "ArrowRight") at.point = seek(at.point + 1, 1);
    else if (event.key === "ArrowLeft") at.point = seek(at.point < 0 ? last : at.point - 1, -1);
    else if (event.key === "Home") at.point = seek(0, 1);
    else if (event.key === "End") at.point = seek(last, -1);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = all.indexOf(at.series) + (event.key === "ArrowDown" ? 1 : -1);
      at.series = all[(next + all.length) % all.length];
      if (at.point < 0) at.point = seek(last, -1);
    } else if (event.key === "Enter") return open(value(at.series, at.point)?.href);
    else return;
    event.preventDefault();
    show();
  });
}

function mount(figure) {
  const config = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const open = (href) => { if (href) location.assign(href); };
  read(config, figure);
  wire(config, open);
  paint(config);
  figure.querySelector(".chart-canvas").hidden = false;
  figure.querySelector(".chart-table")?.removeAttribute("open");
  const chart = new Chart(figure.querySelector("canvas"), config);
  const drawLegend = addLegend(figure, chart);
  drawLegend();
  addKeys(figure, chart, open);
  document.addEventListener("covdash:theme", () => {
    paint(config);
    drawLegend();
    chart.update("none");
  });
}

for (const figure of document.querySelectorAll("figure[data-chart]")) mount(figure);
