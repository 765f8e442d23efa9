// What the stepper computes and says: the pass through the 2-neuron network, and its fourteen steps.
// pass() is a second copy of dlcore/backprop/two_neurons.py, so that no step waits for the server; a test compares the two.

const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

/** Every value and every derivative of one forward and backward pass, and of one SGD step. */
export function pass({ x, y, w1, b1, w2, b2, eta = 0 }, loss) {
  const forward = (w1, b1, w2, b2) => {
    const z1 = w1 * x + b1, h = Math.max(0, z1), z2 = w2 * h + b2, yh = sigmoid(z2);
    const L = loss === "cross-entropy"
      ? Math.max(z2, 0) - y * z2 + Math.log1p(Math.exp(-Math.abs(z2)))
      : (yh - y) ** 2 / 2;
    return { z1, h, z2, yh, L };
  };
  const v = forward(w1, b1, w2, b2);
  const s2 = sigmoid(v.z2) * sigmoid(-v.z2), s1 = v.z1 > 0 ? 1 : 0;
  const d_yh = loss === "cross-entropy" ? (v.yh - y) / s2 : v.yh - y;
  const d_z2 = loss === "cross-entropy" ? v.yh - y : (v.yh - y) * s2;
  const d_h = d_z2 * w2, d_z1 = d_h * s1;
  const g = { d_w1: d_z1 * x, d_b1: d_z1, d_w2: d_z2 * v.h, d_b2: d_z2 };
  const next = { w1: w1 - eta * g.d_w1, b1: b1 - eta * g.d_b1, w2: w2 - eta * g.d_w2, b2: b2 - eta * g.d_b2 };
  const projected = v.L - eta * (g.d_w1 ** 2 + g.d_b1 ** 2 + g.d_w2 ** 2 + g.d_b2 ** 2);
  const real = forward(next.w1, next.b1, next.w2, next.b2).L;
  return { x, y, w1, b1, w2, b2, eta, ...v, s1, s2, d_yh, d_z2, d_h, d_z1, ...g, next, projected, real };
}

const TEXT = { x: "x", w1: "w₁", b1: "b₁", z1: "z₁", h: "h", w2: "w₂", b2: "b₂", z2: "z₂", yh: "ŷ", y: "y", L: "L", eta: "η" };
const ROLE = {
  x: "input", w1: "weight", b1: "bias", z1: "pre-activation", h: "ReLU", w2: "weight", b2: "bias",
  z2: "pre-activation", yh: "sigmoid", y: "target", L: "loss", eta: "learning rate",
};

/** Three significant digits; `after` counts the digits after the point of a power of ten. */
export function format(value, after = 2) {
  if (Number.isNaN(value)) return "0/0";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e-3 && size < 1e5) return String(Number(value.toPrecision(3))).replace("-", "−");
  const [m, e] = value.toExponential(after).split("e");
  const raised = [...String(Number(e))].map((c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c])).join("");
  return `${m.replace("-", "−")}·10${raised}`;
}

// ---- Mathematics, as MathML: t0, t1, t2 are the colours of the terms and of their edges ----
const MATHML = "http://www.w3.org/1998/Math/MathML";
function m(tag, ...children) {
  const element = document.createElementNS(MATHML, tag);
  element.append(...children.flat());
  return element;
}
function math(...parts) {
  const element = m("math", ...parts);
  element.setAttribute("displaystyle", "true"); // fractions at full size
  return element;
}
const mo = (sign) => m("mo", sign);
const row = (...parts) => m("mrow", parts.flat().map((part) => (typeof part === "string" ? mo(part) : part)));
function sym(name) {
  if (name === "yh") { const hat = m("mover", m("mi", "y"), m("mo", "^")); hat.setAttribute("accent", "true"); return hat; }
  if (name === "eta") return m("mi", "η");
  return name.length === 2 ? m("msub", m("mi", name[0]), m("mn", name[1])) : m("mi", name);
}
const partial = (name) => m("mfrac", row(m("mi", "∂"), m("mi", "L")), row(m("mi", "∂"), sym(name)));
const num = (value) => m("mn", format(value));
const signed = (value) => (value < 0 ? row("(", num(value), ")") : num(value)); // a factor or summand
const tint = (term, ...parts) => { const r = row(...parts); r.setAttribute("class", `t${term}`); return r; };
const fn = (name) => m("mi", name);
const slope = (name, argument) => row(m("msup", fn(name), mo("′")), "(", argument, ")");

