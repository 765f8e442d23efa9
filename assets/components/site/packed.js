// Data that Python has made small: deflated JSON in letters, as ui/site/packed.py writes it.

/** @param {string} text @returns {Promise<any>} */
export function unpack(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}
