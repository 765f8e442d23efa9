// A Plotly figure that takes new data in place: what the reader has zoomed to, hidden or pointed at stays.
// Streamlit's own chart element is made anew whenever its data changes.

function plotly(source) {
  window.labPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(source, document.baseURI).href;
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : reject(new Error("no Plotly")));
    script.onerror = () => reject(new Error("not served"));
    document.head.append(script);
  });
  return window.labPlotly;
}

const newest = new WeakMap(); // element -> the data that came last: loading may outlast several

export default async function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".steady-chart");
  const figure = JSON.parse(data.figure);
  root.style.minHeight = `${figure.layout.height}px`; // nothing jumps when the picture arrives
  root.setAttribute("role", "figure");
  root.setAttribute("aria-label", data.alt);
  newest.set(root, figure);
  if (!root.firstChild) root.textContent = "Loading the chart …";
  let library;
  try {
    library = await plotly(data.source);
  } catch {
    setStateValue("missing", true); // the page falls back on Streamlit's chart
    return;
  }
  if (newest.get(root) !== figure || !root.isConnected) return;
  if (!root.classList.contains("js-plotly-plot")) root.textContent = "";
  const style = getComputedStyle(root);
  const text = style.getPropertyValue("--st-text-color");
  figure.layout.font = { ...figure.layout.font, color: text };
  figure.layout.hoverlabel = {
    ...figure.layout.hoverlabel,
    bgcolor: style.getPropertyValue("--st-secondary-background-color"),
    font: { ...figure.layout.hoverlabel?.font, color: text },
  };
  figure.layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: text, activecolor: text };
  figure.layout.autosize = true;
  await library.react(root, figure.data, figure.layout, { ...data.config, responsive: true });
}
