import { everything, results, ship } from '../flows/partners';
import type { Answer } from '../support/system';
import type { Deed, Expected, HoldDuty, Scenario, StatusDuty } from './scenario';

/** So long NAV Japan takes for each request. Milliseconds. */
export const SLOW_MS = 1500;

/** The stores of the day: one asks for the stock and has PrintStation, one does not export to NAV, has BatchStation and captures by the shipment, one has a slow NAV. */
export const SITES = { us: 'POPS-US', withoutNav: 'POPS-EU', slowNav: 'POPS-JP' } as const;

const times = (count: number, ...deeds: Deed[]): Partial<Record<Deed, number>> => Object.fromEntries(deeds.map((deed) => [deed, count]));

/** What happens for an order that is fulfilled in the plain way. */
const PLAIN = times(1, 'nav document:1', 'camel fulfillment-request', 'nav document:6', 'sfcc fulfill', 'sfcc capture');
/** The same where NAV has nothing to do with it, and where Cirro has not. */
const WITHOUT_NAV = times(1, 'camel fulfillment-request', 'sfcc fulfill', 'sfcc capture');
const WITHOUT_CIRRO = times(1, 'nav document:1', 'nav document:6', 'sfcc fulfill', 'sfcc capture');

/** Fulfilled in the plain way, the stock asked for first. Only what cannot be overtaken is named: a release may overtake NAV's answer, a shipment the acceptance. */
const plain: Expected = {
  status: 'FULFILLED', deeds: PLAIN, through: ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_INVENTORY_CONFIRMED', 'SHIPPED', 'EXPORTED_TO_NAV'], parcels: 1, batches: 0, holds: [],
};
const withoutNav: Expected = { ...plain, deeds: WITHOUT_NAV, through: ['READY_FOR_PROCESSING', 'RELEASED_FROM_NAV', 'SHIPPED'] };
const withoutCirro: Expected = { ...plain, deeds: WITHOUT_CIRRO, through: ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT', 'SHIPPED', 'EXPORTED_TO_NAV'] };

const refusal = ({ status, text }: Answer): string | undefined => (status < 300 ? undefined : `${status} ${text.slice(0, 200)}`);

/** Somebody has sent Cirro what it missed. */
const releaseRejection: HoldDuty = { hold: 'cirro.rejected', does: async (system, { id }) => refusal(await system.decide(id, 'release', 'the customs form is attached')) };

/** Customer service gives up an order that NAV cannot release. */
const cancelUnreleased: StatusDuty = {
  status: 'FAILED_TO_RELEASE_FROM_NAV',
  does: async (system, name) => refusal(await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'the article is blocked' } })),
};

/** A customer changes his mind while his order is being printed: PrintStation is asked to stop it. */
const cancelAtPrintStation: StatusDuty = {
  status: 'PRINT_STATION_WAITING_FOR_BATCHING',
  does: async (system, name) => {
    const answer = await system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'the customer changed his mind' } });
    return answer.status === 202 ? undefined : `${answer.status} ${answer.text.slice(0, 200)}`;
  },
};

/** Somebody has cleaned the print head. */
const printAgain: StatusDuty = {
  status: 'FAILED_TO_BATCH',
  does: async (system, name) => refusal(await system.api(`/api/oms/orders/${name}/put-back`, { body: { reason: 'the print head is clean' } })),
};

/** The warehouse whose BatchStation takes no order until somebody opens it. */
export const CLOSED = 'jp-tokyo';

/** Our own warehouse, or the vendor, ships everything in one parcel. */
const shipByHand: StatusDuty = {
  status: 'OMS_CREATED_ORDER_FULFILLMENT',
  does: async (system, name) => {
    const answer = await ship(system, await everything(system, name));
    const [parcel] = answer.status === 200 ? results(answer) : [];
    return parcel?.result === 'applied' ? undefined : `${answer.status} ${answer.text.slice(0, 200)}`;
  },
};

