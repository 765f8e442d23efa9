// What every picture on a canvas needs: the diverging scale, sharp pixels, numbers in three digits.

// 256 colours of the diverging scale as RGBA in one integer each; stops are [position, "#rrggbb"].
function scaleOf(stops) {
  const rgb = stops.map(([at, hex]) => [at, ...[1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16))]);
  const table = new Uint32Array(256);
  for (let i = 0, k = 0; i < 256; i++) {
    const t = i / 255;
    while (k < rgb.length - 2 && t > rgb[k + 1][0]) k++;
    const [a, b] = [rgb[k], rgb[k + 1]];
    const s = (t - a[0]) / (b[0] - a[0]);
    const c = [1, 2, 3].map((j) => Math.round(a[j] + s * (b[j] - a[j])));
    table[i] = 0xff000000 | (c[2] << 16) | (c[1] << 8) | c[0];
  }
  return table;
}
// Index into the scale of a value in [-1, 1]; beyond it the ends.
const shade = (v) => Math.max(0, Math.min(255, Math.round(127.5 + 127.5 * v)));
const css = (c) => `rgb(${c & 255},${(c >> 8) & 255},${(c >> 16) & 255})`;

// A canvas in a box of its own (canvas.css). The style sheet alone gives the box its size, and fresh() measures
// the box: a canvas that measured itself would, in Safari's engine, grow by its own backing store for ever.
function picture(attributes, parent) {
  const box = make("div", { class: `picture ${attributes.class}` }, parent);
  return make("canvas", { role: "img", ...attributes }, box);
}

// A 2-D context whose units are CSS pixels, cleared, with its width and height.
function fresh(canvas) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const { clientWidth: w, clientHeight: h } = canvas.parentElement;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(h * ratio);
  }
  const c = canvas.getContext("2d");
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, w, h);
  return [c, w, h];
}

// Text that can be read on any ground.
function halo(c, text, x, y) { c.lineWidth = 3; c.strokeStyle = "rgba(255,255,255,.8)"; c.strokeText(text, x, y); c.fillStyle = "#1B2430"; c.fillText(text, x, y); }

// Three significant digits, with a true minus sign.
const digits = (v) => {
  if (!Number.isFinite(v)) return String(v);
  const a = Math.abs(v);
  const s = a === 0 ? "0" : a < 1e-3 || a >= 1e4 ? a.toExponential(2) : String(Number(a.toPrecision(3)));
  return (v < 0 && a !== 0 ? "−" : "") + s;
};

// Creates an element: make("button", { class: "x", text: "Go" }, parent).
function make(tag, attributes = {}, parent = null) {
  const el = tag === "svg" || tag === "path" || tag === "g"
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [k, v] of Object.entries(attributes)) k === "text" ? (el.textContent = v) : el.setAttribute(k, v);
  if (parent) parent.appendChild(el);
  return el;
}

function themeOf(el) {
  const s = getComputedStyle(el);
  const get = (name, otherwise) => s.getPropertyValue(name).trim() || otherwise;
  return {
    text: get("--st-text-color", "#222"),
    ground: get("--st-background-color", "#fff"),
    font: "13px " + get("--st-font", "sans-serif"),
    small: "12px " + get("--st-font", "sans-serif"),
  };
}
