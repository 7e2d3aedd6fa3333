/** A Node-RED node, tab, subflow, group or config node as it stands in the flow configuration. */
export interface FlowNode {
  id: string;
  type: string;
  z?: string;
  name?: string;
  label?: string;
  [property: string]: unknown;
}

/** Types that structure a flow and carry no message. */
const STRUCTURE: ReadonlySet<string> = new Set(['tab', 'subflow', 'group', 'comment', 'global-config']);

export const isStructure = (node: FlowNode): boolean => STRUCTURE.has(node.type);

/** Whether it stands on a canvas; what does not is a configuration node. */
export const isPlaced = (node: FlowNode): boolean => typeof node['x'] === 'number' && typeof node['y'] === 'number';

export const isConfigNode = (node: FlowNode): boolean => !isStructure(node) && node['x'] === undefined && node['y'] === undefined;

/** What a node is called, or its type where it has no name yet. */
export const nameOf = (node: FlowNode): string => node.name || node.label || `${node.type} without a name (${node.id})`;

/** The wires of each output, as ids. */
export function wiresOf(node: FlowNode): string[][] {
  const wires = node['wires'];
  if (!Array.isArray(wires)) return [];
  return wires.map((output) => (Array.isArray(output) ? output.filter((id) => typeof id === 'string') : []));
}
