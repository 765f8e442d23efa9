// η and β of the racer in hand. Above the slider of η stands what each rate comes to, from this start.

import { make } from "../shared/elements.js";
import { clamp, digits } from "../shared/numbers.js";
import { fresh, halo, picture, segment } from "../shared/picture.js";

const [LOWEST, HIGHEST] = [-4, 1]; // powers of ten that the slider of η goes through
const BETAS = { beta: "β", beta1: "β₁", beta2: "β₂" };

export function buildRate(my, parent) {
  const panel = make("div", { class: "rate" }, parent);
  const eta = make("label", {}, panel);
  my.etaName = make("span", { class: "what" }, eta);
  my.etaValue = make("output", {}, eta);
  my.lens = picture({ class: "lens", "aria-hidden": "true" }, panel);
  my.eta = make("input", { type: "range", min: LOWEST, max: HIGHEST, step: 0.005 }, panel);
  my.eta.oninput = () => turn(my, "lr", Number((10 ** +my.eta.value).toPrecision(3)));
  my.betaRow = make("label", {}, panel);
  my.betaName = make("span", { class: "what" }, my.betaRow);
  my.betaValue = make("output", {}, my.betaRow);
  my.beta = make("input", { type: "range", min: 0, max: 0.999, step: 0.001 }, panel);
  my.beta.oninput = () => turn(my, ruleOf(my).turned, +my.beta.value);
  my.eta.onchange = my.beta.onchange = () => my.rest.begin();
}

/** The racer in hand. */
export const ruleOf = (my) => my.rules.find(({ name }) => name === my.chosen);

function turn(my, name, value) {
  ruleOf(my)[name] = value;
  my.rest.stop();
  showRate(my);
  my.moved();
}

/** The sliders at the numbers of the racer in hand. */
export function showRate(my) {
  const rule = ruleOf(my);
  my.etaName.textContent = `η of ${rule.title}`;
  my.etaValue.textContent = digits(rule.lr);
  my.eta.setAttribute("aria-label", `Learning rate η of ${rule.title}`);
  my.eta.setAttribute("aria-valuetext", digits(rule.lr));
  const at = clamp(Math.log10(rule.lr || 1e-9), LOWEST, HIGHEST);
  if (Math.abs(+my.eta.value - at) > 0.003) my.eta.value = at;
  const name = BETAS[rule.turned];
  my.betaRow.hidden = my.beta.hidden = !name;
  if (!name) return;
  my.betaName.textContent = `${name} of ${rule.title}`;
  my.betaValue.textContent = digits(rule[rule.turned]);
  my.beta.setAttribute("aria-label", `${name} of ${rule.title}`);
  if (+my.beta.value !== rule[rule.turned]) my.beta.value = rule[rule.turned];
}
