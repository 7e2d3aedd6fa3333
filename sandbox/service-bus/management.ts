import { type Connection, type Message, message as amqp, type Sender, types } from 'rhea';
import type { Decision, MessageQueue } from './queue';
import { listOf, longOf } from './rhea-parts';
import { isValidSas } from './sas';
import { notFound, onWire, type Refusal, refusals, swapGuid } from './wire';

interface Answer {
  status: number;
  body?: unknown;
  refusal?: Refusal;
}

type Body = Record<string, unknown>;

const cbs = /\$cbs$/i;
const management = /\/?\$management$/i;

/** True for the addresses that take requests and answer them, instead of messages. */
export function isRequestAddress(address: string): boolean {
  return cbs.test(address) || management.test(address);
}

/** The requests that are not messages: tokens (`$cbs`) and the management of a subscription. */
export class Management {
  readonly #find: (entity: string) => MessageQueue | undefined;
  readonly #admitted = new WeakSet<Connection>();

  /** @param find the queue at an address */
  constructor(find: (entity: string) => MessageQueue | undefined) {
    this.#find = find;
  }

  /** True once the connection has shown a valid token. */
  isAdmitted(connection: Connection): boolean {
    return this.#admitted.has(connection);
  }

  /** Answers one request over the link that the client keeps for answers. */
  answer(connection: Connection, address: string, request: Message, link: Sender): void {
    const isCbs = cbs.test(address);
    const { status, body, refusal } = isCbs ? this.#token(connection, request) : this.#manage(address.replace(management, ''), request);
    const description = refusal?.description ?? 'OK';
    link.send({
      correlation_id: request.message_id as unknown,
      application_properties: isCbs
        ? { 'status-code': types.wrap_int(status), 'status-description': description }
        : { statusCode: types.wrap_int(status), statusDescription: description, ...(refusal && { errorCondition: types.wrap_symbol(refusal.condition) }) },
      body: body ?? {},
    } as unknown as Message);
  }

  #token(connection: Connection, request: Message): Answer {
    const token: unknown = request.body;
    if (typeof token !== 'string' || !isValidSas(token)) {
      return { status: 401, refusal: { condition: 'amqp:unauthorized-access', description: 'InvalidSignature: The token has an invalid signature.' } };
    }
    this.#admitted.add(connection);
    return { status: 202 };
  }

  #manage(entity: string, request: Message): Answer {
    const { operation } = (request.application_properties ?? {}) as { operation?: string };
    const queue = this.#find(entity);
    if (!queue) return { status: 404, refusal: notFound(entity) };
    const act = operations[(operation ?? '').replace('com.microsoft:', '')];
    if (!act) return { status: 501, refusal: { condition: 'amqp:not-implemented', description: `The sandbox has no operation ${operation}.` } };
    return act(queue, (request.body ?? {}) as Body);
  }
}

const lost: Answer = { status: 410, refusal: refusals.lockLost };
const lockTokens = (body: Body): Buffer[] => listOf(body['lock-tokens']).map((token) => swapGuid(token as Buffer));

const operations: Record<string, (queue: MessageQueue, body: Body) => Answer> = {
  'renew-lock': (queue, body) => {
    const locks = lockTokens(body).map((tag) => queue.renew(tag));
    if (locks.some((lock) => lock === undefined)) return lost;
    return { status: 200, body: { expirations: types.wrap_array(locks.map((lock) => lock?.until), 0x83, undefined) } };
  },
  'renew-session-lock': (queue, body) => {
    const session = queue.renewSession(String(body['session-id']));
    return session ? { status: 200, body: { expiration: new Date(session.until) } } : { status: 410, refusal: refusals.sessionLockLost };
  },
  'peek-message': (queue, body) => {
    const found = queue.peek(longOf(body['from-sequence-number']), Number(body['message-count']));
    if (found.length === 0) return { status: 204 };
    return { status: 200, body: { messages: found.map((message) => ({ message: amqp.encode(onWire(message)) })) } };
  },
  'receive-by-sequence-number': (queue, body) => {
    const messages = [];
    for (const seq of listOf(body['sequence-numbers']).map(longOf)) {
      const message = queue.takeDeferred(seq);
      if (!message) return { status: 404, refusal: { condition: 'com.microsoft:message-not-found', description: `There is no deferred message ${seq}.` } };
      const lock = queue.lock(message);
      messages.push({ message: amqp.encode(onWire(message, lock.until)), 'lock-token': types.wrap_uuid(swapGuid(lock.tag)) });
    }
    return { status: 200, body: { messages } };
  },
  'update-disposition': (queue, body) => {
    const decision = namedDecision(body);
    return lockTokens(body).every((tag) => queue.settle(tag, decision)) ? { status: 200 } : lost;
  },
};

function namedDecision(body: Body): Decision {
  const status = body['disposition-status'];
  if (status === 'completed') return { how: 'complete' };
  if (status === 'defered') return { how: 'defer' };
  if (status !== 'suspended') return { how: 'abandon' };
  const reason = body['deadletter-reason'];
  const description = body['deadletter-description'];
  return {
    how: 'dead-letter',
    deadLetter: { ...(typeof reason === 'string' && { reason }), ...(typeof description === 'string' && { description }) },
  };
}