/** The day. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'finished',
    what: 'finished goods, and nothing goes wrong',
    share: 24,
    placed: { template: 'finished', site: SITES.us },
    ends: () => plain,
  },
  {
    name: 'without NAV',
    what: 'a store that does not export to NAV',
    share: 10,
    placed: { template: 'finished', site: SITES.withoutNav },
    ends: () => withoutNav,
  },
  {
    name: 'slow NAV Japan',
    what: `each request to NAV Japan takes ${SLOW_MS / 1000} s`,
    share: 10,
    placed: { template: 'finished', site: SITES.slowNav },
    ends: () => ({ ...plain, through: ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'SHIPPED', 'EXPORTED_TO_NAV'], lasting: { status: 'READY_TO_CREATE_IN_NAV', ms: SLOW_MS } }),
  },
  {
    name: 'printable',
    what: 'printed by PrintStation, then packed by Cirro',
    share: 10,
    placed: { template: 'printable', site: SITES.us },
    ends: () => ({ ...plain, deeds: { ...PLAIN, 'print-station order.create.request': 1 }, through: [...plain.through, 'PRINT_STATION_READY_FOR_BATCHING', 'PRINT_STATION_BATCHED'], batches: 1 }),
  },
  {
    name: 'printable, BatchStation',
    what: 'printed by BatchStation, in a store without NAV',
    share: 5,
    placed: { template: 'printable', site: SITES.withoutNav },
    ends: () => ({ ...withoutNav, deeds: { ...WITHOUT_NAV, 'print-station batch.create.request': 1 }, through: [...withoutNav.through, 'READY_FOR_BATCHING', 'BATCHED'], batches: 1 }),
  },
  {
    name: 'batch fails',
    what: 'the first batch fails; somebody puts the order back, and it is printed again by the next request',
    share: 4,
    placed: { template: 'smudged', site: SITES.us },
    people: [printAgain],
    ends: () => ({
      ...plain, deeds: { ...PLAIN, ...times(1, 'print-station order.create.request', 'print-station order.update.repush') }, through: [...plain.through, 'FAILED_TO_BATCH', 'PRINT_STATION_BATCHED'], batches: 1,
    }),
  },
  {
    name: 'cancelled at the print floor',
    what: 'the customer changes his mind while it is printed: PrintStation stops it, NAV and the storefront take it back',
    share: 4,
    placed: { template: 'slow-print', site: SITES.us },
    people: [cancelAtPrintStation],
    ends: () => ({
      status: 'EXPORTED_CANCELLATION_TO_NAV', deeds: times(1, 'nav document:1', 'nav document:7', 'sfcc cancel', 'print-station order.create.request', 'print-station order.cancel.request'),
      through: ['PRINT_STATION_WAITING_FOR_BATCHING', 'CS_CANCELLED'], parcels: 0, batches: 0, holds: ['cancel.asked'],
    }),
  },
  {
    name: 'BatchStation is full',
    what: 'no order has a place until all of the day wait for one; then somebody opens it',
    share: 4,
    placed: { template: 'printable', site: SITES.slowNav },
    together: {
      status: 'WAITING_BATCHING_CAPACITY',
      does: async (system) => void (await system.sql('UPDATE batching_capacities SET capacity = 1000 WHERE warehouse_id = (SELECT id FROM warehouses WHERE `key` = ?)', [CLOSED])),
    },
    ends: () => ({ ...plain, deeds: { ...PLAIN, 'print-station batch.create.request': 1 }, through: ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'READY_FOR_BATCHING', 'WAITING_BATCHING_CAPACITY', 'BATCHED', 'SHIPPED', 'EXPORTED_TO_NAV'], batches: 1 }),
  },
  {
    name: 'split',
    what: 'printed, finished and from a vendor: each part is known to NAV, the whole order is told to the storefront once',
    share: 9,
    placed: { template: 'split', site: SITES.us },
    people: [shipByHand],
    ends: ({ lines }) => {
      // The template’s lines go three ways in turn: the third is the vendor’s.
      const parts = Math.min(lines, 3);
      return {
        ...plain,
        deeds: { ...PLAIN, ...times(parts, 'nav document:1', 'nav document:6'), 'camel fulfillment-request': 2, 'print-station order.create.request': 1 },
        through: [...plain.through, 'SPLIT', 'PRINT_STATION_BATCHED', ...(parts === 3 ? (['OMS_CREATED_ORDER_FULFILLMENT'] as const) : [])],
        parcels: parts,
        batches: 1,
      };
    },
  },
  {
    name: 'two warehouses',
    what: 'its lines leave from two regions: each part with the NAV and the 3PL of its warehouse, one capture',
    share: 4,
    placed: { template: 'two-warehouses', site: SITES.us },
    ends: () => ({ ...plain, deeds: { ...PLAIN, ...times(2, 'nav document:1', 'nav document:6', 'camel fulfillment-request') }, through: [...plain.through, 'SPLIT'], parcels: 2 }),
  },
  {
    name: 'rejected',
    what: 'Cirro rejects the request; somebody releases the hold; the next sequence is taken',
    share: 6,
    placed: { template: 'rejected', site: SITES.us },
    people: [releaseRejection],
    ends: () => ({ ...plain, deeds: { ...PLAIN, 'camel fulfillment-request': 2 }, holds: ['cirro.rejected'] }),
  },
  {
    name: 'out of stock',
    what: 'the article is missing, and comes',
    share: 6,
    placed: { template: 'out-of-stock', site: SITES.us },
    ends: () => ({ ...plain, through: [...plain.through, 'CIRRO_WAITING_INVENTORY'] }),
  },
  {
    name: 'partial',
    what: 'each line in a parcel of its own',
    share: 6,
    placed: { template: 'parcels', site: SITES.us },
    ends: ({ lines }) => ({ ...plain, through: [...plain.through, 'PARTIALLY_SHIPPED'], parcels: lines }),
  },
  {
    name: 'captured by parcel',
    what: 'each line in a parcel of its own, and what left in it captured with it',
    share: 4,
    placed: { template: 'parcels', site: SITES.withoutNav },
    ends: ({ lines }) => ({ ...withoutNav, deeds: { ...WITHOUT_NAV, 'sfcc capture': lines }, through: [...withoutNav.through, 'PARTIALLY_SHIPPED'], parcels: lines }),
  },
  {
    name: 'manual warehouse',
    what: 'an own warehouse ships it, which Cirro does not know',
    share: 5,
    placed: { template: 'own-warehouse', site: SITES.us },
    people: [shipByHand],
    ends: () => withoutCirro,
  },
  {
    name: 'vendor',
    what: 'the vendor ships it',
    share: 3,
    placed: { template: 'vendor', site: SITES.us },
    people: [shipByHand],
    ends: () => withoutCirro,
  },
  {
    name: 'not released',
    what: 'NAV cannot release it; customer service cancels it',
    share: 4,
    placed: { template: 'unreleased', site: SITES.us },
    people: [cancelUnreleased],
    ends: () => ({ status: 'EXPORTED_CANCELLATION_TO_NAV', deeds: times(1, 'nav document:1', 'nav document:7', 'sfcc cancel'), through: ['FAILED_TO_RELEASE_FROM_NAV', 'CS_CANCELLED'], parcels: 0, batches: 0, holds: [] }),
  },
  {
    name: 'unreadable',
    what: 'no order system can take it in: it waits for a person, with the reason',
    share: 2,
    placed: { template: 'bad', site: SITES.us },
    ends: () => ({ status: 'GENERALIZE_ERROR', deeds: {}, through: [], parcels: 0, batches: 0, holds: [] }),
  },
];
