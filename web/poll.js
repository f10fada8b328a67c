/** Asks again and again, never twice at once, and only while someone is looking. */

import { Refusal } from './refusal.js';

/** In milliseconds. */
const AFTER_FAILURE = 3000;

/**
 * @typedef {object} Poll
 * @property {() => Promise<void>} now Asks at once. One that is under way is followed by another.
 */

/**
 * @param {() => Promise<number | undefined>} ask Asks once, and tells how many milliseconds to wait before the next time;
 *   `undefined` ends the polling until someone calls `now`.
 * @param {(reconnecting: boolean) => void} onConnection Told after each time whether it failed.
 * @returns {Poll}
 */
export function poll(ask, onConnection) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {Promise<void> | undefined} */
  let underWay;
  let ended = false;

  async function once() {
    clearTimeout(timer);
    let pause;
    try {
      pause = await ask();
      onConnection(false);
    } catch (error) {
      if (!(error instanceof Refusal)) console.error(error);
      pause = AFTER_FAILURE;
      onConnection(true);
    }
    ended = pause === undefined;
    if (!ended && !document.hidden) timer = setTimeout(now, pause);
  }

  async function now() {
    while (underWay) await underWay;
    underWay = once();
    await underWay.finally(() => (underWay = undefined));
  }

  document.addEventListener('visibilitychange', () => {
    if (document.hidden) clearTimeout(timer);
    else if (!ended && !underWay) void now();
  });
  void now();
  return { now };
}
