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

/** What the address says here; "bare=1" asks for the picture alone, for a frame of another page. */
export function readHere() {
  const said = readAddress(location.search, location.hash);
  document.documentElement.classList.toggle("bare", said.bare?.[0] === "1");
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

/** What stands behind the "#" in a state: a bare frame stays bare. @param {string} state */
export function behind(state) {
  const bare = document.documentElement.classList.contains("bare") ? "bare=1" : "";
  return [bare, state].filter(Boolean).join("&");
}

/** Write behind the "#"; what stands there now. @param {string} state */
export function show(state) {
  const wrote = behind(state);
  try {
    history.replaceState(null, "", `#${wrote}`);
  } catch {
    // a frame without an address of its own
  }
  return wrote;
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
  return show(wrote);
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
