// The steps of the forward pass and what each says. Terms in the order of `edges` share their colors:
// edge k is drawn in the color tk.

import { fn, m, num, row, signed, sym, tint } from "./mathml.js";
import { format, TEXT } from "./names.js";

const affine = (z, w, input, b) => ({
  id: z,
  node: z,
  title: `Pre-activation: weigh, then add the bias`,
  edges: [
    [w, z],
    [input, z],
    [b, z],
  ],
  symbols: () => row(sym(z), "=", tint(0, sym(w)), "·", tint(1, sym(input)), "+", tint(2, sym(b))),
  numbers: (v) =>
    row(num(v[z]), "=", tint(0, num(v[w])), "·", tint(1, signed(v[input])), "+", tint(2, signed(v[b]))),
  inflow: (v) => [w, input, b].map((name) => `${TEXT[name]} = ${format(v[name])}`).join(", "),
  local: (v) =>
    [
      `∂${TEXT[z]}/∂${TEXT[w]} = ${TEXT[input]} = ${format(v[input])}`,
      `∂${TEXT[z]}/∂${TEXT[input]} = ${TEXT[w]} = ${format(v[w])}`,
      `∂${TEXT[z]}/∂${TEXT[b]} = 1`,
    ].join(", "),
  outflow: (v) => `${TEXT[z]} = ${format(v[z])}`,
  note: () => "A straight line: its slope in each factor is the other factor.",
});

/** From the input to the loss. @type {(ce: boolean) => any[]} */
export const forwardSteps = (ce) => [
  affine("z1", "w1", "x", "b1"),
  {
    id: "h",
    node: "h",
    title: "ReLU: pass what is positive",
    edges: [["z1", "h"]],
    symbols: () =>
      row(
        sym("h"),
        "=",
        fn("ReLU"),
        "(",
        tint(0, sym("z1")),
        ")",
        "=",
        fn("max"),
        "(",
        m("mn", "0"),
        ",",
        tint(0, sym("z1")),
        ")",
      ),
    numbers: (v) => row(num(v.h), "=", fn("max"), "(", m("mn", "0"), ",", tint(0, num(v.z1)), ")"),
    inflow: (v) => `z₁ = ${format(v.z1)}`,
    local: (v) => `∂h/∂z₁ = ReLU′(z₁) = ${v.s1}`,
    outflow: (v) => `h = ${format(v.h)}`,
    note: (v) =>
      v.z1 < 0
        ? "z₁ is negative: the ReLU gives 0, and its slope is 0 as well. " +
          "On the way back this will stop the error signal."
        : v.z1 === 0
          ? "z₁ is exactly at the kink: no slope exists here. The text, and PyTorch, take 0 by convention."
          : "z₁ is positive: the ReLU passes it on unchanged, with slope 1.",
  },
  affine("z2", "w2", "h", "b2"),
  {
    id: "yh",
    node: "yh",
    title: "Sigmoid: a number between 0 and 1",
    edges: [["z2", "yh"]],
    symbols: () =>
      row(
        sym("yh"),
        "=",
        fn("σ"),
        "(",
        tint(0, sym("z2")),
        ")",
        "=",
        m(
          "mfrac",
          m("mn", "1"),
          row(m("mn", "1"), "+", m("msup", m("mi", "e"), row("−", tint(0, sym("z2"))))),
        ),
      ),
    numbers: (v) =>
      row(
        num(v.yh),
        "=",
        m(
          "mfrac",
          m("mn", "1"),
          row(m("mn", "1"), "+", m("msup", m("mi", "e"), row("−", tint(0, signed(v.z2))))),
        ),
      ),
    inflow: (v) => `z₂ = ${format(v.z2)}`,
    local: (v) => `∂ŷ/∂z₂ = σ′(z₂) = ŷ(1 − ŷ) = ${format(v.s2)}`,
    outflow: (v) => `ŷ = ${format(v.yh)}`,
    note: (v) =>
      Math.abs(v.z2) > 5
        ? "The sigmoid is saturated: it is nearly flat here, so its slope is nearly 0."
        : "The slope σ′ is largest, ¼, at z₂ = 0, and falls off on both sides.",
  },
  {
    id: "L",
    node: "L",
    title: ce ? "Loss: binary cross-entropy" : "Loss: half the squared error",
    edges: [
      ["yh", "L"],
      ["y", "L"],
    ],
    symbols: () =>
      ce
        ? row(
            m("mi", "L"),
            "=",
            "−",
            "[",
            tint(1, sym("y")),
            fn("log"),
            tint(0, sym("yh")),
            "+",
            "(",
            m("mn", "1"),
            "−",
            tint(1, sym("y")),
            ")",
            fn("log"),
            "(",
            m("mn", "1"),
            "−",
            tint(0, sym("yh")),
            ")",
            "]",
          )
        : row(
            m("mi", "L"),
            "=",
            m("mfrac", m("mn", "1"), m("mn", "2")),
            m("msup", row("(", tint(0, sym("yh")), "−", tint(1, sym("y")), ")"), m("mn", "2")),
          ),
    numbers: (v) =>
      ce
        ? row(
            num(v.L),
            "=",
            "−",
            "[",
            tint(1, num(v.y)),
            fn("log"),
            tint(0, num(v.yh)),
            "+",
            tint(1, num(1 - v.y)),
            fn("log"),
            tint(0, num(1 - v.yh)),
            "]",
          )
        : row(
            num(v.L),
            "=",
            m("mfrac", m("mn", "1"), m("mn", "2")),
            m("msup", row("(", tint(0, num(v.yh)), "−", tint(1, num(v.y)), ")"), m("mn", "2")),
          ),
    inflow: (v) => `ŷ = ${format(v.yh)}, y = ${format(v.y)}`,
    local: (v) => `∂L/∂ŷ = ${format(v.d_yh)}`,
    outflow: (v) => `L = ${format(v.L)}`,
    note: (v) =>
      ce && (v.yh === 1 || v.yh < 1e-15)
        ? "ŷ has rounded to 0 or 1, and the logarithm as written may be log 0. " +
          "The loss is computed from z₂ instead: max(z₂, 0) − y z₂ + log(1 + e^−|z₂|)."
        : "One number says how wrong the prediction is. Now the way back begins.",
  },
];
