/** The fields that ask when: after a while, or at a date and time of the visitor's own zone. */
import { now } from './clock.js';
import { dateWords, distanceWords, keepTrue } from './countdown.js';
import { describe } from './description.js';
import { element } from './element.js';
import { comesAgain, fromLocalField, isSkipped, offsetName, tomorrowAt, toLocalField, ZONE } from './local-time.js';

/** @typedef {import('./api.js').When} When */
/** @typedef {import('./refusal.js').FieldError} FieldError */

/** In seconds. */
const UNITS = { seconds: 1, minutes: 60, hours: 3600, days: 86_400, weeks: 604_800 };

/** In seconds: the longest wait that the API accepts, ten years. */
const LONGEST = 315_576_000;

/** @type {{label: string, amount: number, unit: keyof typeof UNITS}[]} */
const QUICK = [
  { label: '30 s', amount: 30, unit: 'seconds' },
  { label: '10 min', amount: 10, unit: 'minutes' },
  { label: '1 hour', amount: 1, unit: 'hours' },
  { label: '1 week', amount: 1, unit: 'weeks' },
];

/** In milliseconds. */
const HOUR = 3_600_000;

/** The hour at which one begins to think of a cat. */
const MORNING = 9;

/**
 * @typedef {object} WhenFields
 * @property {HTMLFieldSetElement} element To put into a form.
 * @property {() => {when: When} | {errors: FieldError[]}} read
 * @property {() => void} refresh To be called when something else than an edit has filled them in.
 */

/**
 * @param {{amount: number, unit: keyof typeof UNITS, due?: Date}} start What is filled in at first. It starts at the set
 *   time `due` if there is one.
 * @returns {WhenFields}
 */
export function whenFields(start) {
  const dueInField = start.due && toLocalField(start.due);
  const amount = element('input', {
    name: 'waitSeconds',
    type: 'number',
    min: 0,
    step: 'any',
    value: start.amount,
    inputmode: 'decimal',
    'aria-label': 'How long',
  });
  const unit = element(
    'select',
    { name: 'unit', 'aria-label': 'Unit of time' },
    ...Object.keys(UNITS).map((name) => element('option', { selected: name === start.unit }, name)),
  );
  const remindAt = element('input', {
    name: 'remindAt',
    type: 'datetime-local',
    value: dueInField,
    autofocus: Boolean(start.due),
    'aria-label': 'Date and time',
  });
  const afterWhile = element('input', { type: 'radio', name: 'mode', value: 'while', checked: !start.due });
  const atTime = element('input', {
    type: 'radio',
    name: 'mode',
    value: 'time',
    checked: Boolean(start.due),
    oninput: suggestTime,
  });
  const preview = element('p', { class: 'hint' });
  const zone = element('p', { class: 'hint' }, `Your time zone: ${ZONE.replaceAll('_', ' ')}`);
  [amount, unit, remindAt].forEach((control) => describe(control, preview));
  describe(remindAt, zone);

  const whilePanel = element(
    'div',
    { 'data-field': 'waitSeconds' },
    element('div', { class: 'duration' }, amount, unit),
    element('div', { class: 'chips' }, ...QUICK.map(quickChip), morningChip()),
  );
  const timePanel = element('div', { 'data-field': 'remindAt' }, remindAt, zone);
  const fieldset = element(
    'fieldset',
    { oninput: refresh },
    element('legend', {}, 'When'),
    element(
      'div',
      { class: 'segments' },
      element('label', {}, afterWhile, 'In a while'),
      element('label', {}, atTime, 'At a set time'),
    ),
    whilePanel,
    timePanel,
    preview,
  );

  /** @param {typeof QUICK[number]} quick */
  function quickChip({ label, ...quick }) {
    return chip(label, () => {
      amount.value = String(quick.amount);
      unit.value = quick.unit;
    });
  }

  function morningChip() {
    return chip('tomorrow', () => {
      atTime.checked = true;
      remindAt.value = toLocalField(tomorrowAt(MORNING));
      // The chip goes away with its panel, and must not take the focus along.
      timePanel.hidden = false;
      remindAt.focus();
    });
  }

  function suggestTime() {
    remindAt.value ||= toLocalField(new Date(now() + HOUR));
  }

  function refresh() {
    whilePanel.hidden = atTime.checked;
    timePanel.hidden = afterWhile.checked;
    tellPreview();
  }

  function previewWords() {
    const answer = read();
    return 'when' in answer ? whenWords(answer.when) : '';
  }

  function read() {
    if (afterWhile.checked) return readWhile(amount.valueAsNumber, unit.value);
    // The field knows no seconds, and not which of two times of the same name it shows.
    const unchanged = remindAt.value === dueInField ? start.due : undefined;
    return readTime(remindAt.value, unchanged ?? fromLocalField(remindAt.value));
  }

  const tellPreview = keepTrue(preview, previewWords);
  refresh();
  return { element: fieldset, read, refresh };
}

/**
 * @param {string} label
 * @param {() => void} fill
 */
function chip(label, fill) {
  const button = element('button', { type: 'button', class: 'chip', onclick: press }, label);
  return button;

  function press() {
    fill();
    // Whoever listens to edits need not know that it was not typed.
    button.dispatchEvent(new window.Event('input', { bubbles: true }));
  }
}

/**
 * @param {number} amount
 * @param {string} unit
 */
function readWhile(amount, unit) {
  const waitSeconds = amount * UNITS[/** @type {keyof typeof UNITS} */ (unit)];
  if (Number.isNaN(amount)) return refuse('waitSeconds', 'Please say how long to wait, as a number.');
  if (amount < 0) return refuse('waitSeconds', 'Even Whiskers cannot be reminded in the past.');
  if (waitSeconds > LONGEST) return refuse('waitSeconds', 'Ten years is the longest that Whiskers will wait.');
  return { when: { waitSeconds } };
}

/**
 * @param {string} value Of the field.
 * @param {Date} date What it means.
 */
function readTime(value, date) {
  if (!value) return refuse('remindAt', 'Please pick a date and a time.');
  if (date.getTime() < now()) return refuse('remindAt', 'That time has passed. Please pick one in the future.');
  // An invalid date is one in a year that is further away than dates go.
  if (!(date.getTime() <= now() + LONGEST * 1000)) {
    return refuse('remindAt', 'Ten years is the longest that Whiskers will wait.');
  }
  if (isSkipped(value)) return refuse('remindAt', 'The clocks skip that time on that day. Please pick another.');
  return { when: { remindAt: date.toISOString() } };
}

/**
 * @param {string} field
 * @param {string} detail
 */
function refuse(field, detail) {
  return { errors: [{ field, detail }] };
}

/** @param {When} when */
function whenWords(when) {
  if ('remindAt' in when) return timeWords(new Date(when.remindAt));
  return when.waitSeconds < 60
    ? 'Soon enough to watch it happen.'
    : `That is ${dateWords(now() + when.waitSeconds * 1000)}.`;
}

/** @param {Date} date */
function timeWords(date) {
  const far = `That is ${farWords(date.getTime() - now())}.`;
  return comesAgain(date)
    ? `${far} That time comes twice that day; this is the first of the two, ${offsetName(date)}.`
    : far;
}

/** @param {number} distance In milliseconds. */
function farWords(distance) {
  return distance < HOUR ? 'within the hour' : distanceWords(distance);
}
