/** Draws a state machine and lights it. A machine is a plain description of nodes and edges, of whatever it may be. */
import { element, svgElement } from './element.js';

/**
 * @typedef {'start' | 'wait' | 'choice' | 'task' | 'fork' | 'join' | 'end'} Kind
 *
 * @typedef {object} MachineNode
 * @property {string} id
 * @property {Kind} kind
 * @property {number} along How far from the start, in steps of the flow.
 * @property {number} across How far to the side of the flow, in lanes.
 *
 * @typedef {object} MachineEdge
 * @property {string} from
 * @property {string} to
 * @property {string} [label]
 * @property {boolean} [aside] A way out of the flow, which leaves a node by its side.
 * @property {boolean} [around] A rare way back, past what is beside the flow. It is drawn only once it was taken.
 *
 * @typedef {object} Machine
 * @property {string} title
 * @property {MachineNode[]} nodes
 * @property {MachineEdge[]} edges
 *
 * @typedef {'idle' | 'current' | 'done' | 'failed' | 'stopped' | 'dimmed'} NodeStatus
 *
 * @typedef {object} NodeLight
 * @property {NodeStatus} status
 * @property {string} [detail] A few words in the node.
 * @property {number} [progress] Of a wait, from 0 to 1.
 *
 * @typedef {object} Lights
 * @property {Map<string, NodeLight>} nodes By id. Whatever is absent is idle.
 * @property {Set<string>} taken The edges that were taken, as `from>to`.
 * @property {string} words What the picture shows, in words.
 *
 * @typedef {object} Picture
 * @property {HTMLElement} element
 * @property {(lights: Lights) => void} light
 */

/**
 * Width and height of a node, in the units of the drawing, which are about one CSS pixel.
 *
 * @type {Record<Kind, [number, number]>}
 */
const SIZE = {
  start: [20, 20],
  wait: [168, 64],
  choice: [150, 56],
  task: [152, 56],
  fork: [14, 14],
  join: [14, 14],
  end: [122, 46],
};

/** Kinds that only draw how the flow begins, parts and meets. */
const UNNAMED = new Set(['start', 'fork', 'join']);

/** In units of the drawing: one step along the flow, one lane across it. */
const ACROSS_THE_PAGE = { along: 162, across: 74 };
const DOWN_THE_PAGE = { along: 98, across: 86 };

const MARGIN = 12;

/** How far in the corners of a choice are, which comes to a point at both ends. */
const POINT = 18;

/** Of a way around: how close it passes by the outermost node, how it turns, and how it arrives. */
const AROUND = { gap: 8, turn: 40, arrival: 90 };

/** Below this width of the window the flow runs down the page. */
const wide = matchMedia('(min-width: 900px)');

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{left: number, right: number, top: number, bottom: number}} Bounds */
/** @typedef {{place: (at: {along: number, across: number}) => Point, horizontal: boolean}} Direction */

/**
 * Draws a machine: across the page where there is room, down the page where there is not.
 *
 * @param {Machine} machine
 * @returns {Picture}
 */
export function picture(machine) {
  let drawing = draw(machine, direction());
  /** @type {Lights | undefined} */
  let lit;
  const frame = element('div', { class: 'picture' }, drawing.svg);

  wide.addEventListener('change', () => {
    drawing = draw(machine, direction());
    frame.replaceChildren(drawing.svg);
    if (lit) drawing.light(lit);
  });

  return {
    element: frame,
    light(lights) {
      lit = lights;
      drawing.light(lights);
    },
  };
}

/** @returns {Direction} */
function direction() {
  const horizontal = wide.matches;
  const step = horizontal ? ACROSS_THE_PAGE : DOWN_THE_PAGE;
  return {
    horizontal,
    place: ({ along, across }) =>
      horizontal
        ? { x: along * step.along, y: across * step.across }
        : { x: across * step.across, y: along * step.along },
  };
}

/**
 * @param {Machine} machine
 * @param {Direction} flow
 */
