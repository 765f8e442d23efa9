// A gallery of thumbnails cut from one sheet: a click, or the arrow keys and Enter, chooses one.

const instances = new WeakMap();
export default function (component) {
  const root = component.parentElement.querySelector(".root");
  let my = instances.get(root);
  if (!my) instances.set(root, (my = { root }));
  my.send = (n) => component.setTriggerValue("chosen", n);
  draw(my, component.data);
}

const make = (tag, parent, set = {}) => {
  const e = Object.assign(document.createElement(tag), set);
  parent.append(e);
  return e;
};

function draw(my, data) {
  const { root } = my, had = root.contains(root.getRootNode().activeElement);
  root.replaceChildren();
  if (data.scale) scale(root, data.scale);
  const grid = make("div", root, { className: data.coarse ? "grid coarse" : "grid" });
  grid.style.setProperty("--least", `${data.least}px`);
  grid.setAttribute("role", "radiogroup");
  grid.setAttribute("aria-label", data.alt);
  const focus = Math.max(0, data.chosen);
  my.buttons = data.labels.map((label, n) => {
    const button = make("button", grid, { type: "button", tabIndex: n === focus ? 0 : -1 });
    button.setAttribute("role", "radio");
    button.setAttribute("aria-checked", String(n === data.chosen));
    button.setAttribute("aria-label", data.spoken[n]);
    button.title = data.spoken[n];
    const pictures = make("div", button, { className: "pictures" });
    for (const sheet of data.sheets) picture(pictures, data, sheet, n);
    if (label) make("span", button, { textContent: label, className: ["", "right", "wrong"][data.marks[n]] });
    button.onclick = () => my.send(n);
    button.onkeydown = (event) => step(my, event, n, grid);
    return button;
  });
  if (had) my.buttons[focus].focus();
}

// One tile of a sheet: percentages, so that it grows and shrinks with its button.
function picture(parent, { columns, count, aspect }, sheet, n) {
  const rows = Math.ceil(count / columns), tile = make("i", parent);
  const part = (at, of) => (of > 1 ? (100 * at) / (of - 1) : 0);
  tile.style.aspectRatio = String(aspect);
  tile.style.backgroundImage = `url("${sheet}")`;
  tile.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
  tile.style.backgroundPosition = `${part(n % columns, columns)}% ${part(Math.floor(n / columns), rows)}%`;
}

function scale(root, { low, high, gradient }) {
  const bar = make("div", root, { className: "scale" });
  make("span", bar, { textContent: low });
  make("i", bar).style.background = gradient;
  make("span", bar, { textContent: high });
}

function step(my, event, n, grid) {
  const across = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
  const next = event.key === "Home" ? 0 : event.key === "End" ? my.buttons.length - 1 : n + by;
  const target = my.buttons[next];
  if (!target) return;
  event.preventDefault();
  my.buttons[n].tabIndex = -1;
  target.tabIndex = 0;
  target.focus();
}
