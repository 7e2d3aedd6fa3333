import type { Deed, Expected, HoldDuty, Scenario, StatusDuty } from './scenario';

/** So long NAV Japan takes for each request. Milliseconds. */
export const SLOW_MS = 1500;

/** The stores of the day: one asks for the stock before it requests, one does not export to NAV, one has a slow NAV. */
export const SITES = { us: 'POPS-US', withoutNav: 'POPS-EU', slowNav: 'POPS-JP' } as const;

const times = (count: number, ...deeds: Deed[]): Partial<Record<Deed, number>> => Object.fromEntries(deeds.map((deed) => [deed, count]));

/** What happens for an order that is fulfilled in the plain way. */
const PLAIN = times(1, 'nav document:1', 'camel fulfillment-request', 'nav document:6', 'sfcc fulfill', 'sfcc capture');

/** Fulfilled in the plain way, the stock asked for first. Releases and shipments may overtake the answers before them. */
const plain: Expected = { status: 'FULFILLED', deeds: PLAIN, through: ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'CIRRO_INVENTORY_CONFIRMED', 'SHIPPED', 'EXPORTED_TO_NAV'], parcels: 1, holds: [] };

/** Somebody has sent Cirro what it missed. */
const releaseRejection: HoldDuty = { hold: 'cirro.rejected', does: (system, { id }) => system.decide(id, 'release', 'the customs form is attached') };

/** Customer service gives up an order that NAV cannot release. */
const cancelUnreleased: StatusDuty = { status: 'FAILED_TO_RELEASE_FROM_NAV', does: (system, name) => system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'the article is blocked' } }) };

/** The day. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'finished',
    what: 'finished goods, and nothing goes wrong',
    share: 30,
    placed: { template: 'finished', site: SITES.us },
    ends: () => plain,
  },
  {
    name: 'without NAV',
    what: 'a store that does not export to NAV',
    share: 14,
    placed: { template: 'finished', site: SITES.withoutNav },
    ends: () => ({ ...plain, deeds: times(1, 'camel fulfillment-request', 'sfcc fulfill', 'sfcc capture'), through: ['READY_FOR_PROCESSING', 'RELEASED_FROM_NAV', 'SHIPPED'] }),
  },
  {
    name: 'slow NAV Japan',
    what: `each request to NAV Japan takes ${SLOW_MS / 1000} s`,
    share: 10,
    placed: { template: 'finished', site: SITES.slowNav },
    ends: () => ({ ...plain, through: ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'SHIPPED', 'EXPORTED_TO_NAV'], lasting: { status: 'READY_TO_CREATE_IN_NAV', ms: SLOW_MS } }),
  },
  {
    name: 'rejected',
    what: 'Cirro rejects the request; somebody releases the hold; the next sequence is taken',
    share: 7,
    placed: { template: 'rejected', site: SITES.us },
    people: [releaseRejection],
    ends: () => ({ ...plain, deeds: { ...PLAIN, 'camel fulfillment-request': 2 }, holds: ['cirro.rejected'] }),
  },
  {
    name: 'out of stock',
    what: 'the article is missing, and comes',
    share: 8,
    placed: { template: 'out-of-stock', site: SITES.us },
    ends: () => ({ ...plain, through: [...plain.through, 'CIRRO_WAITING_INVENTORY'] }),
  },
  {
    name: 'partial',
    what: 'each line in a parcel of its own',
    share: 8,
    placed: { template: 'parcels', site: SITES.us },
    ends: ({ lines }) => ({ ...plain, through: [...plain.through, 'PARTIALLY_SHIPPED'], parcels: lines }),
  },
  {
    name: 'split',
    what: 'fulfilled in different ways: each part is known to NAV and to the warehouse, the whole order is told to the storefront once',
    share: 10,
    placed: { template: 'split', site: SITES.us },
    ends: ({ lines }) => {
      // The template’s lines go three ways in turn.
      const parts = Math.min(lines, 3);
      return { ...plain, deeds: { ...PLAIN, ...times(parts, 'nav document:1', 'camel fulfillment-request', 'nav document:6') }, through: [...plain.through, 'SPLIT'], parcels: parts };
    },
  },
  {
    name: 'not released',
    what: 'NAV cannot release it; customer service cancels it',
    share: 5,
    placed: { template: 'unreleased', site: SITES.us },
    people: [cancelUnreleased],
    ends: () => ({ status: 'EXPORTED_CANCELLATION_TO_NAV', deeds: times(1, 'nav document:1', 'nav document:7', 'sfcc cancel'), through: ['FAILED_TO_RELEASE_FROM_NAV', 'CS_CANCELLED'], parcels: 0, holds: [] }),
  },
  {
    name: 'unreadable',
    what: 'no order system can take it in: it waits for a person, with the reason',
    share: 3,
    placed: { template: 'bad', site: SITES.us },
    ends: () => ({ status: 'GENERALIZE_ERROR', deeds: {}, through: [], parcels: 0, holds: [] }),
  },
];