function draw(machine, flow) {
  const byId = new Map(machine.nodes.map((node) => [node.id, node]));
  const nodes = machine.nodes.map((node) => ({ id: node.id, ...drawNode(node, flow) }));
  const bounds = boundsOf(machine, flow);
  const edges = machine.edges.map((edge) => ({ ...edge, group: drawEdge(edge, byId, flow, bounds) }));
  const ways = svgElement('g', {}, ...edges.map(({ group }) => group));
  const description = svgElement('desc');
  const svg = svgElement(
    'svg',
    { viewBox: viewBoxOf(bounds), role: 'img' },
    svgElement('title', {}, machine.title),
    description,
    ways,
    ...nodes.map(({ group }) => group),
  );
  svg.classList.add(flow.horizontal ? 'horizontal' : 'vertical');

  /** @param {Lights} lights */
  function light({ nodes: nodeLights, taken, words }) {
    for (const { id, show } of nodes) show(nodeLights.get(id) ?? { status: 'idle' });
    let changed = false;
    for (const { from, to, group } of edges) {
      const statusOf = (/** @type {string} */ id) => nodeLights.get(id)?.status ?? 'idle';
      // Where the flow cannot come any more: from a state left out, or to one left out or entered by another way.
      const dimmed = statusOf(from) === 'dimmed' || statusOf(to) !== 'idle';
      const status = taken.has(`${from}>${to}`) ? 'done' : dimmed ? 'dimmed' : 'idle';
      changed ||= group.dataset.status !== status;
      group.dataset.status = status;
    }
    // What was taken lies on top, as it shares its ends with others. It stays where it is: what moves cannot fade.
    if (changed) ways.prepend(...edges.map(({ group }) => group).filter(({ dataset }) => dataset.status !== 'done'));
    if (description.textContent !== words) description.textContent = words;
  }

  return { svg, light };
}

/**
 * @param {MachineNode} node
 * @param {Direction} flow
 */
function drawNode(node, flow) {
  const { x, y } = flow.place(node);
  const [width, height] = SIZE[node.kind];
  const named = !UNNAMED.has(node.kind);
  const textX = node.kind === 'wait' ? 22 : 0;
  const name = svgElement('text', { class: 'node-name', x: textX }, node.id);
  const detail = svgElement('text', { class: 'node-detail', x: textX, y: 17 });
  const ring = svgElement('circle', { class: 'ring-progress', pathLength: 1, cx: -width / 2 + 32, r: 17 });
  const group = svgElement(
    'g',
    { class: 'node', transform: `translate(${x} ${y})`, 'data-node': node.id, 'data-kind': node.kind },
    named && outline('halo', node.kind, width + 12, height + 12),
    outline('outline', node.kind, width, height),
    node.kind === 'wait' && svgElement('circle', { class: 'ring', cx: -width / 2 + 32, r: 17 }),
    node.kind === 'wait' && ring,
    named && name,
    named && detail,
    named && badge(width / 2 - (node.kind === 'choice' ? 14 : 6), -height / 2 + 2),
  );

  /** @param {NodeLight} light */
  function show({ status, detail: words = '', progress = 0 }) {
    group.dataset.status = status;
    if (detail.textContent !== words) detail.textContent = words;
    name.setAttribute('y', words ? '-3' : '5');
    ring.style.strokeDashoffset = String(1 - progress);
  }

  return { group, show };
}

/**
 * @param {string} name
 * @param {Kind} kind
 * @param {number} width
 * @param {number} height
 */
function outline(name, kind, width, height) {
  const [x, y] = [width / 2, height / 2];
  if (kind === 'choice') {
    const points = `${-x},0 ${-x + POINT},${-y} ${x - POINT},${-y} ${x},0 ${x - POINT},${y} ${-x + POINT},${y}`;
    return svgElement('polygon', { class: name, points });
  }
  const radius = kind === 'task' || kind === 'wait' ? 14 : y;
  return svgElement('rect', { class: name, x: -x, y: -y, width, height, rx: radius });
}

/**
 * A tick and a cross at a corner of a node; its status shows one of them or none.
 *
 * @param {number} x
 * @param {number} y
 */
function badge(x, y) {
  return svgElement(
    'g',
    { class: 'badge', transform: `translate(${x} ${y})` },
    svgElement('circle', { r: 11 }),
    svgElement('path', { class: 'tick', d: 'M-5 0l4 4 6-7' }),
    svgElement('path', { class: 'cross', d: 'M-4-4l8 8M4-4l-8 8' }),
  );
}

/**
 * @param {MachineEdge} edge
 * @param {Map<string, MachineNode>} byId
 * @param {Direction} flow
 * @param {Bounds} bounds
 */
