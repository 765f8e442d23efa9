// What has just been found is read out, and the focus stays where the reader was when Streamlit draws a page
// anew.

import { keepFocus } from "./focus.js";

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  const focus = keepFocus(document);
  let said = "";
  host.say(said); // a region that stands there beforehand is listened to
  return {
    /** @param {{text: string}} data  read out when it is another text than before */
    update({ text }) {
      if (text !== said) host.say(text);
      said = text;
    },
    stop: focus.stop,
  };
}
