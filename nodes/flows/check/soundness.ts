import { type FlowNode, isConfigNode, wiresOf } from '../node';
import type { Configuration } from './configuration';
import type { Rule } from './rule';
import { reached } from './reached';

export const sound: Rule = {
  name: 'soundness',
  demands: 'Ids are unique, wires lead to nodes of the same tab, a node with wires stands on a canvas, and no configuration node refers to itself.',
  because: 'Node-RED drops or misreads such nodes without a word, or does not start.',
  *find(flows) {
    const seen = new Set<string>();
    for (const node of flows.nodes) {
      if (seen.has(node.id)) yield { node, reason: `its id ${node.id} is another node’s, too` };
      seen.add(node.id);
      if (node.z && !flows.node(node.z)) yield { node, reason: `stands on a tab that is not there (${node.z})` };
      const wires = wiresOf(node).flat();
      if (wires.length > 0 && isConfigNode(node)) yield { node, reason: 'has wires and no place on the canvas: Node-RED takes it for a configuration node' };
      for (const id of wires) {
        const target = flows.node(id);
        if (!target) yield { node, reason: `a wire leads to a node that is not there (${id})` };
        else if (target.z !== node.z) yield { node, reason: `a wire leads to “${flows.placeOf(target)}” on another tab: use link nodes` };
      }
    }
    for (const node of flows.nodes) if (isConfigNode(node) && refersToItself(flows, node)) yield { node, reason: 'refers to itself, directly or by others: Node-RED would not start (a property, even its name, equals the id of a configuration node)' };
  },
};

/** Node-RED reads any property that equals the id of a configuration node as a reference to it. */
function refersToItself(flows: Configuration, node: FlowNode): boolean {
  for (const other of reached(references(flows, node), (each) => references(flows, each))) if (other === node) return true;
  return false;
}

const references = (flows: Configuration, node: FlowNode): FlowNode[] =>
  Object.entries(node).flatMap(([property, value]) => {
    const other = property === 'id' || property === 'z' ? undefined : flows.node(value);
    return other && isConfigNode(other) ? [other] : [];
  });
