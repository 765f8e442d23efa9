// The terms in the text's groups, and lines between related ones. A term is a button: hover or focus shows
// its relations, a click opens it. The words come from Python and are only ever set as text.
const SVG = "http://www.w3.org/2000/svg"
const instances = new WeakMap()

function build(root) {
  const lines = document.createElementNS(SVG, "svg")
  lines.setAttribute("aria-hidden", "true")
  const groups = document.createElement("div")
  groups.className = "groups"
  const said = document.createElement("p")
  said.className = "said"
  said.setAttribute("aria-live", "polite")
  root.replaceChildren(lines, groups, said)
  return { lines, groups, said, buttons: new Map() }
}

function fill(view, groups) {
  view.buttons.clear()
  view.groups.replaceChildren(...groups.map(({ name, terms }) => {
    const box = document.createElement("section")
    const title = document.createElement("h3")
    title.textContent = name
    const row = document.createElement("div")
    row.className = "terms"
    for (const term of terms) {
      const button = document.createElement("button")
      button.type = "button"
      button.textContent = term
      view.buttons.set(term, button)
      row.append(button)
    }
    box.append(title, row)
    return box
  }))
}

function middle(button, frame) {
  const box = button.getBoundingClientRect()
  return [box.left + box.width / 2 - frame.left, box.top + box.height / 2 - frame.top]
}

function draw(root, view, edges, looked) {
  const frame = root.getBoundingClientRect()
  view.lines.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`)
  const related = new Set([looked])
  const drawn = edges.map(([a, b]) => {
    const isLooked = a === looked || b === looked
    if (isLooked) related.add(a).add(b)
    const [[x1, y1], [x2, y2]] = [a, b].map(name => middle(view.buttons.get(name), frame))
    const path = document.createElementNS(SVG, "path")
    const bend = 0.18 * Math.abs(x2 - x1) + 14
    path.setAttribute("d", `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`)
    path.setAttribute("class", isLooked ? "looked" : "")
    return path
  })
  view.lines.replaceChildren(...drawn)
  for (const [name, button] of view.buttons) {
    button.classList.toggle("related", related.has(name) && name !== looked)
    button.classList.toggle("faded", Boolean(looked) && !related.has(name))
  }
  related.delete(looked)
  view.said.textContent = looked
    ? `${looked}: ${related.size ? `related to ${[...related].join(", ")}.` : "stands alone."}`
    : "Point at a term to see what it is related to; choose it to read it."
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".root")
  let view = instances.get(root)
  if (!view) instances.set(root, (view = build(root)))
  fill(view, data.groups)
  const show = name => draw(root, view, data.edges, name ?? data.chosen)
  for (const [name, button] of view.buttons) {
    button.setAttribute("aria-pressed", String(name === data.chosen))
    button.onmouseenter = button.onfocus = () => show(name)
    button.onmouseleave = button.onblur = () => show()
    button.onclick = () => setTriggerValue("opened", name)
  }
  view.watch?.disconnect()
  view.watch = new ResizeObserver(() => show())
  view.watch.observe(root)
  show()
  return () => view.watch.disconnect()
}
