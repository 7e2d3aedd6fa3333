/** Which subscription is listened to and which topic is told, from the environment; and whether it answers. */
import { type ConnectionTest, finding } from '../runtime/connection-test';
import { Environment } from '../runtime/environment';
import { isKnownError, Retryable } from '../runtime/errors';
import { connect, hasCode } from './client';
import { inOurWords as sendingInOurWords } from './sender';

/** Where to listen and to tell; each node opens its own link. */
export interface ServiceBusSettings {
  connectionString: string;
  topic: string;
  subscription: string;
  /** The topic of the domain events. */
  eventsTopic: string;
  /** The topic of requests to print. */
  printTopic: string;
  /** Where the print floor answers. */
  batchingTopic: string;
  batchingSubscription: string;
  close?(): void;
}

/** The subscriptions that we listen to, by what comes over them: events of the warehouses, answers of the print floor. */
export const SUBSCRIPTIONS = {
  fulfillment: ({ topic, subscription }: ServiceBusSettings) => ({ topic, subscription }),
  batching: ({ batchingTopic, batchingSubscription }: ServiceBusSettings) => ({ topic: batchingTopic, subscription: batchingSubscription }),
};

export type Listening = keyof typeof SUBSCRIPTIONS;

/** @throws InvalidInput where no connection string is set */
export function serviceBusSettings(env: Environment): ServiceBusSettings {
  return {
    connectionString: connectionStringOf(env),
    topic: env.optional('SERVICE_BUS_TOPIC') ?? 'fulfillment-events',
    subscription: env.optional('SERVICE_BUS_SUBSCRIPTION') ?? 'oms',
    eventsTopic: env.optional('SERVICE_BUS_EVENTS_TOPIC') ?? 'order-events',
    printTopic: env.optional('SERVICE_BUS_PRINT_TOPIC') ?? 'int-prod-order-update-bs',
    batchingTopic: env.optional('SERVICE_BUS_BATCHING_TOPIC') ?? 'int-prod-batching-update-oms',
    batchingSubscription: env.optional('SERVICE_BUS_BATCHING_SUBSCRIPTION') ?? 'oms',
  };
}

/** One text, or its parts: what a portal and what a vault give. The parts win. */
function connectionStringOf(env: Environment): string {
  const host = env.optional('SERVICE_BUS_HOST');
  if (host === undefined) return env.required('SERVICE_BUS_CONNECTION_STRING');
  return `Endpoint=sb://${host};SharedAccessKeyName=${env.required('SERVICE_BUS_KEY_NAME')};SharedAccessKey=${env.required('SERVICE_BUS_KEY')}`;
}

/**
 * Peeks at the subscriptions: a message that is looked at is neither locked nor counted as delivered. Then opens the ways to the topics
 * that we tell something, and sends nothing. The first that fails ends it.
 */
export const testServiceBus: ConnectionTest<object> = async (_settings, services, limitMs) => {
  const { connectionString, topic, subscription, batchingTopic, batchingSubscription, eventsTopic, printTopic } = serviceBusSettings(services.get(Environment));
  const client = connect({ connectionString, timeoutMs: 2 * limitMs });
  const listen = (to: string, as: string, variables?: string) => async (): Promise<string> => {
    await client.createReceiver(to, as).peekMessages(1).catch((error: unknown) => {
      throw inOurWords(error, `${to}/${as}`, variables);
    });
    return `may listen to ${to}/${as}`;
  };
  const tell = (to: string, variable: string) => async (): Promise<string> => {
    await client.createSender(to).createMessageBatch().catch((error: unknown) => {
      throw sendingInOurWords(error, to, variable);
    });
    return `may send to ${to}`;
  };
  const looks = [
    listen(topic, subscription),
    tell(eventsTopic, 'SERVICE_BUS_EVENTS_TOPIC'),
    listen(batchingTopic, batchingSubscription, 'SERVICE_BUS_BATCHING_TOPIC and SERVICE_BUS_BATCHING_SUBSCRIPTION'),
    tell(printTopic, 'SERVICE_BUS_PRINT_TOPIC'),
  ];
  const findings = [];
  for (const look of looks) {
    const found = await finding('Service Bus', { limitMs }, look);
    findings.push(found);
    if (!found.ok) break;
  }
  // Where nothing answers, closing waits as long as opening did.
  client.close().catch(() => undefined);
  return findings;
};

/** The SDK's codes, where they say more than that there was no connection. */
export function inOurWords(error: unknown, entity: string, variables = 'SERVICE_BUS_TOPIC and SERVICE_BUS_SUBSCRIPTION'): unknown {
  if (isKnownError(error)) return error;
  const cause = error;
  if (hasCode(error, 'MessagingEntityNotFound'))
    return new Retryable(`there is no subscription ${entity}`, { code: 'service-bus.no-entity', next: `Correct ${variables}.`, cause });
  if (hasCode(error, 'UnauthorizedAccess'))
    return new Retryable('the key of the connection string is not accepted, or may not listen', { code: 'service-bus.unauthorized', next: 'Correct SERVICE_BUS_CONNECTION_STRING.', cause });
  // A connection that could not be made has the system's code at the beginning of its message alone.
  const code = /^(E[A-Z]+): /.exec(String((error as { message?: unknown } | null)?.message))?.[1];
  return new Retryable('there was no connection to the Service Bus', { code: 'service-bus.unreachable', cause: { code, cause } });
}
