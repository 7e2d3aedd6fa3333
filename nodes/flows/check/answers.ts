import { type FlowNode, nameOf } from '../node';
import type { Configuration } from './configuration';
import { keyOf, nextPlaces, type Place } from './paths';
import type { Complaint, Rule } from './rule';
import { isReport } from './walk';

/** What somebody waits for, by the type of node with which it begins: the nodes that end it, and what is left undone without. */
const BEGINNINGS: Readonly<Record<string, { ends: readonly string[]; undone: string; end: string }>> = {
  'http in': { ends: ['oms-reply', 'http response', 'oms-fail'], undone: 'its caller gets no answer', end: 'oms-reply' },
  'oms-service-bus-receive': { ends: ['oms-reply', 'oms-fail'], undone: 'its message is never settled and comes again', end: 'oms-reply' },
  'oms-job': { ends: ['oms-job-end', 'oms-fail'], undone: 'its run never ends', end: 'oms-job-end' },
  'oms-outbox': { ends: ['oms-outbox-end', 'oms-fail'], undone: 'its events are never marked as published, and nothing is told after them', end: 'oms-outbox-end' },
};

export const answered: Rule = {
  name: 'everybody is answered',
  demands: 'Every way from an http in leads to an oms-reply or http response, from an oms-service-bus-receive to an oms-reply, from an oms-job to an oms-job-end, from an oms-outbox to an oms-outbox-end.',
  because: 'A caller without an answer waits for the time-out, a message without one comes again, a run without an end holds up every deploy, a batch of events the ones after it.',
  *find(flows) {
    for (const [type, { ends, undone, end }] of Object.entries(BEGINNINGS))
      for (const begin of flows.running(type)) yield* unended(flows, begin, ends, (where) => `${where}, and what “${nameOf(begin)}” took in ends there: ${undone}. Lead it to an ${end}`);
  },
};

export const caught: Rule = {
  name: 'failures are caught',
  demands: 'Every tab has a Catch for all of its nodes, and every way from it ends in an oms-fail or answers the caller; where the tab takes orders or events it ends in an oms-fail. No failure comes to two of them.',
  because: 'A failure that nobody catches leaves its order claimed and its caller without an answer; one that two catch is decided twice.',
  *find(flows) {
    for (const tab of flows.sheets.filter((sheet) => sheet.type === 'tab' && sheet['disabled'] !== true)) {
      const nodes = flows.on(tab.id).filter((node) => flows.runs(node) && flows.carries(node));
      const catchers = nodes.filter((node) => node.type === 'catch');
      const whole = catchers.filter((node) => !Array.isArray(node['scope']) && node['scope'] !== 'group');
      if (nodes.length > catchers.length && whole.length === 0) yield { node: tab, reason: 'no Catch for all nodes of the tab: add one that leads to an oms-fail' };
      for (const other of whole.slice(1)) yield { node: other, reason: `takes the same failures as “${nameOf(whole[0] as FlowNode)}”: one of them is enough` };
      if (catchers.length > whole.length && whole[0] && whole[0]['uncaught'] !== true)
        yield { node: whole[0], reason: 'takes failures that another Catch of the tab takes, too: let it ignore errors handled by other Catch nodes' };
      const takesOrders = nodes.some((node) => node.type === 'oms-work');
      const ends = takesOrders || nodes.some((node) => node.type === 'oms-outbox') ? ['oms-fail'] : ['oms-fail', 'oms-reply', 'http response'];
      for (const catcher of catchers) yield* unended(flows, catcher, takesOrders ? [...ends, 'oms-transition', 'oms-wait'] : ends, (where) => `${where}, and a failure that comes there is lost: lead it to an oms-fail`);
    }
  },
};

/** Where a way from `begin` ends otherwise than in one of the wanted nodes. */
function* unended(flows: Configuration, begin: FlowNode, ends: readonly string[], reason: (where: string) => string): Iterable<Complaint> {
  const places = new Map<string, { place: Place; outputs: string[][] }>();
  const todo: Place[] = [{ node: begin, within: [] }];
  for (let place = todo.pop(); place; place = todo.pop()) {
    const { node } = place;
    if (places.has(keyOf(place))) continue;
    const outputs = ends.includes(node.type) ? [] : nextPlaces(flows, place);
    const carrying = outputs.filter((_, output) => !isReport(node, output));
    places.set(keyOf(place), { place, outputs: carrying.map((next) => next.map(keyOf)) });
    todo.push(...carrying.flat());
  }
  const isEnd = (key: string): boolean => ends.includes(places.get(key)?.place.node.type ?? '');
  if (![...places.keys()].some(isEnd)) {
    yield { node: begin, reason: reason('no way from here leads to an end') };
    return;
  }
  // A place is open where one of its outputs has no wire, or only wires to open places. A loop counts as left by another output.
  const open = new Set<string>();
  for (let size = -1; size !== open.size; ) {
    size = open.size;
    for (const [key, { outputs }] of places) if (!isEnd(key) && (outputs.length === 0 || outputs.some((next) => next.every((each) => open.has(each))))) open.add(key);
  }
  if (!open.has(keyOf({ node: begin, within: [] }))) return;
  for (const key of open) {
    const { place, outputs } = places.get(key) ?? { place: { node: begin }, outputs: [] };
    if (outputs.length === 0) yield { node: place.node, reason: reason('nothing comes behind it') };
    for (const [output, next] of outputs.entries()) if (next.length === 0) yield { node: place.node, reason: reason(`output ${output + 1} leads nowhere`) };
  }
}
