// When things happen: drawing at most once a frame, a message once the hand rests, a film at its own speed.

/**
 * Draws at the next frame, however often it is asked to.
 *
 * @param {() => void} draw
 */
export function frames(draw) {
  let frame = 0;
  return {
    ask() {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw();
      });
    },
    stop() {
      cancelAnimationFrame(frame);
      frame = 0;
    },
  };
}

/**
 * Acts once nothing has begun for a while.
 *
 * @param {number} milliseconds
 * @param {() => void} act
 */
export function rest(milliseconds, act) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    begin() {
      stop();
      timer = setTimeout(() => {
        timer = undefined;
        act();
      }, milliseconds);
    },
    stop,
    waiting: () => timer !== undefined,
  };
}

/**
 * A film: so many steps a second, until a step says that it was the last one or somebody pauses.
 *
 * @param {() => number} rate  steps a second
 * @param {(steps: number) => boolean} on  goes on by whole steps, and says whether there are more
 * @param {() => void} over  after the last one
 */
export function film(rate, on, over) {
  let run = 0;
  return {
    play() {
      const mine = ++run;
      let before = performance.now();
      let owed = 0;
      const tick = (/** @type {number} */ now) => {
        if (run !== mine) return;
        owed += (Math.max(0, now - before) / 1000) * rate();
        before = now;
        const more = on(Math.floor(owed));
        owed %= 1;
        if (more) requestAnimationFrame(tick);
        else over();
      };
      requestAnimationFrame(tick);
    },
    pause() {
      run++;
    },
  };
}
