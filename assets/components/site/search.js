// Looking words up as dlcore.vocabulary.search does, slips of the finger excepted: by name, by symbol, in the
// plural, in British or American spelling. Names and texts come respelled from Python.

/** @typedef {{slug: string, group: string, names: string[], text: string, symbols: string[]}} Word */

/** @type {[RegExp, string][]} */
const RESPELLED = [
  [/(?<=\w\w\w)is(?=(?:e|ed|es|er|ers|ing|ation|ations)\b)/g, "iz"],
  [/(?<=[a-z][lbvn])our(?=\w*)/g, "or"],
  [/\bgrey/g, "gray"],
  [/(?<=cent)re\b/g, "er"],
  [/(?<=cent)res\b/g, "ers"],
  [/ll(?=(?:ed|ing)\b)/g, "l"],
];
/** @type {[RegExp, string][]} */
const PLURALS = [
  [/ies$/, "y"],
  [/(?<=tr)ices$/, "ix"],
  [/(?<=nim)a$/, "um"],
  [/(?<=[sxh])es$/, ""],
  [/(?<![sui])s$/, ""],
];

/** @type {(text: string) => string[]} */
const plain = (text) =>
  text
    .toLowerCase()
    .replace(/['’]/g, "")
    .replaceAll("&", " and ")
    .match(/[\p{L}\p{N}]+/gu) ?? [];

/** @type {(text: string) => string} */
const respelled = (text) => RESPELLED.reduce((so, [from, to]) => so.replace(from, to), text);

/** @type {(word: string) => string} */
function singular(word) {
  const found = PLURALS.find(([ending]) => ending.test(word));
  return found ? word.replace(...found) : word;
}

/** American spelling, every word in the singular. @type {(text: string) => string[]} */
export const compared = (text) => plain(respelled(plain(text).join(" "))).map(singular);

/**
 * The words that hold every word of a query: those it names first, then those with a hit in a name.
 *
 * @param {string} query
 * @param {Word[]} words
 */
export function find(query, words) {
  const asked = compared(query);
  const signs = query.split(/\s+/).filter(Boolean);
  if (!signs.length) return words;
  const all = (/** @type {string} */ text) => asked.length > 0 && asked.every((one) => text.includes(one));
  /** @type {(word: Word) => number} */
  const rank = ({ names, text, symbols }) => {
    const [own, ...others] = names.map((name) => compared(name).join(" "));
    if (own === asked.join(" ") || signs.some((sign) => symbols.includes(sign))) return 0;
    if (others.includes(asked.join(" "))) return 1;
    if (all(respelled(plain(names.join(" ")).join(" ")))) return 2;
    return all(text) ? 3 : 4;
  };
  return words
    .map((word) => ({ word, at: rank(word) }))
    .filter(({ at }) => at < 4)
    .sort((a, b) => a.at - b.at)
    .map(({ word }) => word);
}
