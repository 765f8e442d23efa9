// A browser in a class asks the server every two seconds or so whether question or answer have changed there.
// The answer is one number; only when it is another one does the page run again.

// Milliseconds; up to half as many more, so that a hundred browsers do not ask at once.
const EVERY = 1500;

/** @type {import("../shared/host.js").Create} */
export function create(host) {
  let known = "";
  let address = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  async function ask() {
    try {
      const answer = await fetch(new URL(address, document.baseURI), { cache: "no-store" });
      const now = answer.ok ? await answer.text() : known;
      if (now !== known && timer !== undefined) {
        known = now;
        host.tell("news", now);
      }
    } catch {
      // The server is being restarted, or the network is away: the next one will tell.
    }
    if (timer !== undefined) wait();
  }
  function wait() {
    timer = setTimeout(ask, EVERY * (1 + Math.random() / 2));
  }
  wait();
  return {
    /** @param {{address: string, turn: string}} data  where to ask, and what the page knows already */
    update(data) {
      address = data.address;
      known = data.turn;
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
