import type { HttpMessage } from '../edge/caller';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { JobDesk } from './desk';

interface JobsConfig extends NodeConfig {
  action: keyof typeof ACTIONS;
}

interface Parts {
  desk: JobDesk;
  id: () => number;
  downtime: () => number;
  query: (name: string) => string | undefined;
  body: { reason?: string; until?: string };
  actor: string;
}

const ACTIONS = {
  list: async ({ desk }: Parts) => [200, { jobs: await desk.list() }],
  runs: async ({ desk, id, query }: Parts) => [200, await desk.runs(id(), { after: query('after'), limit: limitOf(query('limit')) })],
  run: async ({ desk, id, actor, body }: Parts) => [202, await desk.ask(id(), { actor, reason: body.reason ?? '' })],
  downtime: async ({ desk, id, actor, body: { reason = '', until } }: Parts) => [201, await desk.openDowntime(id(), { actor, reason, ...(until !== undefined && { until: new Date(until) }) })],
  'end-downtime': async ({ desk, id, downtime, actor }: Parts) => [200, await desk.endDowntime(id(), downtime(), actor)],
} satisfies Record<string, (parts: Parts) => Promise<[status: number, body: object]>>;

/** What can be asked about jobs. */
export const JOB_ACTIONS: readonly string[] = Object.keys(ACTIONS);

export default defineNode<JobsConfig, HttpMessage>('oms-jobs', (node, config) => {
  const desk = node.services.get(JobDesk);
  const act = ACTIONS[config.action];
  if (!act) throw new InvalidInput('no action is chosen', { code: 'jobs.no-action' });
  return {
    async input(message, send) {
      const number = (name: string, code: string) => () => numberOf(message.req?.params[name] ?? '', code);
      const one = (name: string): string | undefined => textOf(message.req?.query[name], name);
      const body = (message.payload ?? {}) as Parts['body'];
      const [status, answer] = await act({ desk, id: number('id', 'job.unknown'), downtime: number('downtime', 'downtime.unknown'), query: one, body, actor: message.actor ?? 'operator:unnamed' });
      message.statusCode = status;
      message.payload = answer;
      send(message);
    },
  };
});

function numberOf(text: string, code: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidInput(`${text.slice(0, 40)} is no id`, { code });
  return Number(text);
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw new InvalidInput(`${name} may be given once`, { code: 'query.repeated', pointer: `/${name}` });
  return value;
}

function limitOf(text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,3}$/.test(text)) throw new InvalidInput('limit must be 1 to 500', { code: 'query.bad-limit', pointer: '/limit' });
  return text === undefined ? undefined : Number(text);
}
