import { type FlowNode, isPlaced, nameOf, wiresOf } from '../node';
import type { Configuration } from './configuration';
import type { Rule } from './rule';
import { type Box, boxOf, isLabelHidden } from '../sizes';
import { reached } from './reached';

const GRID = 20;
/** The width of a text differs from browser to browser, by a step of the grid at most: that much is never held against a node. */
const DOUBT = GRID / 2;

const placed = (flows: Configuration): FlowNode[] => flows.nodes.filter((node) => isPlaced(node) && node.type !== 'group' && node.type !== 'tab' && node.type !== 'subflow');

export const onGrid: Rule = {
  name: 'grid',
  demands: `Every node stands on the editor’s grid of ${GRID}: its middle line on a line of the grid, its middle or its edges on another.`,
  because: 'That is where the editor puts a node that is dropped with “snap to grid”; a place off it makes crooked wires and noise in the diff.',
  *find(flows) {
    for (const node of placed(flows)) {
      // The editor snaps the left or the right edge, and widths are multiples of 20 (30 without a label): the middle may stand between two lines.
      const step = node.type === 'junction' ? GRID : isLabelHidden(node) ? GRID / 4 : GRID / 2;
      const [x, y] = [Number(node['x']), Number(node['y'])];
      if (x % step !== 0 || y % GRID !== 0) yield { node, reason: `stands off the grid at ${x}, ${y}: select it and choose “Align to grid”` };
    }
  },
};

export const apart: Rule = {
  name: 'no overlap',
  demands: 'No node lies on another.',
  because: 'What lies below cannot be seen.',
  *find(flows) {
    const boxes = placed(flows).filter(({ type }) => type !== 'junction').map((node) => ({ node, box: boxOf(node) }));
    for (const [index, { node, box }] of boxes.entries())
      for (const other of boxes.slice(0, index)) {
        const wide = Math.abs(box.x - other.box.x) < (box.w + other.box.w) / 2 - DOUBT;
        const high = Math.abs(box.y - other.box.y) < (box.h + other.box.h) / 2;
        if (node.z === other.node.z && wide && high) yield { node, reason: `lies on “${nameOf(other.node)}”: move one of them` };
      }
  },
};

export const insideGroups: Rule = {
  name: 'groups hold their nodes',
  demands: 'Every node of a group lies inside its box.',
  because: 'A group that does not show what belongs to it misleads.',
  *find(flows) {
    for (const node of flows.nodes) {
      const group = flows.node(node['g']);
      if (node['g'] === undefined) continue;
      if (group?.type !== 'group') yield { node, reason: `belongs to a group that is not there (${String(node['g'])})` };
      else if (isPlaced(node) && !holds(cornersOf(group), node.type === 'group' ? cornersOf(node) : cornersAround(boxOf(node)))) yield { node, reason: `lies outside the box of its group “${nameOf(group)}”` };
    }
  },
};

interface Corners {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const cornersOf = ({ x, y, w, h }: FlowNode): Corners => ({ left: Number(x), top: Number(y), right: Number(x) + Number(w), bottom: Number(y) + Number(h) });

const cornersAround = ({ x, y, w, h }: Box): Corners => ({ left: x - w / 2 + DOUBT, top: y - h / 2, right: x + w / 2 - DOUBT, bottom: y + h / 2 });

const holds = (group: Corners, inner: Corners): boolean => inner.left >= group.left && inner.top >= group.top && inner.right <= group.right && inner.bottom <= group.bottom;

export const leftToRight: Rule = {
  name: 'left to right',
  demands: 'A wire leads to a node further right, except in a loop.',
  because: 'A pipeline reads like a line of text.',
  *find(flows) {
    for (const node of placed(flows))
      for (const id of new Set(wiresOf(node).flat())) {
        const target = flows.node(id);
        if (target && isPlaced(target) && Number(target['x']) <= Number(node['x']) && !leadsTo(flows, target, node)) yield { node, reason: `its wire to “${nameOf(target)}” leads back: move that one to the right` };
      }
  },
};

/** Whether a message can come from one node to the other, by wires. */
function leadsTo(flows: Configuration, from: FlowNode, to: FlowNode): boolean {
  for (const node of reached([from], (each) => wiresOf(each).flat().flatMap((id) => flows.node(id) ?? []))) if (node === to) return true;
  return false;
}
