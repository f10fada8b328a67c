/** The beginning of a message, for where there is room for a few words. */

/** In characters as people see them: an emoji of several code points is one. */
const LONGEST = 40;

const characters = new Intl.Segmenter();

/**
 * @param {string} message
 * @returns {string}
 */
export function excerpt(message) {
  return [...characters.segment(message)]
    .slice(0, LONGEST)
    .map(({ segment }) => segment)
    .join('');
}
