// The heavy ball's plane: ηλ against β, shaded by the factor per step. A hand in it turns η and β together.

import { clamp, digits } from "../shared/numbers.js";
import { boxOf, fresh, picture, tile } from "../shared/picture.js";
import { follow, within } from "../shared/pointer.js";
import { label } from "./looks.js";
import { heavyBallRate } from "./rates.js";

const SIDE = 64; // cells along a side
const WIDEST = 4; // ηλ at the right edge

export function buildPad(my, parent) {
  my.pad = picture({ class: "pad" }, parent);
  my.padGround = null;
  my.pad.onpointerdown = (e) => {
    e.preventDefault();
    my.held = true;
    const move = (m) => {
      const { x, y, width, height } = within(my.pad, m);
      const lr = Number(((clamp(x / width, 0.0005, 1) * WIDEST) / my.padLambda).toPrecision(3));
      my.turn({ lr, beta: Math.round(clamp(1 - y / height, 0, 0.999) * 1000) / 1000 });
    };
    move(e);
    follow(my.pad, e, move, () => {
      my.held = false;
      my.rest.begin();
    });
  };
}

/** Shaded once: the slower, the denser; nothing where it diverges. */
function shaded(my) {
  const ground = tile(SIDE);
  const [r, g, b] = my.data.colors.ground;
  for (let k = 0; k < SIDE * SIDE; k++) {
    const rate = heavyBallRate((WIDEST * ((k % SIDE) + 0.5)) / SIDE, 1 - (Math.floor(k / SIDE) + 0.5) / SIDE);
    const dense = rate >= 1 ? 0 : Math.round(235 * (1 - rate));
    ground.pixels[k] = (dense << 24) | (b << 16) | (g << 8) | r;
  }
  return ground;
}

/** @type {(my: any, lambda: number) => void} */
export function drawPad(my, lambda) {
  const rule = my.rules.find(({ name }) => name === my.chosen);
  boxOf(my.pad).hidden = rule.name !== "momentum" || !(lambda > 0);
  if (boxOf(my.pad).hidden) return;
  my.padLambda = lambda;
  const [c, w, h] = fresh(my.pad);
  my.padGround ??= shaded(my);
  my.padGround.stretch(c, w, h);
  const px = (step) => (step / WIDEST) * w;
  const py = (beta) => h - beta * h;
  c.lineWidth = 2;
  c.strokeStyle = my.data.colors.danger;
  c.beginPath();
  c.moveTo(px(2), py(0));
  c.lineTo(px(4), py(1));
  c.stroke();
  c.strokeStyle = my.data.colors.accent;
  c.setLineDash([6, 4]);
  c.beginPath();
  for (let k = 0; k <= 40; k++) c.lineTo(px(k / 40), py((1 - Math.sqrt(k / 40)) ** 2)); // up to ηλ = 1
  c.stroke();
  c.setLineDash([]);
  c.font = my.theme.small;
  c.textAlign = "right";
  label(c, my.theme, "diverges", w - 6, h - 8);
  label(c, my.theme, `ηλ = ${WIDEST}`, w - 6, 15);
  c.textAlign = "left";
  label(c, my.theme, "critical damping", px(0.16), py(0.36));
  label(c, my.theme, "β = 1", w / 4, 15);
  const step = rule.lr * lambda;
  c.beginPath();
  c.arc(clamp(px(step), 0, w), py(rule.beta), 7, 0, 7);
  c.fillStyle = rule.look.color;
  c.fill();
  c.strokeStyle = "#fff";
  c.stroke();
  const factor = heavyBallRate(step, rule.beta);
  const place = `ηλ = ${digits(step)}, β = ${digits(rule.beta)}`;
  const words = `${place}: factor per step ${digits(factor)} at the minimum`;
  c.textAlign = "center";
  label(c, my.theme, `factor per step ${digits(factor)}`, w / 2, h - 8);
  if (!my.held) my.pad.setAttribute("aria-label", `${words}. The sliders above turn the same two numbers.`);
}
