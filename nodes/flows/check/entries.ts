import { CANCEL_TASKS } from '../../lifecycle/cancel';
import { PARENT_TASK } from '../../lifecycle/children';
import type { Status } from '../../lifecycle/lifecycle';
import type { FlowNode } from '../node';

/** Where the code of a node, and not a wire, brings orders or work. */
interface Entry {
  statuses?: readonly Status[];
  tasks?: readonly string[];
}

/** By the contract of `oms-fact`: where its facts move an order (the `facts.ts` of nodes/nav, nodes/fulfillment and nodes/print-station). */
export const FACTS: Readonly<Record<string, Entry>> = {
  'nav-release-status': { statuses: ['RELEASED_FROM_NAV', 'FAILED_TO_RELEASE_FROM_NAV'] },
  'fulfillment-event': { statuses: ['EXPORTED_TO_TPL', 'CIRRO_READY_FOR_FULFILLMENT'] },
  'print-station-event': { statuses: ['PRINT_STATION_BATCHED', 'BATCHED', 'FAILED_TO_BATCH'] },
  'print-batches': { statuses: ['PRINT_STATION_BATCHED', 'BATCHED', 'FAILED_TO_BATCH'] },
  'fulfill-orders': { statuses: ['PARTIALLY_SHIPPED', 'SHIPPED'], tasks: ['sfcc.capture'] },
};

/** What this node brings into the flows besides its wires. */
export function entryOf(node: FlowNode): Entry {
  if (node.type === 'oms-intake') return { statuses: ['READY_FOR_PROCESSING'], tasks: ['sfcc.mark-exported'] };
  if (node.type === 'oms-split') return { statuses: ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV'], tasks: [PARENT_TASK] };
  if (node.type === 'oms-parent') return { tasks: ['sfcc.fulfil'] };
  if (node.type === 'oms-operator' && node['action'] === 'cancel') return { tasks: ['sfcc.cancel', ...CANCEL_TASKS] };
  if (node.type === 'oms-batching-resume') return { statuses: ['READY_FOR_BATCHING'] };
  if (node.type === 'oms-fact') return FACTS[String(node['contract'])] ?? {};
  return {};
}
