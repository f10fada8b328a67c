/** Keeps the focus with the visitor when what had it is drawn anew, moved, hidden or taken away. */

const PRESSABLE = 'a, button';

/** While a dialog is open: what gets the focus when it closes. @type {Element | null} */
let leftAt = null;

/** @returns {Element | null} What has the focus, or will have it again when the open dialog closes. */
export function whereabouts() {
  return leftAt ?? document.activeElement;
}

/**
 * To be called before a dialog opens.
 *
 * @returns {() => void} To be called when it has closed.
 */
export function leaveFocus() {
  // It may open above another one.
  const leftBefore = leftAt;
  leftAt = document.activeElement;
  return () => {
    const target = leftAt;
    leftAt = leftBefore;
    focus(target);
  };
}

/**
 * Draws something anew without taking the focus from whoever is in it.
 *
 * @param {Element | undefined} before What is there so far.
 * @param {() => Element} redraw Puts the new in its place, and returns where to go on if what had the focus is gone.
 */
export function keepFocus(before, redraw) {
  const focused = whereabouts();
  const wasThere = before?.contains(focused);
  const after = redraw();
  if (!focused || !wasThere) return;
  const target = isThere(focused) ? focused : successor(focused, after);
  if (leftAt) leftAt = target;
  else focus(target);
}

/** @param {Element} element */
function isThere(element) {
  return element.isConnected && !element.closest('[hidden]');
}

/**
 * @param {Element} gone
 * @param {Element} place
 * @returns {Element} The same button if it has been drawn anew, else the first thing to press, else something to read.
 */
function successor(gone, place) {
  const action = gone.getAttribute('data-action');
  const same = action && place.querySelector(`[data-action="${action}"]`);
  const first = place.matches(PRESSABLE) ? place : place.querySelector(PRESSABLE);
  return same || first || readable(place.querySelector('h1, h2') ?? place);
}

/** @param {Element} heading */
function readable(heading) {
  heading.setAttribute('tabindex', '-1');
  return heading;
}

/** @param {Element | null} element */
function focus(element) {
  // What moved by itself must not make the page jump.
  if (element !== document.activeElement) /** @type {HTMLElement | null} */ (element)?.focus({ preventScroll: true });
}