function drawEdge({ from, to, label, aside, around }, byId, flow, bounds) {
  const source = /** @type {MachineNode} */ (byId.get(from));
  const target = /** @type {MachineNode} */ (byId.get(to));
  const side = Math.sign(target.across - source.across);
  // Along the flow an edge leaves at the front, and a choice by one of its corners; out of it, at the target's side.
  const start =
    aside || around
      ? border(source, flow, { along: 0, across: side })
      : border(source, flow, { along: 1, across: source.kind === 'choice' ? side : 0 });
  const end = border(target, flow, { along: around ? 1 : -1, across: 0 });
  const way = around
    ? wayAround(start, end, flow, bounds, side)
    : `C${aside ? asideBend(start, end, flow) : flowBend(start, end, flow)} ${end.x} ${end.y}`;
  return svgElement(
    'g',
    { class: aside ? 'edge aside' : around ? 'edge around' : 'edge', 'data-edge': `${from}>${to}` },
    svgElement('path', { d: `M${start.x} ${start.y}${way}` }),
    label !== undefined &&
      svgElement('text', { class: 'edge-label', x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 + 4 }, label),
  );
}

/**
 * The middle of one side of a node, or one of its corners.
 *
 * @param {MachineNode} node
 * @param {Direction} flow
 * @param {{along: number, across: number}} side
 * @returns {Point}
 */
function border(node, flow, { along, across }) {
  const { x, y } = flow.place(node);
  const [width, height] = SIZE[node.kind];
  const [sideX, sideY] = flow.horizontal ? [along, across] : [across, along];
  const inset = sideX !== 0 && sideY !== 0 ? POINT : 0;
  return { x: x + sideX * (width / 2 - inset), y: y + (sideY * height) / 2 };
}

/**
 * Control points that leave and arrive along the flow.
 *
 * @param {Point} start
 * @param {Point} end
 * @param {Direction} flow
 */
function flowBend(start, end, { horizontal }) {
  const [middleX, middleY] = [(start.x + end.x) / 2, (start.y + end.y) / 2];
  return horizontal ? `${middleX} ${start.y} ${middleX} ${end.y}` : `${start.x} ${middleY} ${end.x} ${middleY}`;
}

/**
 * Control points that leave across the flow and arrive along it.
 *
 * @param {Point} start
 * @param {Point} end
 * @param {Direction} flow
 */
function asideBend(start, end, { horizontal }) {
  const corner = horizontal ? `${start.x} ${end.y}` : `${end.x} ${start.y}`;
  return `${corner} ${corner}`;
}

/**
 * Leaves across the flow, goes back past everything on that side, and arrives against the flow.
 *
 * @param {Point} start
 * @param {Point} end
 * @param {Direction} flow
 * @param {Bounds} bounds
 * @param {number} side
 */
function wayAround(start, end, { horizontal }, { left, right, top, bottom }, side) {
  const { gap, turn, arrival } = AROUND;
  if (horizontal) {
    const lane = side > 0 ? bottom + gap : top - gap;
    const [back, middle] = [end.x + arrival, end.x + arrival / 2];
    return `Q${start.x} ${lane} ${start.x - turn} ${lane}H${back}C${middle} ${lane} ${middle} ${end.y} ${end.x} ${end.y}`;
  }
  const lane = side > 0 ? right + gap : left - gap;
  const [back, middle] = [end.y + arrival, end.y + arrival / 2];
  return `Q${lane} ${start.y} ${lane} ${start.y - turn}V${back}C${lane} ${middle} ${end.x} ${middle} ${end.x} ${end.y}`;
}

/**
 * @param {Machine} machine
 * @param {Direction} flow
 * @returns {Bounds}
 */
function boundsOf({ nodes }, flow) {
  const boxes = nodes.map((node) => ({ ...flow.place(node), size: SIZE[node.kind] }));
  return {
    left: Math.min(...boxes.map(({ x, size }) => x - size[0] / 2)),
    right: Math.max(...boxes.map(({ x, size }) => x + size[0] / 2)),
    top: Math.min(...boxes.map(({ y, size }) => y - size[1] / 2)),
    bottom: Math.max(...boxes.map(({ y, size }) => y + size[1] / 2)),
  };
}

/** @param {Bounds} bounds */
function viewBoxOf({ left, right, top, bottom }) {
  return `${left - MARGIN} ${top - MARGIN} ${right - left + 2 * MARGIN} ${bottom - top + 2 * MARGIN}`;
}
