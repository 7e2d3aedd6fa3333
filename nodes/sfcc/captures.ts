import type { Ledger, Performed } from '../effects/ledger';
import { parcelOfSubject } from '../lifecycle/captures';
import type { Write } from '../lifecycle/facts';
import type { Status } from '../lifecycle/lifecycle';
import { BEGUN } from '../lifecycle/requests';
import { shareOfParcel } from '../orders/captures';
import { loadOrders } from '../orders/load';
import { formatAmount } from '../orders/money';
import type { FulfilledLine, Order } from '../orders/order';
import { InvalidInput, Rejected, Retryable } from '../runtime/errors';
import { type Pool, select } from '../store/pool';
import type { Work } from '../work/source';
import type { SfccClient } from './client';
import { captureParcel } from './effects';
import { captureRequestId, type CapturedParcel, dueOf, restOf } from './mapping';

/** How soon a fulfilment that came too early is tried again. */
const OPEN_MS = 2000;

interface Packed extends FulfilledLine {
  order: number;
  of: string;
  part: number;
  shipmentId: string;
  /** Of the whole order. */
  status: Status;
}

/**
 * Captures what left in the parcel that the task is about; the amount follows from the order and its parcels alone, so it is the same at
 * every try, whatever else is captured meanwhile. A parcel that nothing is due for, or of an order that was settled elsewhere, makes no
 * call, and says so; a call that may have been made before that is looked up like any other.
 * @throws Rejected with the refused call, which a person decides by itself, whatever other captures of the order are held
 */
export async function captureShipped({ pool, ledger, sfcc }: { pool: Pool; ledger: Ledger; sfcc: SfccClient }, order: Order, work: Work, actor: string): Promise<Performed> {
  const { parcel, status } = await parcelOf(pool, order, work.subject ?? '');
  const { currency } = order;
  const amount = formatAmount(parcel.amount, currency);
  const note = (kind: string, text: string): void => {
    work.writes = [{ table: 'order_events', rows: [{ order_id: order.id, kind, actor, text: `${text} for parcel ${parcel.shipmentId}${parcel.part > 0 ? ` of ${parcel.of}` : ''}` }] }];
  };
  const subject = { ...order, parcel };
  const isSettled = status === 'PROCESSED_EXTERNALLY' && !BEGUN.has((await ledger.standing(captureParcel, subject))?.state ?? 'intent');
  if (parcel.amount === 0 || isSettled) {
    note('payment.not-captured', parcel.amount === 0 ? 'nothing was due' : 'the order was settled elsewhere: nothing is captured');
    return {};
  }
  const performed = await ledger.perform(captureParcel, sfcc, subject, work).catch(async (error: unknown) => {
    if (!(error instanceof Rejected)) throw error;
    const refused = await ledger.standing(captureParcel, subject);
    throw new Rejected(error.message, { code: error.code, next: IF_REFUSED, cause: error, ...(refused && { effect: refused.id }) });
  });
  work.captured = { reference: performed.reference, paid: { amount, currency }, parcel: captureRequestId(parcel) };
  note('payment.captured', `${amount} of ${formatAmount(dueOf(order), currency)} ${currency}`);
  return performed;
}

const IF_REFUSED = 'Settle it at the storefront, then release the hold: it is sent again. If it was paid by hand, decide done, with the reference: it is never sent.';

/** Its end is told once all its parcels are captured. @throws Rejected `sfcc.captures-held` where a person decides about one first ·
 *  Retryable `sfcc.captures-open` where the flow has not waited for them */
export function refuseUncaptured({ openCaptures = 0, heldCaptures = 0 }: Pick<Order, 'openCaptures' | 'heldCaptures'>): void {
  if (openCaptures > 0 && heldCaptures === 0)
    throw new Retryable(`${openCaptures === 1 ? 'The capture of a parcel is' : `The captures of ${openCaptures} parcels are`} still to be made: the fulfilment comes after`, { code: 'sfcc.captures-open', retryAfterMs: OPEN_MS });
  if (heldCaptures > 0)
    throw new Rejected(`${heldCaptures === 1 ? 'The capture of a parcel is' : `The captures of ${heldCaptures} parcels are`} held: nobody has paid for it yet`, {
      code: 'sfcc.captures-held', next: 'Decide the hold, then put the order back; or settle the payment elsewhere, and mark the order as processed externally.',
    });
}

/** A line of the timeline where parcels have captured more than what left stands for: nobody gives it back by himself. */
export function overCaptured(order: Order, actor: string): Write[] {
  const rest = restOf(order);
  if (rest >= 0) return [];
  const text = `${formatAmount(-rest, order.currency)} ${order.currency} more than what has left stands for: compare with the storefront, and refund it there`;
  return [{ table: 'order_events', rows: [{ order_id: order.id, kind: 'payment.over-captured', actor, text }] }];
}

/**
 * The parcel and what it captures, by the pieces that left before it: of the order, or of the part that it was reported for, which costs
 * what NAV and the warehouse know. @throws InvalidInput where there is no such parcel
 */
async function parcelOf(pool: Pool, order: Order, subject: string): Promise<{ parcel: CapturedParcel; status: Status }> {
  const wanted = parcelOfSubject(subject);
  const packed = await readPacked(pool, order.id);
  const isWanted = (line: Packed): boolean => line.order === wanted.order && line.shipmentId === wanted.shipmentId;
  const first = packed.findIndex(isWanted);
  const found = packed[first];
  const whose = wanted.order === order.id ? order : (await loadOrders(pool, [wanted.order])).get(wanted.order);
  if (!found || !whose) throw new InvalidInput(`${order.name} has no parcel ${wanted.shipmentId}`, { code: 'sfcc.no-parcel' });
  const amount = shareOfParcel(whose, dueOf(whose), { before: packed.slice(0, first).filter((line) => line.order === wanted.order), parcel: packed.filter(isWanted) });
  return { parcel: { of: found.of, part: found.part, shipmentId: found.shipmentId, amount }, status: found.status };
}

/** Everything that has left, in its order: the parcels of one order or part are written one after the other. */
const readPacked = (pool: Pool, root: number): Promise<Packed[]> =>
  select<Packed>(
    pool,
    `SELECT o.id AS \`order\`, o.name AS \`of\`, o.part, f.shipment_id AS shipmentId, i.line_id AS lineId, i.quantity, s.status
       FROM (SELECT id FROM orders WHERE id = ? UNION ALL SELECT id FROM orders WHERE parent_order_id = ?) own
       JOIN orders o ON o.id = own.id JOIN fulfillments f ON f.order_id = o.id JOIN fulfillment_items i ON i.order_id = f.order_id AND i.shipment_id = f.shipment_id
       JOIN order_status s ON s.order_id = ?
       ORDER BY f.created_at, f.order_id, f.shipment_id`,
    [root, root, root],
  );
