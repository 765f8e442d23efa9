// A Plotly figure that takes new data in place: what the reader has zoomed to, hidden or pointed at stays.
// Streamlit's own chart element is made anew whenever its data changes.

/** @returns {Promise<any>} Plotly, fetched once a page */
function plotly(source) {
  const page = /** @type {any} */ (window);
  page.labPlotly ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(source, document.baseURI).href;
    script.onload = () => (page.Plotly ? resolve(page.Plotly) : reject(new Error("no Plotly")));
    script.onerror = () => reject(new Error("not served"));
    document.head.append(script);
  });
  return page.labPlotly;
}

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const { root } = host;
  // A box of its own: Plotly puts classes and styles on it.
  const box = document.createElement("div");
  box.className = "steady-chart";
  root.append(box);
  const my = { host, box, newest: null };
  return {
    update: (data) => void update(my, data),
    stop: () => (my.newest = null),
  };
}

async function update(my, data) {
  const { host, box } = my;
  const figure = JSON.parse(data.figure);
  my.newest = figure; // loading may outlast several
  box.style.minHeight = `${figure.layout.height}px`; // nothing jumps when the picture arrives
  box.setAttribute("role", "figure");
  box.setAttribute("aria-label", data.alt);
  if (!box.firstChild) box.textContent = "Loading the chart …";
  let library;
  try {
    library = await plotly(data.source);
  } catch {
    host.send("missing", true); // the page falls back on Streamlit's chart
    return;
  }
  if (my.newest !== figure || !box.isConnected) return;
  if (!box.classList.contains("js-plotly-plot")) box.textContent = "";
  await library.react(box, figure.data, dressed(figure.layout, host.theme()), {
    ...data.config,
    responsive: true,
  });
}

// A layout in the colors of the page.
function dressed(layout, { text, raised }) {
  return {
    ...layout,
    font: { ...layout.font, color: text },
    hoverlabel: { ...layout.hoverlabel, bgcolor: raised, font: { ...layout.hoverlabel?.font, color: text } },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: text, activecolor: text },
    autosize: true,
    dragmode: matchMedia("(pointer: fine)").matches ? "zoom" : false, // a finger scrolls the page
  };
}
