/** What the dialogs of the editor offer to choose from, taken from the code's own tables and the site's rows. */
import { CALLERS } from '../edge/callers';
import { Contracts } from '../edge/contracts';
import { FactReaders } from '../edge/readers';
import { FLAG_DEFAULTS } from '../flags/flags';
import { JOB_ACTIONS } from '../jobs/oms-jobs';
import { JobRuns } from '../jobs/runs';
import { CANCEL_TASKS } from '../lifecycle/cancel';
import { PARENT_TASK } from '../lifecycle/children';
import type { CancelClass, EdgeRule, Kind } from '../lifecycle/define';
import { lifecycle } from '../lifecycle/lifecycle';
import { DOCUMENT_NAMES } from '../nav/oms-nav-document';
import { OPERATOR_ACTIONS } from '../orders/oms-operator';
import { ORDER_ACTIONS } from '../orders/oms-order';
import { Platforms } from '../orders/platforms';
import type { Services } from '../runtime/services';
import { DEAD_LETTER_ACTIONS } from '../service-bus/oms-dead-letters';
import { SFCC_ACTIONS } from '../sfcc/oms-sfcc-order';
import { LaneSource } from '../work/stage';

/** One status as a person chooses it. */
export interface StatusChoice {
  name: string;
  phase: string;
  kind: Kind;
  owner: string;
  cancel: CancelClass;
  /** Seconds after which an order in it counts as late. */
  stuckAfter?: number;
  note?: string;
  runbook?: string;
  /** Every status that the running system may move an order to from here, and the rule that says so. */
  next: { to: string; rule: EdgeRule }[];
}

export interface Choices {
  statuses: StatusChoice[];
  /** Kinds of tasks that something writes. */
  tasks: string[];
  contracts: { name: string; title: string }[];
  /** The contracts whose bodies are facts. */
  facts: string[];
  flags: { name: string; enabled: boolean }[];
  callers: readonly string[];
  /** What a node with a choice of actions can do, by its type. */
  actions: Readonly<Record<string, readonly string[]>>;
  /** NAV keys of the warehouses. Empty where the database cannot be read. */
  lanes: readonly string[];
  /** Classes that recurring jobs have. Empty where the database cannot be read. */
  jobs: string[];
}

/** Everything at once: the editor asks for it when it is opened. */
export async function choicesOf(services: Services): Promise<Choices> {
  return {
    statuses: lifecycle.names.map(statusChoice),
    tasks: [...services.get(Platforms).taskKinds(), PARENT_TASK, ...CANCEL_TASKS],
    contracts: services.get(Contracts).list(),
    facts: services.get(FactReaders).contracts(),
    flags: Object.entries(FLAG_DEFAULTS).map(([name, enabled]) => ({ name, enabled })),
    callers: CALLERS,
    actions: { 'oms-jobs': JOB_ACTIONS, 'oms-operator': OPERATOR_ACTIONS, 'oms-order': ORDER_ACTIONS, 'oms-sfcc-order': SFCC_ACTIONS, 'oms-nav-document': DOCUMENT_NAMES, 'oms-dead-letters': DEAD_LETTER_ACTIONS },
    lanes: await orNone(services.get(LaneSource).lanes()),
    jobs: await orNone(services.get(JobRuns).classes()),
  };
}

function statusChoice(name: (typeof lifecycle.names)[number]): StatusChoice {
  const { phase, kind, owner, cancel, stuckAfter, note, runbook } = lifecycle.statuses[name];
  return {
    name,
    phase,
    kind,
    owner,
    cancel,
    ...(stuckAfter !== undefined && { stuckAfter }),
    ...(note !== undefined && { note }),
    ...(runbook !== undefined && { runbook }),
    next: lifecycle.edges.filter((edge) => edge.from === name && lifecycle.allows(edge.from, edge.to)).map(({ to, rule }) => ({ to, rule })),
  };
}

/** A dialog without the site's rows is better than none; what is typed in is kept. */
async function orNone(rows: Promise<readonly string[]>): Promise<string[]> {
  return rows.then((found) => [...found], () => []);
}
