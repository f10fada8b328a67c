/** What the browser keeps for this page. Where it may keep nothing, there is nothing kept. */

/**
 * @param {'localStorage' | 'sessionStorage'} area For good, or as long as the tab is open.
 * @param {string} name
 * @returns {unknown} What was kept last; `undefined` when that is nothing, or nothing that can be read.
 */
export function load(area, name) {
  try {
    return JSON.parse(window[area].getItem(name) ?? '') ?? undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {'localStorage' | 'sessionStorage'} area
 * @param {string} name
 * @param {unknown} value What JSON can hold.
 */
export function save(area, name, value) {
  try {
    window[area].setItem(name, JSON.stringify(value));
  } catch {
    // The visitor has forbidden it, or it is full: the page works without.
  }
}
