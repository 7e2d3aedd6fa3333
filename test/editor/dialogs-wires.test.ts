import { lifecycle } from '../../nodes/lifecycle/lifecycle';
import { pluginFiles, run } from './a-page';

/** Which stages reach a node on the canvas, and what is legal there. */

interface CanvasNode {
  id: string;
  type: string;
  wires?: string[];
  links?: string[];
  from?: string;
  source?: string;
  z?: string;
  scope?: string[];
  d?: boolean;
}

interface Oms {
  choices: object | undefined;
  worksBefore(node: CanvasNode): CanvasNode[];
  statusesOf(works: CanvasNode[]): string[];
  nextOf(statuses: string[]): { to: string; rule: string }[];
}

/** The pages of the dialogs on a canvas of these nodes; wires go from a node to the ids in `wires`. */
function canvas(...nodes: CanvasNode[]): { oms: Oms; before: (id: string) => string[] } {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const links = nodes.flatMap((source) => (source.wires ?? []).map((to) => ({ source, target: byId.get(to) })));
  const RED = {
    oms: undefined as Oms | undefined,
    _: (key: string) => key,
    events: { on: () => undefined },
    plugins: { registerPlugin: () => undefined },
    nodes: {
      filterLinks: ({ target }: { target: CanvasNode }) => links.filter((link) => link.target === target),
      filterNodes: ({ type, z }: { type?: string; z?: string }) => nodes.filter((node) => (type === undefined || node.type === type) && (z === undefined || node.z === z)),
    },
  };
  run(['oms-editor', 'dialogs-checks', 'dialogs-choices', 'dialogs-wires'].map((id) => pluginFiles[id] ?? ''), { RED, $: () => undefined });
  const { oms } = RED;
  if (!oms) throw new Error('the pages made nothing');
  oms.choices = { statuses: lifecycle.names.map((name) => ({ name, next: lifecycle.edges.filter(({ from, to }) => from === name && lifecycle.allows(from, to)).map(({ to, rule }) => ({ to, rule })) })) };
  return {
    oms,
    before(id) {
      const node = byId.get(id);
      if (!node) throw new Error(`no ${id}`);
      return oms.worksBefore(node).map((work) => work.id);
    },
  };
}

const work = (id: string, wires: string[], more: Partial<CanvasNode> = {}): CanvasNode => ({ id, type: 'oms-work', source: 'status', from: 'READY_TO_CREATE_IN_NAV', wires, ...more });
const end: CanvasNode = { id: 'end', type: 'oms-transition' };

test.each([
  ['by one wire', [work('w', ['end'])], ['w']],
  ['through other nodes', [work('w', ['a']), { id: 'a', type: 'oms-flag', wires: ['b'] }, { id: 'b', type: 'switch', wires: ['end'] }], ['w']],
  ['several at once', [work('w', ['end']), work('v', ['a']), { id: 'a', type: 'change', wires: ['end'] }], ['w', 'v']],
  ['round a loop, once', [work('w', ['a']), { id: 'a', type: 'change', wires: ['b'] }, { id: 'b', type: 'change', wires: ['a', 'end'] }], ['w']],
  ['by a link', [work('w', ['out']), { id: 'out', type: 'link out', links: ['in'] }, { id: 'in', type: 'link in', wires: ['end'] }], ['w']],
  ['by a call of a link', [work('w', ['call']), { id: 'call', type: 'link call', links: ['in'] }, { id: 'in', type: 'link in', wires: ['end'] }], ['w']],
  ['behind a call of a link', [work('w', ['call']), { id: 'call', type: 'link call', links: ['elsewhere'], wires: ['end'] }], ['w']],
  ['from outside of a subflow', [work('w', ['use']), { id: 'use', type: 'subflow:s' }, { id: 'port', type: 'subflow', z: 's', wires: ['end'] }], ['w']],
  ['not by a link to another place', [work('w', ['out']), { id: 'out', type: 'link out', links: ['other'] }, { id: 'in', type: 'link in', wires: ['end'] }], []],
  ['not through a disabled node', [work('w', ['a']), { id: 'a', type: 'change', wires: ['end'], d: true }], []],
  ['not past the end of another stage', [work('w', ['a']), { id: 'a', type: 'oms-transition', wires: ['end'] }], []],
  ['behind a Catch of their tab', [work('w', ['a'], { z: 't' }), { id: 'a', type: 'change', z: 't', wires: ['x'] }, { id: 'x', type: 'oms-transition', z: 't' }, { id: 'c', type: 'catch', z: 't', wires: ['end'] }], ['w']],
  ['behind a Catch of one end', [work('w', ['x'], { z: 't' }), work('v', [], { z: 't' }), { id: 'x', type: 'oms-transition', z: 't' }, { id: 'c', type: 'catch', z: 't', scope: ['x'], wires: ['end'] }], ['w']],
  ['not behind a Catch of other nodes, or of another tab', [work('w', ['a'], { z: 't' }), { id: 'a', type: 'change', z: 't' }, { id: 'c', type: 'catch', z: 't', scope: ['b'], wires: ['end'] }, { id: 'd', type: 'catch', z: 'u', wires: ['end'] }], []],
] as [string, CanvasNode[], string[]][])('stages are found %s', (_how, nodes, found) => {
  expect(canvas(...nodes, end).before('end').toSorted()).toEqual(found.toSorted());
});

describe('what is legal', () => {
  const { oms } = canvas();
  const targets = (...statuses: string[]): string[] => oms.nextOf(statuses).map(({ to }) => to);

  test('from one status: its edges, each with its rule, and none of another', () => {
    expect(targets('READY_TO_CREATE_IN_NAV').toSorted()).toEqual(lifecycle.names.filter((to) => lifecycle.allows('READY_TO_CREATE_IN_NAV', to)).toSorted());
    expect(oms.nextOf(['READY_TO_CREATE_IN_NAV'])).toEqual(expect.arrayContaining([{ to: 'PENDING_NAV_RELEASE', rule: 'declared' }, { to: 'CS_CANCELLED', rule: 'cancel' }]));
  });

  test('from several: only what is legal from each of them', () => {
    const both = targets('CIRRO_READY_FOR_FULFILLMENT', 'CIRRO_INVENTORY_CONFIRMED');
    expect(both).toContain('EXPORTED_TO_TPL');
    expect(both).not.toContain('CIRRO_PENDING_INVENTORY_CHECK');
    for (const to of both) for (const from of ['CIRRO_READY_FOR_FULFILLMENT', 'CIRRO_INVENTORY_CONFIRMED']) expect({ from, to, legal: lifecycle.allows(from, to) }).toEqual({ from, to, legal: true });
  });

  test('the running system’s edges alone: an import’s are not among them', () => {
    expect(targets('READY_TO_CREATE_IN_NAV')).not.toContain('STROOPWAFEL_EXCEPTION');
  });

  test('a stage of tasks has no status of its own, and one that is named twice counts once', () => {
    expect(oms.statusesOf([work('a', []), work('b', []), work('c', [], { source: 'task', from: 'SHIPPED' })])).toEqual(['READY_TO_CREATE_IN_NAV']);
  });
});
