// The steps back from the loss, and the update: each derivative is the one before it times a local one.

import { m, num, partial, row, signed, slope, sym, tint } from "./mathml.js";
import { format, TEXT } from "./names.js";

// ∂L/∂(to) = ∂L/∂(from) · local, against the arrow from `to` to `from`
const chain = (from, to, local, symbol, localText, extra) => ({
  id: `d_${to}`,
  node: to,
  back: true,
  edges: [[to, from]],
  symbols: () =>
    row(
      partial(to),
      "=",
      tint(0, partial(from)),
      "·",
      tint(1, symbol()),
      extra.closed ? ["=", extra.closed()] : [],
    ),
  numbers: (v) => row(num(v[`d_${to}`]), "=", tint(0, num(v[`d_${from}`])), "·", tint(1, signed(local(v)))),
  inflow: (v) => `∂L/∂${TEXT[from]} = ${format(v[`d_${from}`])}`,
  local: (v) => `∂${TEXT[from]}/∂${TEXT[to]} = ${localText} = ${format(local(v))}`,
  outflow: (v) => `∂L/∂${TEXT[to]} = ${format(v[`d_${to}`])}`,
  value: local,
  ...extra,
});
const error = (isCE) =>
  isCE
    ? tint(0, "(", sym("yh"), "−", sym("y"), ")")
    : tint(0, "(", sym("yh"), "−", sym("y"), ")", slope("σ", sym("z2")));

/** From the loss to the parameters. @type {(ce: boolean) => any[]} */
export const backwardSteps = (ce) => [
  {
    id: "d_yh",
    node: "yh",
    back: true,
    title: "Back through the loss",
    edges: [["yh", "L"]],
    symbols: () =>
      row(
        partial("yh"),
        "=",
        tint(
          1,
          ce
            ? m(
                "mfrac",
                row(sym("yh"), "−", sym("y")),
                row(sym("yh"), "(", m("mn", "1"), "−", sym("yh"), ")"),
              )
            : row(sym("yh"), "−", sym("y")),
        ),
      ),
    numbers: (v) =>
      row(
        num(v.d_yh),
        "=",
        tint(1, ce ? m("mfrac", row(num(v.yh), "−", num(v.y)), num(v.s2)) : row(num(v.yh), "−", num(v.y))),
      ),
    inflow: () => "∂L/∂L = 1",
    local: (v) => `∂L/∂ŷ = ${format(v.d_yh)}`,
    outflow: (v) => `∂L/∂ŷ = ${format(v.d_yh)}`,
    value: (v) => v.d_yh,
    note: (v) =>
      ce && !Number.isFinite(v.d_yh)
        ? "The denominator has underflowed. The next step does not need this number: " +
          "the sigmoid's slope cancels it."
        : "How the loss changes when the prediction does.",
  },
  chain(
    "yh",
    "z2",
    (v) => v.s2,
    () => slope("σ", sym("z2")),
    "σ′(z₂)",
    {
      title: "Back through the sigmoid: the error signal",
      closed: () => error(ce),
      note: () =>
        ce
          ? "The slope of the sigmoid cancels the denominator of the loss. " +
            "What is left, ŷ − y, is the error signal: a factor of all four gradients."
          : "Nothing cancels: σ′(z₂) stays, and the error signal vanishes where the sigmoid is flat, " +
            "however wrong ŷ is.",
    },
  ),
  chain(
    "z2",
    "w2",
    (v) => v.h,
    () => sym("h"),
    "h",
    {
      title: "Gradient of w₂: error signal × input to neuron 2",
      closed: () => row(error(ce), "·", tint(1, sym("h"))),
      note: (v) =>
        v.h === 0
          ? "The input h is 0, so w₂ learns nothing from this sample."
          : "A weight learns in proportion to what came in through it.",
    },
  ),
  chain(
    "z2",
    "b2",
    () => 1,
    () => m("mn", "1"),
    "1",
    {
      title: "Gradient of b₂: the error signal itself",
      closed: () => error(ce),
      note: () => "A bias is a weight whose input is always 1.",
    },
  ),
  chain(
    "z2",
    "h",
    (v) => v.w2,
    () => sym("w2"),
    "w₂",
    {
      title: "Back through the weight",
      closed: () => row(error(ce), "·", tint(1, sym("w2"))),
      note: () => "The weight that carried h forward carries the error back.",
    },
  ),
  chain(
    "h",
    "z1",
    (v) => v.s1,
    () => slope("ReLU", sym("z1")),
    "ReLU′(z₁)",
    {
      title: "Back through the ReLU",
      closed: () => row(error(ce), "·", sym("w2"), "·", tint(1, slope("ReLU", sym("z1")))),
      note: (v) =>
        v.z1 > 0
          ? "The ReLU is open: the error signal passes unchanged."
          : v.z1 === 0
            ? "At the kink the convention ReLU′(0) = 0 stops the signal. " +
              "Any number in [0, 1] would be a subgradient."
            : "The ReLU is dead for this input: its slope is 0, the error signal ends here, " +
              "and w₁ and b₁ learn nothing.",
    },
  ),
  chain(
    "z1",
    "w1",
    (v) => v.x,
    () => sym("x"),
    "x",
    {
      title: "Gradient of w₁: the error, propagated, × input x",
      closed: () => row(error(ce), "·", sym("w2"), "·", slope("ReLU", sym("z1")), "·", tint(1, sym("x"))),
      note: (v) =>
        v.d_w1 === 0
          ? "A product is 0 as soon as one factor is."
          : "Four factors, one for each edge on the way back.",
    },
  ),
  chain(
    "z1",
    "b1",
    () => 1,
    () => m("mn", "1"),
    "1",
    {
      title: "Gradient of b₁",
      closed: () => row(error(ce), "·", sym("w2"), "·", slope("ReLU", sym("z1"))),
      note: () => "All four gradients are known, each computed once.",
    },
  ),
];

/** The step that writes new parameters. */
export const updateStep = () => ({
  id: "update",
  title: "The SGD update: one step against the gradient",
  edges: [],
  symbols: () => row(m("mi", "θ"), "←", m("mi", "θ"), "−", tint(1, sym("eta")), "·", tint(0, partial("θ"))),
  numbers: (v) =>
    m(
      "mtable",
      ["w1", "b1", "w2", "b2"].map((name) =>
        m(
          "mtr",
          m(
            "mtd",
            row(
              sym(name),
              "←",
              num(v[name]),
              "−",
              tint(1, num(v.eta)),
              "·",
              tint(0, signed(v[`d_${name}`])),
              "=",
              num(v.next[name]),
            ),
          ),
        ),
      ),
    ),
  inflow: (v) => `four gradients, η = ${format(v.eta)}`,
  local: (v) => `tangent promises L = ${format(v.projected)}`,
  outflow: (v) => `really L = ${format(v.real)}`,
  names: ["flows in", "projected loss", "real loss after"],
  note: (v) =>
    v.real > v.L
      ? "The loss would rise: the step is too long for the tangent to hold. Try a smaller η."
      : v.d_b2 === 0
        ? "Every gradient is 0: nothing moves."
        : (v.projected < 0
            ? "No loss can be negative: over so long a step the tangent promises too much. "
            : "") + "“Take the SGD step” writes these four numbers into the graph.",
});
