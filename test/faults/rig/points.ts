import type { Site } from '../../../nodes/runtime/failpoints';

/** A place at which the server is struck. */
export interface Point {
  site: Site;
  about: string;
  /** Only a cancelled order comes here. */
  cancelled?: true;
  /** Only a split order comes here. */
  split?: true;
  /** Only an order of a store that captures by the shipment comes here, in several parcels. */
  parcels?: true;
}

/** Every remote effect of an order: the stage that makes it, and the status that it leads to; a task leads nowhere. */
const EFFECTS: readonly { kind: string; stage: string; to?: string; cancelled?: true; parcels?: true }[] = [
  { kind: 'sfcc.mark-exported', stage: 'sfcc.mark-exported' },
  { kind: 'nav.create', stage: 'READY_TO_CREATE_IN_NAV', to: 'PENDING_NAV_RELEASE' },
  { kind: 'camel.request', stage: 'CIRRO_READY_FOR_FULFILLMENT', to: 'WAITING_FULFILLMENT_CONFIRMATION' },
  { kind: 'nav.notice', stage: 'SHIPPED', to: 'EXPORTED_TO_NAV' },
  { kind: 'sfcc.capture', stage: 'sfcc.capture', parcels: true },
  { kind: 'sfcc.fulfil', stage: 'EXPORTED_TO_NAV', to: 'FULFILLED' },
  { kind: 'nav.cancel', stage: 'CS_CANCELLED', to: 'EXPORTED_CANCELLATION_TO_NAV', cancelled: true },
  { kind: 'sfcc.cancel', stage: 'sfcc.cancel', cancelled: true },
];

/** The kinds of effects, for who wants some of the points alone. */
export const KINDS: readonly string[] = EFFECTS.map(({ kind }) => kind);

/** The points around one kind of effect: claimed, begun, sent, answered, written. */
export function pointsOf(wanted: string): Point[] {
  return EFFECTS.filter(({ kind }) => kind === wanted).flatMap(({ kind, stage, to, cancelled, parcels }) =>
    [
      { site: 'work.claimed', about: stage },
      { site: 'effect.commit', about: kind },
      { site: 'effect.sent', about: kind },
      { site: 'effect.answered', about: kind },
      to === undefined ? { site: 'work.end', about: stage } : { site: 'transition.commit', about: to },
      { site: 'work.ended', about: stage },
    ].map((point) => ({ ...point, ...(cancelled && { cancelled }), ...(parcels && { parcels }) }) as Point),
  );
}

/** The points at which something comes in or goes out: a page of orders, a partner's fact, a message of the bus, an event of ours. */
export const AT_THE_EDGE: readonly Point[] = [
  { site: 'intake.commit', about: 'sfcc' },
  { site: 'intake.committed', about: 'sfcc' },
  ...['RELEASED_FROM_NAV', 'EXPORTED_TO_TPL', 'SHIPPED'].flatMap((about): Point[] => [{ site: 'transition.commit', about }, { site: 'transition.committed', about }]),
  { site: 'bus.settle', about: 'complete' },
  { site: 'bus.settled', about: 'complete' },
  { site: 'outbox.publish', about: 'order-events' },
  { site: 'outbox.published', about: 'order-events' },
];

/** The points of a split order: its parts are written, it looks at them, and the storefront is told about the whole. */
export const AT_A_SPLIT: readonly Point[] = (
  [
    { site: 'work.claimed', about: 'READY_FOR_PROCESSING' },
    { site: 'transition.commit', about: 'SPLIT' },
    { site: 'transition.committed', about: 'SPLIT' },
    ...['parent.recompute', 'sfcc.fulfil'].flatMap((about) => (['work.claimed', 'work.ended'] as const).map((site) => ({ site, about }))),
    ...(['effect.sent', 'effect.answered'] as const).map((site) => ({ site, about: 'sfcc.fulfil' })),
  ] satisfies Point[]
).map((point) => ({ ...point, split: true }));

/** The points of a cancel of a split order whose parts others have: each of them is asked, the order looks, and all are cancelled or none. */
export const AT_A_SPLIT_CANCEL: readonly Point[] = [
  ...['print-station.cancel', 'camel.cancel'].flatMap((about) => (['effect.commit', 'effect.sent', 'effect.answered'] as const).map((site) => ({ site, about }))),
  ...['print-station.cancel', 'fulfillment.cancel', 'parent.recompute'].flatMap((about) => (['work.claimed', 'work.ended'] as const).map((site) => ({ site, about }))),
  { site: 'transition.commit', about: 'CS_CANCELLED' },
  { site: 'transition.committed', about: 'CS_CANCELLED' },
];

/** The points at which a parcel is written together with the task that captures it. */
export const AT_A_PARCEL: readonly Point[] = (['transition.commit', 'transition.committed'] as const).map((site) => ({ site, about: 'PARTIALLY_SHIPPED', parcels: true }));

/** Every failpoint × effect, the edge, parcels, and split orders. */
export const POINTS: readonly Point[] = [...AT_THE_EDGE, ...AT_A_PARCEL, ...AT_A_SPLIT, ...KINDS.flatMap(pointsOf)];

/** As `OMS_FAILPOINTS` wants it. */
export const armed = ({ site, about }: Point, action: string): Record<string, string> => ({ OMS_FAILPOINTS: `${site}/${about}=${action}` });