// ---- The steps. Terms in the order of `edges` share their colours: edge k is drawn in the colour tk ----
const affine = (z, w, input, b) => ({
  id: z, node: z, title: `Pre-activation: weigh, then add the bias`,
  edges: [[w, z], [input, z], [b, z]],
  symbols: () => row(sym(z), "=", tint(0, sym(w)), "·", tint(1, sym(input)), "+", tint(2, sym(b))),
  numbers: (v) => row(num(v[z]), "=", tint(0, num(v[w])), "·", tint(1, signed(v[input])), "+", tint(2, signed(v[b]))),
  inflow: (v) => [w, input, b].map((name) => `${TEXT[name]} = ${format(v[name])}`).join(", "),
  local: (v) => `∂${TEXT[z]}/∂${TEXT[w]} = ${TEXT[input]} = ${format(v[input])}, ∂${TEXT[z]}/∂${TEXT[input]} = ${TEXT[w]} = ${format(v[w])}, ∂${TEXT[z]}/∂${TEXT[b]} = 1`,
  outflow: (v) => `${TEXT[z]} = ${format(v[z])}`,
  note: () => "A straight line: its slope in each factor is the other factor.",
});
// ∂L/∂(to) = ∂L/∂(from) · local, against the arrow from `to` to `from`
const chain = (from, to, local, symbol, localText, extra) => ({
  id: `d_${to}`, node: to, back: true,
  edges: [[to, from]],
  symbols: () => row(partial(to), "=", tint(0, partial(from)), "·", tint(1, symbol()), extra.closed ? ["=", extra.closed()] : []),
  numbers: (v) => row(num(v[`d_${to}`]), "=", tint(0, num(v[`d_${from}`])), "·", tint(1, signed(local(v)))),
  inflow: (v) => `∂L/∂${TEXT[from]} = ${format(v[`d_${from}`])}`,
  local: (v) => `∂${TEXT[from]}/∂${TEXT[to]} = ${localText} = ${format(local(v))}`,
  outflow: (v) => `∂L/∂${TEXT[to]} = ${format(v[`d_${to}`])}`,
  value: local,
  ...extra,
});
const error = (isCE) => (isCE ? tint(0, "(", sym("yh"), "−", sym("y"), ")") : tint(0, "(", sym("yh"), "−", sym("y"), ")", slope("σ", sym("z2"))));

