// The baseline of the callbacks: Node-RED with one `http in` wired to one `http response`, and nothing of ours in front of it.
import { Services } from '../nodes/runtime/services';
import { BARE_FLOW } from './rig/bare-flow';
import { embed } from './rig/node-red';

void embed({ flows: BARE_FLOW, services: new Services(), dir: `${process.argv[2]}/bare` }).then(({ url }) => process.send?.(url));
