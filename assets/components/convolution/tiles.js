// Patch × kernel = products, as tiles of numbers; an own kernel is typed into its tile.

import { make } from "../shared/elements.js";
import { clamp, digits } from "../shared/numbers.js";
import { css, lettersOn, shade } from "../shared/picture.js";
import { gray } from "./maps.js";

const MOST = 99; // no weight is typed beyond [-99, 99]

// Rebuilt only when the kernel's size changes, or whether it is typed.
export function buildTiles(my) {
  const { own } = my.data;
  const { k } = my.g;
  const shape = `${own}${k}`;
  if (my.shape === shape) return;
  my.shape = shape;
  my.tiles.textContent = "";
  my.tiles.style.setProperty("--k", k);
  my.cells = {};
  const sign = (text) => make("div", { class: "sign", text }, my.tiles);
  grid(my, "patch", "patch of x");
  sign("·");
  grid(my, "kernel", own ? "filter w (type in it)" : "filter w");
  sign("=");
  grid(my, "products", "products");
  const total = make("div", { class: "total" }, my.tiles);
  make("span", { text: "sum " }, total);
  my.z = make("b", {}, total);
}

function grid(my, which, title) {
  const { k } = my.g;
  const box = make("div", { class: "tile" }, my.tiles);
  make("div", { class: "name", text: title }, box);
  const inner = make("div", { class: "grid" }, box);
  my.cells[which] = [...Array(k * k).keys()].map((t) => {
    const el = which === "kernel" && my.data.own ? weight(my, t, inner) : make("div", {}, inner);
    const tap = (now) => () => {
      my.tap = now;
      my.ask();
    };
    el.onpointerenter = el.onfocus = tap(t);
    el.onpointerleave = el.onblur = tap(-1);
    return el;
  });
}

function weight(my, t, parent) {
  const { k } = my.g;
  const label = `weight, row ${Math.floor(t / k)}, column ${t % k}`;
  const el = make("input", { type: "number", step: 0.1, min: -MOST, max: MOST, "aria-label": label }, parent);
  el.oninput = () => {
    if (el.value === "" || !Number.isFinite(+el.value)) return;
    my.w[t] = clamp(+el.value, -MOST, MOST);
    my.recompute();
  };
  return el;
}

export function fillTiles(my, at) {
  const most = my.w.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-12);
  const signed = (v, top) => css(my.scale[shade(v / top)]);
  put(my, "patch", at.patch, gray);
  put(my, "kernel", [...my.w], (v) => signed(v, most));
  // One scale for all places: a product looks strong only where it is.
  put(my, "products", at.products, (v) => signed(v, most));
  my.z.textContent = digits(at.z);
  my.z.style.borderColor = signed(at.z, my.limit || 1);
}

function put(my, which, values, color) {
  values.forEach((v, t) => {
    const el = my.cells[which][t];
    const ground = color(v);
    if (el.tagName !== "INPUT") el.textContent = two(v);
    else if (el !== el.getRootNode().activeElement) {
      el.value = Math.abs(v) < 0.005 ? Number(v.toPrecision(1)) : Number(v.toFixed(2));
      el.title = v;
    }
    el.style.background = ground;
    el.style.color = lettersOn(ground);
    el.classList.toggle("tap", t === my.tap);
  });
}

// Two digits fit a tile.
function two(v) {
  const size = Math.abs(v);
  if (size === 0) return "0";
  if (size < 0.005) return "0.00";
  return (v < 0 ? "−" : "") + String(Number(size < 10 ? size.toFixed(2) : size.toPrecision(3)));
}