export function stepsOf(loss) {
  const ce = loss === "cross-entropy";
  return [
    affine("z1", "w1", "x", "b1"),
    {
      id: "h", node: "h", title: "ReLU: pass what is positive", edges: [["z1", "h"]],
      symbols: () => row(sym("h"), "=", fn("ReLU"), "(", tint(0, sym("z1")), ")", "=", fn("max"), "(", m("mn", "0"), ",", tint(0, sym("z1")), ")"),
      numbers: (v) => row(num(v.h), "=", fn("max"), "(", m("mn", "0"), ",", tint(0, num(v.z1)), ")"),
      inflow: (v) => `z₁ = ${format(v.z1)}`, local: (v) => `∂h/∂z₁ = ReLU′(z₁) = ${v.s1}`, outflow: (v) => `h = ${format(v.h)}`,
      note: (v) => v.z1 < 0 ? "z₁ is negative: the ReLU gives 0, and its slope is 0 as well. On the way back this will stop the error signal."
        : v.z1 === 0 ? "z₁ is exactly at the kink: no slope exists here. The text, and PyTorch, take 0 by convention."
          : "z₁ is positive: the ReLU passes it on unchanged, with slope 1.",
    },
    affine("z2", "w2", "h", "b2"),
    {
      id: "yh", node: "yh", title: "Sigmoid: a number between 0 and 1", edges: [["z2", "yh"]],
      symbols: () => row(sym("yh"), "=", fn("σ"), "(", tint(0, sym("z2")), ")", "=", m("mfrac", m("mn", "1"), row(m("mn", "1"), "+", m("msup", m("mi", "e"), row("−", tint(0, sym("z2"))))))),
      numbers: (v) => row(num(v.yh), "=", m("mfrac", m("mn", "1"), row(m("mn", "1"), "+", m("msup", m("mi", "e"), row("−", tint(0, signed(v.z2))))))),
      inflow: (v) => `z₂ = ${format(v.z2)}`, local: (v) => `∂ŷ/∂z₂ = σ′(z₂) = ŷ(1 − ŷ) = ${format(v.s2)}`, outflow: (v) => `ŷ = ${format(v.yh)}`,
      note: (v) => Math.abs(v.z2) > 5 ? "The sigmoid is saturated: it is nearly flat here, so its slope is nearly 0."
        : "The slope σ′ is largest, ¼, at z₂ = 0, and falls off on both sides.",
    },
    {
      id: "L", node: "L", title: ce ? "Loss: binary cross-entropy" : "Loss: half the squared error", edges: [["yh", "L"], ["y", "L"]],
      symbols: () => ce
        ? row(m("mi", "L"), "=", "−", "[", tint(1, sym("y")), fn("log"), tint(0, sym("yh")), "+", "(", m("mn", "1"), "−", tint(1, sym("y")), ")", fn("log"), "(", m("mn", "1"), "−", tint(0, sym("yh")), ")", "]")
        : row(m("mi", "L"), "=", m("mfrac", m("mn", "1"), m("mn", "2")), m("msup", row("(", tint(0, sym("yh")), "−", tint(1, sym("y")), ")"), m("mn", "2"))),
      numbers: (v) => ce
        ? row(num(v.L), "=", "−", "[", tint(1, num(v.y)), fn("log"), tint(0, num(v.yh)), "+", tint(1, num(1 - v.y)), fn("log"), tint(0, num(1 - v.yh)), "]")
        : row(num(v.L), "=", m("mfrac", m("mn", "1"), m("mn", "2")), m("msup", row("(", tint(0, num(v.yh)), "−", tint(1, num(v.y)), ")"), m("mn", "2"))),
      inflow: (v) => `ŷ = ${format(v.yh)}, y = ${format(v.y)}`, local: (v) => `∂L/∂ŷ = ${format(v.d_yh)}`, outflow: (v) => `L = ${format(v.L)}`,
      note: (v) => ce && (v.yh === 1 || v.yh < 1e-15) ? "ŷ has rounded to 0 or 1, and the logarithm as written may be log 0. The loss is computed from z₂ instead: max(z₂, 0) − y z₂ + log(1 + e^−|z₂|)."
        : "One number says how wrong the prediction is. Now the way back begins.",
    },
    {
      id: "d_yh", node: "yh", back: true, title: "Back through the loss", edges: [["yh", "L"]],
      symbols: () => row(partial("yh"), "=", tint(1, ce ? m("mfrac", row(sym("yh"), "−", sym("y")), row(sym("yh"), "(", m("mn", "1"), "−", sym("yh"), ")")) : row(sym("yh"), "−", sym("y")))),
      numbers: (v) => row(num(v.d_yh), "=", tint(1, ce ? m("mfrac", row(num(v.yh), "−", num(v.y)), num(v.s2)) : row(num(v.yh), "−", num(v.y)))),
      inflow: () => "∂L/∂L = 1", local: (v) => `∂L/∂ŷ = ${format(v.d_yh)}`, outflow: (v) => `∂L/∂ŷ = ${format(v.d_yh)}`, value: (v) => v.d_yh,
      note: (v) => ce && !Number.isFinite(v.d_yh) ? "The denominator has underflowed. The next step does not need this number: the sigmoid's slope cancels it."
        : "How the loss changes when the prediction does.",
    },
    chain("yh", "z2", (v) => v.s2, () => slope("σ", sym("z2")), "σ′(z₂)", {
      title: "Back through the sigmoid: the error signal", closed: () => error(ce),
      note: () => ce ? "The slope of the sigmoid cancels the denominator of the loss. What is left, ŷ − y, is the error signal: a factor of all four gradients."
        : "Nothing cancels: σ′(z₂) stays, and the error signal vanishes where the sigmoid is flat, however wrong ŷ is.",
    }),
    chain("z2", "w2", (v) => v.h, () => sym("h"), "h", {
      title: "Gradient of w₂: error signal × input to neuron 2", closed: () => row(error(ce), "·", tint(1, sym("h"))),
      note: (v) => v.h === 0 ? "The input h is 0, so w₂ learns nothing from this sample." : "A weight learns in proportion to what came in through it.",
    }),
    chain("z2", "b2", () => 1, () => m("mn", "1"), "1", { title: "Gradient of b₂: the error signal itself", closed: () => error(ce), note: () => "A bias is a weight whose input is always 1." }),
    chain("z2", "h", (v) => v.w2, () => sym("w2"), "w₂", { title: "Back through the weight", closed: () => row(error(ce), "·", tint(1, sym("w2"))), note: () => "The weight that carried h forward carries the error back." }),
    chain("h", "z1", (v) => v.s1, () => slope("ReLU", sym("z1")), "ReLU′(z₁)", {
      title: "Back through the ReLU", closed: () => row(error(ce), "·", sym("w2"), "·", tint(1, slope("ReLU", sym("z1")))),
      note: (v) => v.z1 > 0 ? "The ReLU is open: the error signal passes unchanged."
        : v.z1 === 0 ? "At the kink the convention ReLU′(0) = 0 stops the signal. Any number in [0, 1] would be a subgradient."
          : "The ReLU is dead for this input: its slope is 0, the error signal ends here, and w₁ and b₁ learn nothing.",
    }),
    chain("z1", "w1", (v) => v.x, () => sym("x"), "x", { title: "Gradient of w₁: the error, propagated, × input x", closed: () => row(error(ce), "·", sym("w2"), "·", slope("ReLU", sym("z1")), "·", tint(1, sym("x"))), note: (v) => v.d_w1 === 0 ? "A product is 0 as soon as one factor is." : "Four factors, one for each edge on the way back." }),
    chain("z1", "b1", () => 1, () => m("mn", "1"), "1", { title: "Gradient of b₁", closed: () => row(error(ce), "·", sym("w2"), "·", slope("ReLU", sym("z1"))), note: () => "All four gradients are known, each computed once." }),
    {
      id: "update", title: "The SGD update: one step against the gradient", edges: [],
      symbols: () => row(m("mi", "θ"), "←", m("mi", "θ"), "−", tint(1, sym("eta")), "·", tint(0, partial("θ"))),
      numbers: (v) => m("mtable", ["w1", "b1", "w2", "b2"].map((name) => m("mtr", m("mtd", row(sym(name), "←", num(v[name]), "−", tint(1, num(v.eta)), "·", tint(0, signed(v[`d_${name}`])), "=", num(v.next[name])))))),
      inflow: (v) => `four gradients, η = ${format(v.eta)}`, local: (v) => `tangent promises L = ${format(v.projected)}`, outflow: (v) => `really L = ${format(v.real)}`,
      names: ["flows in", "projected loss", "real loss after"],
      note: (v) => v.real > v.L ? "The loss would rise: the step is too long for the tangent to hold. Try a smaller η."
        : v.d_b2 === 0 ? "Every gradient is 0: nothing moves."
          : `${v.projected < 0 ? "No loss can be negative: over so long a step the tangent promises too much. " : ""}“Take the SGD step” writes these four numbers into the graph.`,
    },
  ];
}
