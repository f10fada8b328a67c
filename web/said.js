/** The line that tells what became of what the visitor asked for. */
import { element } from './element.js';

/** In milliseconds: long enough to read a sentence, and no longer than it is news. */
const WHILE_NEWS = 10_000;

export function saidLine() {
  const line = element('p', { class: 'said', role: 'status' });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let wasReconnecting = false;

  /**
   * @param {string} sentence
   * @param {boolean} [trouble] Whether it tells why nothing was done.
   */
  function say(sentence, trouble = false) {
    clearTimeout(timer);
    line.classList.toggle('trouble', trouble);
    line.replaceChildren(sentence);
    if (!trouble) timer = setTimeout(() => line.replaceChildren(), WHILE_NEWS);
  }

  /**
   * Trouble is over when the server answers again. To be told by the poll, after each time, whether that failed.
   *
   * @param {boolean} reconnecting
   */
  function onConnection(reconnecting) {
    if (wasReconnecting && !reconnecting && line.matches('.trouble')) line.replaceChildren();
    wasReconnecting = reconnecting;
  }

  return { element: line, say, onConnection };
}
