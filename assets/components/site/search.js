// Looking words up as dlcore.vocabulary.search does: by name, by symbol, with a slip of the finger, in the
// plural, in British or American spelling. Names and texts come respelled from Python.

/** @typedef {(a: string, b: string) => number} Shared */
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
 * The words that hold every word of a query: those it names first, then those with a hit in a name. Where
 * there are none, those of the likest query that finds some.
 *
 * @param {string} query
 * @param {Word[]} words
 */
export function find(query, words) {
  const found = holding(query, words);
  if (found.length) return found;
  const other = instead(query, words);
  return other ? holding(other, words) : [];
}

const ALIKE = 0.78; // the ratio from which on a word is taken for another one

/**
 * The query with words that occur nowhere replaced by the likest ones of a name; "" if none is like enough.
 *
 * @type {(query: string, words: Word[]) => string}
 */
function instead(query, words) {
  const asked = plain(respelled(plain(query).join(" ")));
  const text = words.map((word) => word.text).join(" ");
  const names = words.flatMap((word) => plain(respelled(plain(word.names.join(" ")).join(" "))));
  const known = [...new Set(names)].filter((name) => name.length > 2).sort();
  const likest = asked.map((word) => (text.includes(singular(word)) ? word : closest(word, known)));
  return likest.every(Boolean) ? likest.join(" ") : "";
}

/** @type {(word: string, names: string[]) => string} */
function closest(word, names) {
  let [best, most] = ["", ALIKE];
  for (const name of names) {
    const ratio = (2 * shared(name, word)) / (name.length + word.length);
    if (ratio >= most) [best, most] = [name, ratio];
  }
  return best;
}

/** Letters in blocks that two words share, the longest first, as difflib counts them. @type {Shared} */
function shared(a, b) {
  let [at, there, size] = [0, 0, 0];
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) {
      let k = 0;
      while (i + k < a.length && j + k < b.length && a[i + k] === b[j + k]) k += 1;
      if (k > size) [at, there, size] = [i, j, k];
    }
  if (!size) return 0;
  return size + shared(a.slice(0, at), b.slice(0, there)) + shared(a.slice(at + size), b.slice(there + size));
}

/** @type {(query: string, words: Word[]) => Word[]} */
function holding(query, words) {
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
