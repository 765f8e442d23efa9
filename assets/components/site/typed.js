// Numbers as learners write them, read as dlcore.course.questions.written reads them.

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?$/;
const LONGEST = 60;

/** @type {(text: string) => number | null} */
function decimal(text) {
  const value = DECIMAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

/** @type {(above: string, below: string) => number | null} */
function quotient(above, below) {
  const [top, bottom] = [decimal(above), decimal(below)];
  return top === null || !bottom ? null : top / bottom;
}

/**
 * The number that a text means; null where it is none: −3/8, 1 3/8, 0,375 and .375 are numbers.
 *
 * @param {string} given
 * @param {boolean} whole  whether a whole number is asked for: 1,600 and 1.600 then are thousands
 */
export function readNumber(given, whole) {
  let text = given
    .replace(/[−–—‐‑‒﹣－]/g, "-")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins there
  if (!text || text.length > LONGEST || !/^[\x00-\x7f]*$/.test(text)) return null;
  text = text.replace(/^([+-]) /, "$1");
  const mixed = /^([+-]?)(\d+) (\d+) ?\/ ?(\d+)$/.exec(text);
  if (mixed) {
    const part = quotient(mixed[3], mixed[4]);
    return part === null ? null : (mixed[1] === "-" ? -1 : 1) * (Number(mixed[2]) + part);
  }
  if (whole && /^[+-]?\d{1,3}([,.' ]\d{3})+$/.test(text)) return Number(text.replace(/[,.' ]/g, ""));
  const [above, ...below] = text.replaceAll(",", ".").split("/");
  return below.length ? quotient(above.trim(), below.join("/").trim()) : decimal(above);
}
