/** What a screen reader says of a field beside its name. */

let nextId = 0;

/**
 * @param {Element} control
 * @param {Element} note On the page, near the control.
 */
export function describe(control, note) {
  note.id ||= `description-${nextId++}`;
  control.setAttribute('aria-describedby', [...descriptionsOf(control), note.id].join(' '));
}

/**
 * @param {Element} control
 * @param {Element} note
 */
export function describeNoLonger(control, note) {
  const rest = descriptionsOf(control).filter((id) => id !== note.id);
  if (rest.length > 0) control.setAttribute('aria-describedby', rest.join(' '));
  else control.removeAttribute('aria-describedby');
}

/** @param {Element} control */
function descriptionsOf(control) {
  return control.getAttribute('aria-describedby')?.split(' ') ?? [];
}
