import { lifecycle, type Status } from '../../lifecycle/lifecycle';
import { type FlowNode, nameOf } from '../node';
import type { Configuration } from './configuration';
import { entryOf } from './entries';
import type { Complaint, Rule } from './rule';
import { stagesOf } from './walk';

/** The status or the kind of task that an `oms-work` node takes. */
const sourceOf = (work: FlowNode): { kind: 'status' | 'task'; name: string } =>
  work['source'] === 'task' ? { kind: 'task', name: text(work['task']) } : { kind: 'status', name: text(work['from']) };

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const legalEdges: Rule = {
  name: 'legal edges',
  demands: 'Every oms-transition that an order can come to, and every failure status, is an edge of the lifecycle from the status in which its oms-work took the order. A task may come to an order in any status: there it must be a status.',
  because: 'The database refuses any other step, and the order would stand still.',
  *find(flows) {
    for (const { work, ends } of stagesOf(flows)) {
      const { kind, name } = sourceOf(work);
      if (kind === 'status' && !lifecycle.has(name)) {
        yield { node: work, reason: name ? `takes orders in ${name}, which is not a status` : 'no status is chosen' };
        continue;
      }
      if (kind === 'task' && !name) yield { node: work, reason: 'no kind of task is chosen' };
      const failure = text(work['failure']);
      if (failure) yield* edge(work, kind, name, failure, 'fails to');
      for (const end of ends) {
        if (end.type !== 'oms-transition') continue;
        const to = text(end['to']);
        if (to) yield* edge(end, kind, name, to, kind === 'status' ? `leads from ${name} to` : `moves the order of a task ${name} to`);
        else if (kind === 'status') yield { node: end, reason: `no status is chosen, and orders in ${name} come here: only tasks end without one` };
      }
    }
  },
};

function* edge(node: FlowNode, kind: 'status' | 'task', from: string, to: string, what: string): Iterable<Complaint> {
  if (!lifecycle.has(to)) yield { node, reason: `${what} ${to}, which is not a status` };
  else if (kind === 'status' && !lifecycle.allows(from, to))
    yield { node, reason: `${what} ${to}, which the lifecycle does not allow; from ${from} it allows ${lifecycle.statuses[from as Status].next.join(', ') || 'nothing'}` };
}

export const reachable: Rule = {
  name: 'reachable ends',
  demands: 'Every oms-transition and oms-wait can be reached from an oms-work, and none comes behind another end.',
  because: 'They end a claim: without one they do nothing but fail.',
  *find(flows) {
    const stages = stagesOf(flows);
    const reached = new Set(stages.flatMap(({ ends, late }) => [...ends, ...late.map(({ node }) => node)]));
    for (const type of ['oms-transition', 'oms-wait'])
      for (const node of flows.running(type)) if (!reached.has(node)) yield { node, reason: 'no order comes here: no oms-work leads to it' };
    const told = new Set<FlowNode>();
    for (const { node, after } of stages.flatMap(({ late }) => late)) {
      if (!told.has(node)) yield { node, reason: `comes behind “${nameOf(after)}”, which has ended the claim already` };
      told.add(node);
    }
  },
};

export const noOrderLost: Rule = {
  name: 'no order is lost',
  demands: 'Between an oms-work and the end of its stage every output leads on, and to one node only.',
  because: 'An order whose message ends on the way stays claimed until its process ends; one on two wires is worked on twice.',
  *find(flows) {
    const told = new Set<string>();
    for (const { work, lost, copied } of stagesOf(flows)) {
      for (const { node, output } of lost) {
        const where = output === 0 ? 'nothing comes behind it' : `output ${output} leads nowhere`;
        if (!told.has(`${node.id} ${where}`)) yield { node, reason: `${where}, and an order of “${nameOf(work)}” that comes there stays claimed: lead it to an oms-transition or oms-wait` };
        told.add(`${node.id} ${where}`);
      }
      for (const { node, output, to } of copied) {
        const where = `output ${output} has ${to.length} wires`;
        if (!told.has(`${node.id} ${where}`)) yield { node, reason: `${where} (${to.map((each) => `“${nameOf(each)}”`).join(', ')}): an order goes one way; reports come from the last output of oms-transition` };
        told.add(`${node.id} ${where}`);
      }
    }
  },
};

export const oneStage: Rule = {
  name: 'one stage',
  demands: 'A working status that the flows lead to, and a kind of task that they write, has exactly one oms-work; two share it only with lanes of their own. There is at most one oms-outbox.',
  because: 'Without one its orders are held with “no stage”; with two nobody knows which retries and failure status count.',
  *find(flows) {
    const stages = new Map<string, FlowNode[]>();
    for (const work of flows.running('oms-work')) {
      const { name } = sourceOf(work);
      const others = stages.get(name) ?? [];
      const twin = others.find((other) => shareLanes(work, other));
      if (name && twin) yield { node: work, reason: `takes ${name}, which ${flows.placeOf(twin)} takes already` };
      stages.set(name, [...others, work]);
    }
    const [outbox, ...others] = flows.running('oms-outbox');
    for (const other of others) yield { node: other, reason: `takes events, which ${outbox ? flows.placeOf(outbox) : ''} takes already` };
    const told = new Set<string>();
    for (const { node, name } of needed(flows)) {
      if (stages.has(name) || told.has(name)) continue;
      told.add(name);
      yield { node, reason: `leads to ${name}, and no oms-work takes ${lifecycle.has(name) ? 'it' : 'such tasks'}` };
    }
  },
};

/** Every status that must be worked on and every kind of task that is written, with the node that says so. */
function* needed(flows: Configuration): Iterable<{ node: FlowNode; name: string }> {
  for (const node of flows.nodes.filter((each) => flows.runs(each))) {
    const { statuses = [], tasks = [] } = entryOf(node);
    const targets = node.type === 'oms-transition' ? [text(node['to'])] : node.type === 'oms-work' ? [text(node['failure'])] : statuses;
    for (const name of targets) if (lifecycle.has(name) && lifecycle.statuses[name].kind === 'working' && !lifecycle.statuses[name].workingWhen) yield { node, name };
    for (const name of tasks) yield { node, name };
  }
}

const lanesOf = (work: FlowNode): string[] => text(work['lanes']).split(',').map((lane) => lane.trim()).filter(Boolean);

function shareLanes(one: FlowNode, other: FlowNode): boolean {
  const [mine, theirs] = [lanesOf(one), lanesOf(other)];
  return mine.length === 0 || theirs.length === 0 || mine.some((lane) => theirs.includes(lane));
}

export const scheduledStages: Rule = {
  name: 'due by a job',
  demands: 'A stage that is due by a job has an oms-due for its status, and an oms-due has such a stage.',
  because: 'Nothing else makes those orders due.',
  *find(flows) {
    const dues = flows.running('oms-due');
    const scheduled = flows.running('oms-work').filter((work) => work['scheduled'] === true);
    for (const work of scheduled) {
      const { name } = sourceOf(work);
      if (!dues.some((due) => due['from'] === name)) yield { node: work, reason: `its orders are due by a job, and no oms-due makes those in ${name} due` };
    }
    for (const due of dues) if (!scheduled.some((work) => sourceOf(work).name === due['from'])) yield { node: due, reason: `no stage that is due by a job takes ${text(due['from']) || 'the status that it lacks'}` };
  },
};
