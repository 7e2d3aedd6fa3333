import { checkFlows } from '../../nodes/flows/check/check';
import { boxGroups } from '../../nodes/flows/groups';
import type { FlowNode } from '../../nodes/flows/node';

/** A tab that breaks no rule: takes orders from review, sends them on, catches what fails. */
export function aFlow(...more: FlowNode[]): FlowNode[] {
  return boxGroups([
    { id: 'tab', type: 'tab', label: 'Review', info: 'Decides. Runbook: look.' },
    { id: 'about', type: 'comment', z: 'tab', name: 'What it is for', x: 160, y: 40, wires: [] },
    { id: 'group', type: 'group', z: 'tab', name: 'Decide', nodes: ['work', 'pass', 'move'], x: 0, y: 0, w: 0, h: 0 },
    { id: 'work', type: 'oms-work', z: 'tab', g: 'group', name: 'New orders', source: 'status', from: 'READY_FOR_PROCESSING', task: '', lanes: '', failure: 'GENERALIZE_ERROR', scheduled: false, x: 160, y: 120, wires: [['pass']] },
    { id: 'pass', type: 'change', z: 'tab', g: 'group', name: 'Look at it', rules: [], x: 400, y: 120, wires: [['move']] },
    { id: 'move', type: 'oms-transition', z: 'tab', g: 'group', name: 'To NAV', to: 'READY_TO_CREATE_IN_NAV', reason: 'fine', x: 640, y: 120, wires: [[], [], ['shown']] },
    { id: 'shown', type: 'debug', z: 'tab', name: 'Reviewed', x: 880, y: 120, wires: [] },
    { id: 'catch', type: 'catch', z: 'tab', name: 'Any failure', scope: null, uncaught: false, x: 160, y: 240, wires: [['fail']] },
    { id: 'fail', type: 'oms-fail', z: 'tab', name: 'Retry, fail or hold', x: 400, y: 240, wires: [[]] },
    // What comes after it.
    { id: 'next', type: 'tab', label: 'NAV', info: 'Creates. Runbook: look.' },
    { id: 'next-about', type: 'comment', z: 'next', name: 'What it is for', x: 160, y: 40, wires: [] },
    { id: 'next-work', type: 'oms-work', z: 'next', name: 'Orders for NAV', source: 'status', from: 'READY_TO_CREATE_IN_NAV', task: '', lanes: '', failure: '', scheduled: false, x: 160, y: 120, wires: [['next-move']] },
    { id: 'next-move', type: 'oms-transition', z: 'next', name: 'Created', to: 'PENDING_NAV_RELEASE', reason: 'created', x: 400, y: 120, wires: [[], [], []] },
    { id: 'next-catch', type: 'catch', z: 'next', name: 'Any failure', scope: null, uncaught: false, x: 160, y: 240, wires: [['next-fail']] },
    { id: 'next-fail', type: 'oms-fail', z: 'next', name: 'Retry, fail or hold', x: 400, y: 240, wires: [[]] },
    ...more,
  ]);
}

/** Changes properties of nodes, by their ids; a node with `undefined` is taken out. */
export function changed(flows: readonly FlowNode[], changes: Readonly<Record<string, Record<string, unknown> | undefined>>): FlowNode[] {
  for (const id of Object.keys(changes)) if (!flows.some((node) => node.id === id)) throw new Error(`no node ${id}`);
  return flows.filter((node) => !(node.id in changes) || changes[node.id]).map((node) => ({ ...node, ...changes[node.id] }));
}

/** What the check says, as `rule | place: reason`. */
export const says = (flows: readonly FlowNode[]): string[] => checkFlows(flows).map(({ rule, place, reason }) => `${rule} | ${place}: ${reason}`);
