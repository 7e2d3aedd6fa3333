// The baseline of the callbacks: Node-RED with one `http in` wired to one `http response`, and nothing of ours in front of it.
import { Services } from '../nodes/runtime/services';
import { embed } from './rig/node-red';

const FLOWS = [
  { id: 'bare', type: 'tab', label: 'Bare' },
  { id: 'in', type: 'http in', z: 'bare', name: '', url: '/bare', method: 'patch', upload: false, x: 100, y: 100, wires: [['out']] },
  { id: 'out', type: 'http response', z: 'bare', name: '', statusCode: '', headers: {}, x: 300, y: 100, wires: [] },
];

void embed({ flows: FLOWS, services: new Services(), dir: `${process.argv[2]}/bare` }).then(({ url }) => process.send?.(url));
