// One neuron's line turning, step by recorded step. Computes nothing: theta, loss and wrong come from Python.
const SVG = "http://www.w3.org/2000/svg"
const WIDTH = 480, HEIGHT = 400, UNIT = 40 // one unit of x is 40 pixels: the window is [-6, 6] x [-5, 5]
const TRAIL = [0, 1, 2, 4, 8, 16, 32] // steps whose lines stay visible, faint
const STEP_MS = 45
const instances = new WeakMap()

const px = x1 => WIDTH / 2 + UNIT * x1
const py = x2 => HEIGHT / 2 - UNIT * x2

function make(parent, name, attributes = {}) {
  const element = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  parent.append(element)
  return element
}

// Two far points of the line w1 x1 + w2 x2 + b = 0, and its unit normal.
function ends([w1, w2, b]) {
  const norm = Math.hypot(w1, w2) || 1e-9
  const n = [w1 / norm, w2 / norm]
  const foot = [-b * n[0] / norm, -b * n[1] / norm]
  const far = s => [foot[0] - s * n[1], foot[1] + s * n[0]]
  return { n, foot, from: far(-30), to: far(30) }
}

function drawLine(parent, theta, attributes) {
  const { from, to } = ends(theta)
  make(parent, "line", { x1: px(from[0]), y1: py(from[1]), x2: px(to[0]), y2: py(to[1]), ...attributes })
}

function drawSides(parent, theta, colours) {
  const { n, from, to } = ends(theta)
  for (const [side, fill] of [[1, colours.positive], [-1, colours.negative]]) {
    const corners = [from, to, ...[to, from].map(p => [p[0] + 30 * side * n[0], p[1] + 30 * side * n[1]])]
    make(parent, "polygon", { points: corners.map(p => `${px(p[0])},${py(p[1])}`).join(" "), fill, opacity: 0.13 })
  }
}

function drawPoints(parent, points, [w1, w2, b], colours) {
  for (const [x1, x2, y] of points) {
    const wrong = (w1 * x1 + w2 * x2 + b > 0) !== (y > 0)
    const look = { fill: y > 0 ? colours.positive : colours.negative, class: wrong ? "wrong" : "" }
    if (y > 0) make(parent, "circle", { cx: px(x1), cy: py(x2), r: 6, ...look })
    else make(parent, "rect", { x: px(x1) - 5.5, y: py(x2) - 5.5, width: 11, height: 11, ...look })
  }
}

const three = value => Number(value).toPrecision(3).replace("-", "−")

function describe(data, t) {
  const [w1, w2, b] = data.theta[t].map(three)
  return [
    `Step ${t} of ${data.theta.length - 1}: ${data.wrong[t]} of ${data.points.length} points on the wrong side, `
      + `loss ${three(data.loss[t])}.`,
    `w = (${w1}, ${w2}), b = ${b}`,
  ]
}

function build(root) {
  root.replaceChildren()
  const svg = make(root, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" })
  const numbers = document.createElement("div")
  numbers.className = "numbers"
  const bar = document.createElement("div")
  bar.className = "bar"
  const button = document.createElement("button")
  button.type = "button"
  const slider = document.createElement("input")
  Object.assign(slider, { type: "range", min: 0, step: 1 })
  slider.setAttribute("aria-label", "Training step")
  bar.append(button, slider)
  root.append(numbers, bar)
  const still = window.matchMedia("(prefers-reduced-motion: reduce)")
  return { svg, numbers, button, slider, still, step: null, timer: 0 }
}

export default function (component) {
  const { parentElement, data } = component
  const root = parentElement.querySelector(".root")
  let view = instances.get(root)
  if (!view) instances.set(root, (view = build(root)))
  const last = data.theta.length - 1
  const still = view.still
  if (view.step === null) view.step = last
  view.slider.max = last

  function draw() {
    const t = view.step, theta = data.theta[t], lines = describe(data, t)
    view.svg.replaceChildren()
    const axis = { stroke: data.colours.muted, "stroke-opacity": 0.5 }
    make(view.svg, "line", { x1: 0, y1: py(0), x2: WIDTH, y2: py(0), ...axis })
    make(view.svg, "line", { x1: px(0), y1: 0, x2: px(0), y2: HEIGHT, ...axis })
    drawSides(view.svg, theta, data.colours)
    for (const s of TRAIL.filter(s => s < t))
      drawLine(view.svg, data.theta[s], { stroke: data.colours.muted, "stroke-dasharray": "4 4", "stroke-opacity": 0.75 })
    drawLine(view.svg, theta, { stroke: data.colours.accent, "stroke-width": 3.5 })
    drawPoints(view.svg, data.points, theta, data.colours)
    make(view.svg, "text", { x: WIDTH - 22, y: py(0) - 8 }).textContent = "x₁"
    make(view.svg, "text", { x: px(0) + 8, y: 18 }).textContent = "x₂"
    const key = make(view.svg, "text", { x: WIDTH - 10, y: HEIGHT - 12, "text-anchor": "end" })
    key.textContent = "● class 1   ■ class 0"
    view.svg.setAttribute("aria-label", `Two classes of points and the line of one neuron. ${lines.join(" ")}`)
    view.numbers.replaceChildren(lines[0], document.createElement("br"), lines[1])
    view.slider.value = t
    view.slider.setAttribute("aria-valuetext", lines[0])
    const atEnd = still.matches ? "Show the start" : "Play from start"
    view.button.textContent = view.timer ? "Pause" : t === last ? atEnd : still.matches ? "Show the end" : "Play"
  }

  function pause() {
    window.clearInterval(view.timer)
    view.timer = 0
  }

  function play() {
    view.timer = window.setInterval(() => {
      view.step = Math.min(view.step + 1, last)
      if (view.step === last) pause()
      draw()
    }, STEP_MS)
  }

  view.button.onclick = () => {
    if (view.timer) pause()
    else if (still.matches) view.step = view.step === last ? 0 : last
    else {
      if (view.step === last) view.step = 0
      play()
    }
    draw()
  }
  still.onchange = () => {
    pause()
    draw()
  }
  view.slider.oninput = () => {
    pause()
    view.step = Number(view.slider.value)
    draw()
  }
  draw()
  return pause
}
