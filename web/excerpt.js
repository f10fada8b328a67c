/** The beginning of a message, where there is no room for all of it. */

/** In characters as people see them: an emoji is one, whatever it is made of. */
const LONGEST = 40;

const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * @param {string} message
 * @returns {string}
 */
export function excerpt(message) {
  const seen = Array.from(characters.segment(message), ({ segment }) => segment);
  return seen.length > LONGEST ? `${seen.slice(0, LONGEST).join('')}…` : message;
}
