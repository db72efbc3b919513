// The strip below the chart is the whole history. Two handles choose the days that are shown, by a drag or by keys: the same page, with
// `from` and `to` in its address. The fields of the form follow them, and do the same without script.

const strip = document.querySelector("[data-strip]");

function equip() {
  const points = JSON.parse(document.getElementById("strip-points").textContent);
  const box = strip.querySelector(".strip-box");
  const picture = box.querySelector("svg");
  const [before, after] = picture.querySelectorAll(".strip-rest");
  const help = strip.querySelector("[data-strip-help]");
  const words = help.textContent;
  const fields = ["from", "to"].map((name) => document.querySelector(`input[name="${name}"]`));
  const said = fields.map((field) => field.value);
  const shown = [Number(strip.dataset.first), Number(strip.dataset.last)];
  let at = [...shown];
  let held = -1; // the end that is dragged

  const handles = ["First day", "Last day"].map((name, end) => {
    const handle = document.createElement("div");
    handle.className = "strip-handle";
    handle.id = `strip-${end}`;
    handle.tabIndex = 0;
    handle.setAttribute("role", "slider");
    handle.setAttribute("aria-label", name);
    handle.addEventListener("keydown", (event) => keys(event, end));
    box.append(handle);
    return handle;
  });
  const moved = () => at.some((point, end) => point !== shown[end]);

  function draw() {
    const wide = picture.viewBox.baseVal.width;
    const [start, end] = at.map((point) => points[point][1]);
    before.setAttribute("width", start);
    after.setAttribute("x", end);
    after.setAttribute("width", wide - end);
    handles.forEach((handle, place) => {
      const share = points[at[place]][1] / wide;
      handle.style.left = `calc(24px + ${share} * (100% - 48px))`;
      handle.setAttribute("aria-valuemin", place ? at[0] + 1 : 0);
      handle.setAttribute("aria-valuemax", place ? points.length - 1 : at[1] - 1);
      handle.setAttribute("aria-valuenow", at[place]);
      handle.setAttribute("aria-valuetext", points[at[place]][2]);
      fields[place].value = moved() ? points[at[place]][0] : said[place];
    });
    help.textContent = moved() ? `${at.map((point) => points[point][2]).join(" to ")}. Enter shows these days, Escape stops.` : words;
  }

  function move(end, point) {
    at[end] = end ? Math.min(Math.max(point, at[0] + 1), points.length - 1) : Math.max(Math.min(point, at[1] - 1), 0);
    draw();
  }

  function back() {
    held = -1;
    at = [...shown];
    draw();
  }

  function go(hash = "") {
    if (!moved()) return;
    const address = new URL(location.href);
    address.searchParams.delete("range");
    ["from", "to"].forEach((word, end) => address.searchParams.set(word, points[at[end]][0]));
    address.hash = hash;
    location.assign(address);
  }

  function keys(event, end) {
    const steps = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -points.length, End: points.length };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in steps) move(end, at[end] + steps[event.key]);
    else if (event.key === "Enter") go(handles[end].id);
    else if (event.key === "Escape") back();
    else return;
    event.preventDefault();
  }

  function under({ clientX }) {
    const { left, width } = picture.getBoundingClientRect();
    const place = ((clientX - left) / width) * picture.viewBox.baseVal.width;
    const far = ([, across]) => Math.abs(across - place);
    return points.reduce((best, point, number) => (far(point) < far(points[best]) ? number : best), 0);
  }

  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    const point = under(event);
    const grabbed = handles.indexOf(event.target);
    held = grabbed < 0 ? Number(Math.abs(points[point][1] - points[at[1]][1]) < Math.abs(points[point][1] - points[at[0]][1])) : grabbed;
    box.setPointerCapture(event.pointerId);
    handles[held].focus();
    if (grabbed < 0) move(held, point);
  });
  box.addEventListener("pointermove", (event) => { if (held >= 0) move(held, under(event)); });
  box.addEventListener("pointerup", () => {
    if (held < 0) return;
    held = -1;
    go();
  });
  box.addEventListener("pointercancel", back);

  help.hidden = false;
  draw();
  handles.find(({ id }) => location.hash === `#${id}`)?.focus();
}

if (strip) equip();
