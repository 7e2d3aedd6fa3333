import type { FlowNode } from './node';
import { boxAround } from './sizes';

/**
 * The same flows, the box of each group drawn around its nodes. The editor draws it anew whenever it is shown, with the fonts of the
 * browser; kept as it comes, every deploy would write those into the files.
 */
export function boxGroups(flows: readonly FlowNode[]): FlowNode[] {
  const groups = new Map(flows.filter((node) => node.type === 'group').map((group) => [group.id, group]));
  const members = new Map<string, FlowNode[]>();
  for (const node of flows) if (typeof node['g'] === 'string' && groups.has(node['g'])) members.set(node['g'], [...(members.get(node['g']) ?? []), node]);
  const boxed = new Map<string, FlowNode>();
  const box = (group: FlowNode, within: ReadonlySet<string>): FlowNode => {
    const known = boxed.get(group.id);
    if (known || within.has(group.id)) return known ?? group;
    const inside = new Set([...within, group.id]);
    const drawn = { ...group, ...boxAround((members.get(group.id) ?? []).map((node) => (node.type === 'group' ? box(node, inside) : node))) };
    boxed.set(group.id, drawn);
    return drawn;
  };
  return flows.map((node) => (node.type === 'group' ? box(node, new Set()) : node));
}
