import { Contracts } from '../edge/contracts';
import type { HttpMessage } from '../edge/caller';
import { Inbox } from '../edge/inbox';
import { FactReaders } from '../edge/readers';
import { InvalidInput } from '../runtime/errors';
import { defineNode, type NodeConfig } from '../runtime/node';
import { Database } from '../store/database';
import { type Listening, type ServiceBusSettings, SUBSCRIPTIONS } from './connection';
import { DeadLetterQueue } from './dead-letters';
import { type Asked, DeadLetterDesk } from './replay';

interface DeadLettersConfig extends NodeConfig {
  connection: string;
  action: keyof typeof ACTIONS;
  /** What an event of the warehouses must keep to be replayed. */
  contract: string;
}

/** What the print floor's answers keep. */
const PRINT_CONTRACT = 'print-station-event';

interface Parts {
  desk: DeadLetterDesk;
  contract: string;
  sequence: string;
  query: (name: string) => string | undefined;
  asked: Asked;
}

const ACTIONS = {
  list: ({ desk, query }: Parts): Promise<object> => desk.list({ after: query('after'), limit: query('limit') }),
  replay({ desk, contract, sequence, query, asked }: Parts): Promise<object> {
    const dry = query('dry_run') ?? 'false';
    if (dry !== 'true' && dry !== 'false') throw new InvalidInput('dry_run is true or false', { code: 'query.bad-dry-run', pointer: '/dry_run' });
    return dry === 'true' ? desk.rehearse(sequence, contract) : desk.replay(sequence, contract, asked);
  },
  async discard({ desk, sequence, asked }: Parts): Promise<object> {
    const { sequence: number, message_id } = await desk.discard(sequence, asked);
    return { sequence: number, message_id, result: 'discarded' };
  },
};

/** What can be done with dead letters. */
export const DEAD_LETTER_ACTIONS: readonly string[] = Object.keys(ACTIONS);

export default defineNode<DeadLettersConfig, HttpMessage>('oms-dead-letters', (node, config) => {
  const { services } = node;
  const act = ACTIONS[config.action];
  if (!act) throw new InvalidInput('no action is chosen', { code: 'dead-letters.no-action' });
  const readers = services.get(FactReaders);
  if (config.action === 'replay' && !readers.contracts().includes(config.contract)) throw new InvalidInput('no contract of facts is chosen', { code: 'dead-letters.no-contract' });
  const settings = node.use<ServiceBusSettings>(config.connection);
  const deskOf = (listening: Listening): DeadLetterDesk => new DeadLetterDesk({
    queue: new DeadLetterQueue({ connectionString: settings.connectionString, ...SUBSCRIPTIONS[listening](settings) }),
    inbox: services.get(Inbox),
    contracts: services.get(Contracts),
    readers,
    pool: services.get(Database).pool,
  });
  const desks = { fulfillment: deskOf('fulfillment'), batching: deskOf('batching') };
  return {
    async input(message, send) {
      const sequence = message.req?.params['sequence'] ?? '';
      const asked = { actor: message.actor ?? 'operator:unnamed', reason: String((message.payload as { reason?: unknown } | null)?.reason ?? ''), node: node.id };
      const query = (name: string): string | undefined => {
        const value = message.req?.query[name];
        if (value !== undefined && typeof value !== 'string') throw new InvalidInput(`${name} may be given once`, { code: 'query.repeated', pointer: `/${name}` });
        return value;
      };
      const queue = query('queue') ?? 'fulfillment';
      if (queue !== 'fulfillment' && queue !== 'batching') throw new InvalidInput('queue is fulfillment or batching', { code: 'query.unknown-queue', pointer: '/queue' });
      const answer = await act({ desk: desks[queue], contract: queue === 'batching' ? PRINT_CONTRACT : config.contract, sequence, query, asked });
      if (config.action !== 'list')
        node.log.info({ flow: node.flow, node: node.id, code: `dead-letter.${config.action}${query('dry_run') === 'true' ? '.dry-run' : ''}`, sequence, actor: asked.actor, reason: asked.reason }, 'a person looked after a dead letter');
      message.statusCode = 200;
      message.payload = answer;
      send(message);
    },
  };
});
