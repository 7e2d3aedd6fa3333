import type { Change } from '../journal/ledger';
import type { Broker } from '../service-bus/broker';
import type { CallbackKind, Owed } from './callbacks';
import type { OmsAnswer, OmsClient } from './oms-client';
import type { Plans } from './plans';

/** What became of one attempt to deliver one callback. */
export type Outcome =
  | { result: 'delivered'; then: Change[] }
  | { result: 'refused'; reason: string }
  /** Try again: without end, or (`limited`) as often as an OMS that is being restored may need. */
  | { result: 'again'; reason: string; limited: boolean; unreachable: boolean };

/** How callbacks of one kind are delivered. */
interface Delivery {
  /** Whose faults strike it. */
  system: 'camel' | 'print-station';
  /** The name by which a fault can be narrowed to it. */
  operation: 'release' | 'accept' | 'ship' | 'order-created' | 'batch' | 'cancellation';
  /** How many go into one request. */
  batch: number;
  /** One outcome for each callback, in order. `garbage` sends the body broken in two. */
  deliver(owed: readonly Owed[], garbage: boolean): Promise<Outcome[]>;
}

/** All ways to deliver. */
export function deliveries(oms: OmsClient, { cirro: broker, printFloor }: { cirro: Broker; printFloor: Broker }, plans: Plans): Record<CallbackKind, Delivery> {
  const shipped = (owed: Owed): Change[] =>
    owed.requestId !== undefined && isAcceptance(owed) ? plans.ship(owed.requestId) : [];
  const byRest: Delivery['deliver'] = (owed, garbage) => each(owed, async (one) =>
    outcome(await oms.send('POST', '/api/service_bus/events', 'serviceBus', write(one.body, garbage)), () => shipped(one)));
  const overTheBus: Delivery['deliver'] = (owed, garbage) => each(owed, (one) => {
    const id = String(one.body.id);
    const message = broker.publishing({ messageId: garbage ? `${id}-garbage` : id, body: write(one.body, garbage), requestId: garbage || !isAcceptance(one) ? undefined : one.requestId });
    return Promise.resolve({ result: 'delivered', then: [message] });
  });
  return {
    ...printDeliveries(oms, printFloor),
    release: {
      system: 'camel',
      operation: 'release',
      batch: 1,
      deliver: (owed, garbage) => each(owed, async (one) =>
        outcome(await oms.send('PATCH', `/api/v3/osor_order/status/${encodeURIComponent(one.orderId)}`, 'mulesoft', write(one.body, garbage)), () => [])),
    },
    accept: { system: 'camel', operation: 'accept', batch: 1, deliver: byRest },
    announce: { system: 'camel', operation: 'accept', batch: 1, deliver: overTheBus },
    'cancel-answer': { system: 'camel', operation: 'cancellation', batch: 1, deliver: byRest },
    'cancel-announce': { system: 'camel', operation: 'cancellation', batch: 1, deliver: overTheBus },
    ship: {
      system: 'camel',
      operation: 'ship',
      batch: 20,
      deliver: (owed, garbage) => together(owed, (body) => oms.send('POST', '/api/v3/osor_order/fulfill_orders', 'mulesoft', body), garbage),
    },
  };
}

/** Only what Cirro takes is shipped. */
const isAcceptance = ({ body }: Owed): boolean => body.type === 'accepted';

/** What PrintStation and BatchStation tell. */
function printDeliveries(oms: OmsClient, broker: Broker): Record<'print-created' | 'print-announce' | 'print-batch' | 'print-cancelled', Delivery> {
  const overTheBus: Delivery['deliver'] = (owed, garbage) => each(owed, ({ body }) => {
    const id = String(body.id);
    return Promise.resolve({ result: 'delivered', then: [broker.publishing({ messageId: garbage ? `${id}-garbage` : id, body: write(body, garbage) })] });
  });
  return {
    'print-created': { system: 'print-station', operation: 'order-created', batch: 1, deliver: overTheBus },
    'print-cancelled': { system: 'print-station', operation: 'cancellation', batch: 1, deliver: overTheBus },
    'print-announce': { system: 'print-station', operation: 'batch', batch: 1, deliver: overTheBus },
    'print-batch': {
      system: 'print-station',
      operation: 'batch',
      batch: 20,
      deliver: (owed, garbage) => together(owed, (body) => oms.send('POST', '/api/v3/print_station/batches', 'printStation', body), garbage),
    },
  };
}

/** Several in one request, each answered for itself. */
async function together(owed: readonly Owed[], send: (body: string) => Promise<OmsAnswer>, garbage: boolean): Promise<Outcome[]> {
  const answer = await send(write({ orders: owed.map((one) => one.body) }, garbage));
  const results = answer?.status === 200 ? resultsOf(answer.body) : [];
  return owed.map((_one, index) => (answer?.status === 200 ? itemOutcome(results[index]) : outcome(answer, () => [])));
}

async function each(owed: readonly Owed[], deliver: (one: Owed) => Promise<Outcome>): Promise<Outcome[]> {
  return Promise.all(owed.map(deliver));
}

function write(body: Record<string, unknown>, garbage: boolean): string {
  const text = JSON.stringify(body);
  return garbage ? text.slice(0, text.length / 2) : text;
}

function again(reason: string, limited: boolean, unreachable = false): Outcome {
  return { result: 'again', reason, limited, unreachable };
}

function outcome(answer: OmsAnswer, then: () => Change[]): Outcome {
  if (!answer) return again('no answer', false, true);
  const { status } = answer;
  if (status >= 200 && status < 300) return { result: 'delivered', then: then() };
  if (status === 429 || status >= 500) return again(`answered ${status}`, false);
  if (status === 404 || status === 401) return again(`answered ${status}`, true);
  return { result: 'refused', reason: `answered ${status}` };
}

interface ItemResult {
  result?: unknown;
  reason?: unknown;
}

function resultsOf(body: unknown): ItemResult[] {
  const { orders } = (body ?? {}) as { orders?: unknown };
  return Array.isArray(orders) ? (orders as ItemResult[]) : [];
}

function itemOutcome(item: ItemResult | undefined): Outcome {
  switch (item?.result) {
    case 'applied':
    case 'already':
    case 'kept':
      return { result: 'delivered', then: [] };
    case 'refused':
      return { result: 'refused', reason: `refused: ${String(item.reason)}` };
    default:
      return again(`result ${String(item?.result)}`, true);
  }
}
