import type { FlowNode } from '../node';
import type { Rule } from './rule';

/** Node-RED's own types that flows may use; ours (`oms-*`) and subflows beside them. */
const ALLOWED: ReadonlySet<string> = new Set([
  'tab', 'subflow', 'group', 'comment', 'junction', 'global-config',
  'catch', 'status', 'complete', 'link in', 'link out', 'link call', 'debug', 'inject',
  'change', 'switch', 'function', 'template', 'range', 'split', 'sort', 'json', 'csv', 'html', 'xml', 'yaml',
  'http in', 'http response', 'mysql', 'MySQLdatabase', 'cronplus',
]);

const PARTNER = 'partners are called by nodes made for them, which have time-outs, credentials and the ledger of effects';
const MEMORY = 'it keeps messages in memory, where a crash or a deploy loses them; orders wait with oms-wait';
const MACHINE = 'files belong to one machine, and what lasts belongs into the database';

/** Why not, where there is more to say than that nobody has allowed it. */
const REFUSED: Readonly<Record<string, string>> = {
  exec: 'flows run no programs of the machine',
  file: MACHINE, 'file in': MACHINE, watch: MACHINE,
  delay: MEMORY, trigger: MEMORY, batch: MEMORY, join: MEMORY,
  'http request': PARTNER, 'http proxy': PARTNER, 'tls-config': PARTNER,
  'tcp in': PARTNER, 'tcp out': PARTNER, 'tcp request': PARTNER, 'udp in': PARTNER, 'udp out': PARTNER,
  'websocket in': PARTNER, 'websocket out': PARTNER, 'websocket-listener': PARTNER, 'websocket-client': PARTNER,
  'mqtt in': PARTNER, 'mqtt out': PARTNER, 'mqtt-broker': PARTNER,
};

export const allowedKinds: Rule = {
  name: 'kinds of nodes',
  demands: `Only our own nodes, subflows and these of Node-RED: ${[...ALLOWED].filter((type) => !['tab', 'subflow', 'global-config'].includes(type)).map((type) => `\`${type}\``).join(', ')}.`,
  because: 'A flow runs no programs, reads no files, calls no partner past its client and keeps nothing in memory that matters.',
  *find(flows) {
    for (const node of flows.nodes) {
      const { type } = node;
      if (ALLOWED.has(type) || type.startsWith('oms-') || type.startsWith('subflow:')) continue;
      yield { node, reason: `a node of the type ${type} is not allowed: ${REFUSED[type] ?? 'nobody has looked at what it does'}` };
    }
  },
};

export const noSchedules: Rule = {
  name: 'schedules are rows',
  demands: 'No inject repeats, runs at a time or fires at the start, and no cron-plus has schedules of its own.',
  because: 'A schedule is a row of recurring_jobs: only one process runs each slot, and it can be changed and paused without a deploy.',
  *find(flows) {
    const instead = 'schedules are rows of recurring_jobs, given to the clock by an oms-schedules';
    for (const node of flows.nodes) {
      if (node.type === 'inject' && (filled(node['repeat']) || filled(node['crontab']) || node['once'] === true)) yield { node, reason: `fires by itself: ${instead}` };
      if (node.type === 'cronplus' && Array.isArray(node['options']) && node['options'].length > 0) yield { node, reason: `has schedules of its own: ${instead}` };
    }
  },
};

const filled = (value: FlowNode[string]): boolean => typeof value === 'number' ? value > 0 : typeof value === 'string' && value !== '' && value !== '0';
