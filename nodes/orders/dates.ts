import type { CanonicalOrder } from './order';

/** Where an order waits before anything begins, and until when. */
export interface Dated {
  status: 'PRE_ORDER' | 'DELAYED';
  until: Date;
}

/**
 * The date before which nothing of an order begins: a pre-order's release, or the end of the time in which its store lets customers
 * change or cancel, whichever is later. Whether it has come is for the database's clock to say.
 */
export function dateOf({ placedAt, releaseAt }: Pick<CanonicalOrder, 'placedAt' | 'releaseAt'>, { delayMinutes }: { delayMinutes: number }): Dated | undefined {
  const delayed: Dated | undefined = delayMinutes > 0 ? { status: 'DELAYED', until: new Date(Date.parse(placedAt) + delayMinutes * 60_000) } : undefined;
  const released: Dated | undefined = releaseAt === undefined ? undefined : { status: 'PRE_ORDER', until: new Date(releaseAt) };
  if (!delayed || !released) return delayed ?? released;
  return released.until > delayed.until ? released : delayed;
}
