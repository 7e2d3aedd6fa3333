import type { HttpMessage } from '../edge/caller';
import type { HoldDecision } from '../lifecycle/change';
import { FlagDesk } from '../flags/desk';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { type PauseRequest, Pauses } from '../work/pauses';
import { type Answer, type Asked, OrderDesk } from './desk';
import { Replay } from './replay';

interface OperatorConfig extends NodeConfig {
  action: keyof typeof ACTIONS;
}

interface Body {
  reason: string;
  decision?: HoldDecision;
  reference?: string;
  kind?: PauseRequest['kind'];
  name?: string;
  until?: string;
  to?: string;
  enabled?: boolean;
  store?: string;
}

interface Parts {
  desk: OrderDesk;
  replay: Replay;
  pauses: Pauses;
  flags: FlagDesk;
  id: string;
  /** The query's parameters. */
  query: Readonly<Record<string, unknown>>;
  /** Whether it is only to be shown what would happen. */
  dryRun: boolean;
  body: Body;
  asked: Asked;
}

const plain = (body: object, statusCode = 200): { statusCode: number; body: object } => ({ statusCode, body });

const ACTIONS = {
  'put-back': ({ desk, id, body, asked }: Parts) => desk.putBack(id, asked, { to: body.to }),
  'processed-externally': ({ desk, id, asked }: Parts) => desk.processedExternally(id, asked),
  repush: ({ desk, id, asked }: Parts) => desk.repush(id, asked),
  cancel: ({ desk, id, asked }: Parts) => desk.cancel(id, asked),
  replay: async ({ replay, id, asked, dryRun }: Parts) => (dryRun ? plain({ ...(await replay.plan(id)), result: 'dry-run' }) : replay.replay(id, asked)),
  holds: async ({ desk }: Parts) => plain({ holds: await desk.holds() }),
  'decide-hold': async ({ desk, id, body, asked }: Parts) => plain(await desk.decideHold(numberOf(id, 'hold.unknown'), body.decision ?? 'release', asked, body.reference)),
  pauses: async ({ pauses }: Parts) => plain({ pauses: await pauses.list() }),
  pause: async ({ pauses, body, asked }: Parts) =>
    plain({ id: await pauses.open({ kind: body.kind ?? 'stage', name: body.name ?? '', ...asked, ...(body.until !== undefined && { until: new Date(body.until) }) }) }, 201),
  resume: async ({ pauses, id, asked }: Parts) => {
    if (!(await pauses.release(numberOf(id, 'pause.unknown'), asked.actor))) throw new InvalidInput(`there is no open pause ${id}`, { code: 'pause.unknown' });
    return plain({ id: Number(id), released: true });
  },
  flags: async ({ flags }: Parts) => plain({ flags: await flags.list() }),
  'set-flag': async ({ flags, id, body, asked }: Parts) => plain(await flags.set(id, { enabled: body.enabled === true, store: body.store }, asked)),
  'reset-flag': async ({ flags, id, query, asked }: Parts) => plain(await flags.reset(id, textOf(query, 'store'), { ...asked, reason: textOf(query, 'reason') || 'back to the default' })),
} satisfies Record<string, (parts: Parts) => Promise<Answer | { statusCode: number; body: object }>>;

/** What an operator can ask for. */
export const OPERATOR_ACTIONS: readonly string[] = Object.keys(ACTIONS);

export default defineNode<OperatorConfig, HttpMessage>('oms-operator', (node, config) => {
  const act = ACTIONS[config.action];
  if (!act) throw new InvalidInput('no action is chosen', { code: 'operator.no-action' });
  const desk = node.services.get(OrderDesk);
  const replay = node.services.get(Replay);
  const pauses = node.services.get(Pauses);
  const flags = node.services.get(FlagDesk);
  return {
    async input(message, send) {
      const body = (message.payload ?? {}) as Body;
      const asked = { actor: message.actor ?? 'operator:unnamed', reason: body.reason ?? '', node: node.id };
      const answer = await act({ desk, replay, pauses, flags, id: message.req?.params['id'] ?? message.req?.params['name'] ?? '', query: message.req?.query ?? {}, body, asked, dryRun: isDryRun(message) });
      message.statusCode = answer.statusCode;
      message.payload = answer.body;
      send(message);
    },
  };
});

/** @throws InvalidInput for anything but true and false: nobody is to do what he only wanted to see */
function isDryRun({ req }: HttpMessage): boolean {
  const asked = req?.query['dry_run'] ?? 'false';
  if (asked !== 'true' && asked !== 'false') throw new InvalidInput('dry_run must be true or false', { code: 'query.bad-dry-run', pointer: '/dry_run' });
  return asked === 'true';
}

/** A parameter of the query; empty where it is not given. @throws InvalidInput where it is given twice */
function textOf(query: Parts['query'], name: string): string {
  const value = query[name] ?? '';
  if (typeof value !== 'string') throw new InvalidInput(`${name} may be given once`, { code: 'query.repeated', pointer: `/${name}` });
  return value;
}

function numberOf(id: string, code: string): number {
  if (!/^\d{1,15}$/.test(id)) throw new InvalidInput(`${id.slice(0, 40)} is no id`, { code });
  return Number(id);
}
