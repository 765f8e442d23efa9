// Addresses as the lab writes them: names, each with one text or several.

/** @typedef {Record<string, string[]>} Said */

/**
 * What an address says, before and after its "#": a page on a disk can only change what stands after it.
 *
 * @param {string} search
 * @param {string} hash
 * @returns {Said}
 */
export function readAddress(search, hash) {
  /** @type {Said} */
  const said = {};
  for (const part of [search, hash.replace("#", "?")])
    for (const [name, text] of new URLSearchParams(part)) said[name] = [...(said[name] ?? []), text];
  return said;
}

/**
 * The same in one line, without "?" or "#".
 *
 * @param {Said} said
 */
export const written = (said) =>
  new URLSearchParams(
    Object.entries(said).flatMap(([name, texts]) => texts.map((text) => [name, text])),
  ).toString();

/** Write behind the "#". @param {string} wrote */
export function show(wrote) {
  try {
    history.replaceState(null, "", `#${wrote}`);
  } catch {
    // a frame without an address of its own
  }
}

/**
 * Write a state behind the "#", and lead the link to the full lab there; what stands there now.
 *
 * @param {Said} said
 * @param {string} lab  address of this page in the full lab
 */
export function keep(said, lab) {
  const wrote = written(said);
  const on = /** @type {HTMLAnchorElement | null} */ (document.getElementById("lab"));
  if (on) on.href = `${lab}${wrote ? "?" : ""}${wrote}`;
  show(wrote);
  return wrote;
}

/**
 * The page of the static edition that an address of the lab means, and what it says there; null for none.
 *
 * @param {string} text  such as https://lab.example/neuron-playground?neuron_f=tanh
 * @param {{file: string, path: string, fixed: Record<string, string>}[]} pages  the narrower first
 */
export function placeOf(text, pages) {
  const [path, query = ""] = text.trim().split(/[?#](.*)/s);
  const last = path.replace(/\/+$/, "").split("/").pop() ?? "";
  const said = readAddress(query, "");
  const meant = (/** @type {{path: string, fixed: Record<string, string>}} */ page) =>
    page.path === last && Object.entries(page.fixed).every(([name, one]) => said[name]?.[0] === one);
  const page = pages.find(meant);
  return page ? `${page.file}.html${query ? "#" : ""}${written(said)}` : null;
}
