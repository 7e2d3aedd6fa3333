import type { FlowNode } from '../../nodes/flows/node';

/** One `http in` wired to one `http response`. */
export const BARE_FLOW: FlowNode[] = [
  { id: 'bare', type: 'tab', label: 'Bare' },
  { id: 'bare-in', type: 'http in', z: 'bare', name: '', url: '/bare', method: 'patch', upload: false, x: 100, y: 100, wires: [['bare-out']] },
  { id: 'bare-out', type: 'http response', z: 'bare', name: '', statusCode: '', headers: {}, x: 300, y: 100, wires: [] },
];
