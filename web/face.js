/** The face of Whiskers, in every mood a reminder can put a cat into. */
import { svgElement } from './element.js';

/** @typedef {'hopeful' | 'excited' | 'happy' | 'puzzled' | 'sad' | 'asleep'} Mood */

/** Open eyes, as left and right. */
const OPEN = [
  { cx: 68, cy: 98 },
  { cx: 132, cy: 98 },
];

/** @type {Record<Mood, {words: string, eyes: string | {lookUp: number, size: number}, mouth: string}>} */
const MOODS = {
  hopeful: { words: 'looks hopeful', eyes: { lookUp: 4, size: 15 }, mouth: 'M86 132q7 8 14 0q7 8 14 0' },
  excited: { words: 'is excited', eyes: { lookUp: 0, size: 18 }, mouth: 'M84 130q16 6 32 0q-2 22-16 22t-16-22z' },
  happy: { words: 'is happy', eyes: 'M54 102q14-18 28 0M118 102q14-18 28 0', mouth: 'M80 130q10 14 20 2q10 12 20-2' },
  puzzled: { words: 'is puzzled', eyes: { lookUp: -3, size: 13 }, mouth: 'M86 136q7-6 14 0t14 0' },
  sad: { words: 'is sad', eyes: { lookUp: -5, size: 15 }, mouth: 'M84 140q16-14 32 0' },
  asleep: { words: 'has gone to sleep', eyes: 'M54 98q14 12 28 0M118 98q14 12 28 0', mouth: 'M90 134q10 6 20 0' },
};

/**
 * @param {Mood} mood
 * @returns {SVGSVGElement}
 */
export function face(mood) {
  const { words, eyes, mouth } = MOODS[mood];
  return svgElement(
    'svg',
    { class: 'face', viewBox: '0 0 200 180', role: 'img', 'aria-label': `Whiskers ${words}` },
    svgElement('path', { class: 'fur', d: 'M30 84 24 20q2-10 12-5l46 30zM170 84l6-64q-2-10-12-5l-46 30z' }),
    svgElement('path', { class: 'pink', d: 'M40 62 36 32l26 19zM160 62l4-30-26 19z' }),
    svgElement('ellipse', { class: 'fur', cx: 100, cy: 102, rx: 82, ry: 68 }),
    svgElement('path', {
      class: 'stripe',
      d: 'M100 36v26M80 40l4 20M120 40l-4 20M20 100l22 4M22 120l20-2M180 100l-22 4M178 120l-20-2',
    }),
    svgElement('path', {
      class: 'cream',
      d: 'M100 112c-30-4-46 14-42 30 4 20 24 26 42 26s38-6 42-26c4-16-12-34-42-30z',
    }),
    ...(typeof eyes === 'string'
      ? [svgElement('path', { class: 'line', d: eyes })]
      : OPEN.flatMap((eye) => openEye(eye, eyes))),
    svgElement('path', { class: 'nose', d: 'M91 119q9-5 18 0q-2 10-9 12q-7-2-9-12z' }),
    svgElement('path', { class: mouth.endsWith('z') ? 'tongue' : 'line', d: mouth }),
    svgElement('path', { class: 'whisker', d: 'M52 128 8 120M52 136 8 140M148 128l44-8M148 136l44 4' }),
    mood === 'happy' &&
      svgElement('path', {
        class: 'heart',
        d: 'M172 30c-8-18-30-6-18 10 5 7 18 16 18 16s13-9 18-16c12-16-10-28-18-10z',
      }),
  );
}

/**
 * @param {{cx: number, cy: number}} eye
 * @param {{lookUp: number, size: number}} look
 */
function openEye({ cx, cy }, { lookUp, size }) {
  return [
    svgElement('circle', { class: 'eye-white', cx, cy, r: size + 3 }),
    svgElement('circle', { class: 'pupil', cx, cy: cy - lookUp, r: size - 3 }),
    svgElement('circle', { class: 'glint', cx: cx + 4, cy: cy - lookUp - 5, r: 4 }),
  ];
}
