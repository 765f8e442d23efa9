// The vocabulary of the static edition: all entries stand in the page; a search hides the others.

import { write } from "../shared/elements.js";
import { mount } from "../shared/static_host.js";
import { keep, readHere } from "./address.js";
import { find } from "./search.js";

/** @param {any} page  words as Python has written them, and the lab's address */
export function open(page) {
  const field = /** @type {HTMLInputElement} */ (document.getElementById("search"));
  const part = /** @type {HTMLSelectElement} */ (document.getElementById("part"));
  const my = { page, field, part, term: "" };
  read(my);
  field.oninput = () => refresh(my, "");
  part.onchange = () => refresh(my, my.term);
  addEventListener("hashchange", () => {
    if (location.hash.slice(1) === my.wrote) return;
    read(my);
  });
}

/**
 * Draws the small pictures beside their words.
 *
 * @param {Record<string, any>} drawn  slug -> the data of its picture
 * @param {import("../shared/host.js").Create} create
 * @param {string} style
 */
export function illustrate(drawn, create, style) {
  for (const [slug, data] of Object.entries(drawn)) {
    const place = document.getElementById(slug)?.querySelector(".picture");
    if (place) mount(create, /** @type {HTMLElement} */ (place), data, style);
  }
  document.querySelector("article.open")?.scrollIntoView();
}

function read(my) {
  const said = readHere();
  my.field.value = said.vocabulary_q?.[0] ?? "";
  const part = said.vocabulary_part?.[0] ?? "";
  my.part.value = [...my.part.options].some((one) => one.value === part) ? part : my.part.options[0].value;
  refresh(my, said.vocabulary_term?.[0] ?? "");
  document.querySelector("article.open")?.scrollIntoView();
}

function refresh(my, term) {
  my.term = term;
  const { words } = my.page;
  const whole = my.part.selectedIndex === 0;
  const hits = find(my.field.value, words);
  const shown = hits.filter((word) => whole || word.group === my.part.value);
  const place = document.getElementById("words");
  const known = new Set(shown.map((word) => word.slug));
  for (const word of words) {
    const entry = document.getElementById(word.slug);
    if (!entry) continue;
    entry.hidden = !known.has(word.slug);
    entry.classList.toggle("open", word.slug === term);
  }
  // The best hit stands first; without a search the words stand as the text has them, under their headings.
  const searching = my.field.value.trim() !== "";
  for (const word of searching ? shown : words) place?.append(document.getElementById(word.slug) ?? "");
  for (const heading of document.querySelectorAll("#words h2")) {
    const group = words.filter((word) => word.group === heading.textContent);
    /** @type {HTMLElement} */ (heading).hidden = searching || !group.some((word) => known.has(word.slug));
    document.getElementById(group[0].slug)?.before(heading);
  }
  const none = hits.length ? `Nothing in this part; ${hits.length} in the others.` : NOTHING;
  write(
    document.getElementById("count") ?? my.field,
    shown.length ? count(shown.length, words.length) : none,
  );
  remember(my, whole);
}

const NOTHING = "No word contains all of these. Try a single one, such as “loss” or “gradient”.";
const count = (n, all) => `${n} of ${all} words`;

function remember(my, whole) {
  my.wrote = keep(
    {
      vocabulary_q: my.field.value.trim() ? [my.field.value] : [],
      vocabulary_part: whole ? [] : [my.part.value],
      vocabulary_term: my.term ? [my.term] : [],
    },
    my.page.lab,
  );
}
