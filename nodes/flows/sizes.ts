import { type FlowNode, nameOf, wiresOf } from './node';

/** Advance widths of Helvetica and Arial in thousandths of the type size, for the characters from space to tilde. */
const WIDTHS: readonly number[] = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556,
  1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556,
  333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const OTHER_WIDTHS: Readonly<Record<string, number>> = { '→': 1000, '…': 1000, '—': 1000, '·': 333, '’': 222, '‘': 222, '“': 333, '”': 333 };
const TYPE_SIZE = 14;
const GRID = 20;
const LEAST_WIDTH = 100;
const LEAST_HEIGHT = 30;
/** Types without an input; all others are drawn wider by the room of their input. */
const NO_INPUT: ReadonlySet<string> = new Set(['catch', 'status', 'complete', 'inject', 'http in', 'comment', 'oms-work', 'oms-schedules', 'oms-service-bus-receive']);

/** A node as the editor draws it: its centre and its size in pixels. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Whether the editor draws it as a small square without its label. */
export const isLabelHidden = (node: FlowNode): boolean => (node['l'] === undefined ? node.type === 'link in' || node.type === 'link out' : node['l'] === false);

/**
 * The editor's own sizes (red.js, `calculateNodeDimensions`). Only the browser knows how wide a text really is; this counts with the
 * metrics of Helvetica, which the editor asks for and Arial shares.
 */
export function boxOf(node: FlowNode): Box {
  const place = { x: Number(node['x']), y: Number(node['y']) };
  if (node.type === 'junction') return { ...place, w: 10, h: 10 };
  const ports = wiresOf(node).length * 15;
  if (isLabelHidden(node)) return { ...place, w: LEAST_HEIGHT, h: Math.max(LEAST_HEIGHT, ports) };
  const lines = nameOf(node).split(String.raw`\n `);
  const text = Math.max(...lines.map(widthOf)) + 50 + (NO_INPUT.has(node.type) ? 0 : 7);
  return { ...place, w: Math.max(LEAST_WIDTH, GRID * Math.ceil(text / GRID)), h: Math.max(6 + 24 * lines.length, ports, LEAST_HEIGHT) };
}

function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDTHS[character.charCodeAt(0) - 32] ?? OTHER_WIDTHS[character] ?? 556;
  return (width * TYPE_SIZE) / 1000;
}

const MARGIN = 26;
/** Beside an inject on the left, beside a debug on the right. */
const BUTTON = 20;

/** The box that the editor draws around the nodes of a group; none around nothing. */
export function boxAround(members: readonly FlowNode[]): { x: number; y: number; w: number; h: number } | undefined {
  if (members.length === 0) return undefined;
  const sides = members.map((node) => {
    if (node.type === 'group') return { left: Number(node['x']), top: Number(node['y']), right: Number(node['x']) + Number(node['w']), bottom: Number(node['y']) + Number(node['h']) };
    const { x, y, w, h } = boxOf(node);
    return { left: x - w / 2 - (node.type === 'inject' ? BUTTON : 0), top: y - h / 2, right: x + w / 2 + (node.type === 'debug' ? BUTTON : 0), bottom: y + h / 2 };
  });
  const left = Math.min(...sides.map((side) => side.left)) - MARGIN;
  const top = Math.min(...sides.map((side) => side.top)) - MARGIN;
  return { x: left, y: top, w: Math.max(...sides.map((side) => side.right)) + MARGIN - left, h: Math.max(...sides.map((side) => side.bottom)) + MARGIN - top };
}
