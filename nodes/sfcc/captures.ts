import type { Ledger, Performed } from '../effects/ledger';
import { parcelOfSubject } from '../lifecycle/captures';
import { shareOfParcel } from '../orders/captures';
import { formatAmount } from '../orders/money';
import type { FulfilledLine, Order } from '../orders/order';
import { InvalidInput } from '../runtime/errors';
import { type Pool, select } from '../store/pool';
import type { Work } from '../work/source';
import type { SfccClient } from './client';
import { captureParcel } from './effects';
import { captureRequestId, type CapturedParcel, dueOf } from './mapping';

interface Packed extends FulfilledLine {
  order: number;
  of: string;
  part: number;
  shipmentId: string;
}

/**
 * Captures what left in the parcel that the task is about; the amount follows from the order and its parcels alone, so it is the same at
 * every try, whatever else is captured meanwhile. A parcel that nothing is due for makes no call, and says so.
 */
export async function captureShipped({ pool, ledger, sfcc }: { pool: Pool; ledger: Ledger; sfcc: SfccClient }, order: Order, work: Work, actor: string): Promise<Performed> {
  const parcel = await parcelOf(pool, order, work.subject ?? '');
  const { currency } = order;
  const amount = formatAmount(parcel.amount, currency);
  const note = (text: string): void => {
    work.writes = [{ table: 'order_events', rows: [{ order_id: order.id, kind: 'payment.captured', actor, text: `${text} for parcel ${parcel.shipmentId}${parcel.part > 0 ? ` of ${parcel.of}` : ''}` }] }];
  };
  if (parcel.amount === 0) {
    note('nothing was due');
    return {};
  }
  const performed = await ledger.perform(captureParcel, sfcc, { ...order, parcel }, work);
  work.captured = { reference: performed.reference, paid: { amount, currency }, parcel: captureRequestId(parcel) };
  note(`captured ${amount} of ${formatAmount(dueOf(order), currency)} ${currency}`);
  return performed;
}

/** The parcel and what it captures, by the pieces that left before it. @throws InvalidInput where the order has no such parcel */
async function parcelOf(pool: Pool, order: Order, subject: string): Promise<CapturedParcel> {
  const wanted = parcelOfSubject(subject);
  const packed = await readPacked(pool, order.id);
  const isWanted = (line: Packed): boolean => line.order === wanted.order && line.shipmentId === wanted.shipmentId;
  const first = packed.findIndex(isWanted);
  const found = packed[first];
  if (!found) throw new InvalidInput(`${order.name} has no parcel ${wanted.shipmentId}`, { code: 'sfcc.no-parcel' });
  const amount = shareOfParcel(order, dueOf(order), { before: packed.slice(0, first), parcel: packed.filter(isWanted) });
  return { of: found.of, part: found.part, shipmentId: found.shipmentId, amount };
}

/** Everything that has left, in its order: a part's parcels are written one after the other, and no two parts hold the same line. */
const readPacked = (pool: Pool, root: number): Promise<Packed[]> =>
  select<Packed>(
    pool,
    `SELECT o.id AS \`order\`, o.name AS \`of\`, o.part, f.shipment_id AS shipmentId, i.line_id AS lineId, i.quantity
       FROM (SELECT id FROM orders WHERE id = ? UNION ALL SELECT id FROM orders WHERE parent_order_id = ?) own
       JOIN orders o ON o.id = own.id JOIN fulfillments f ON f.order_id = o.id JOIN fulfillment_items i ON i.order_id = f.order_id AND i.shipment_id = f.shipment_id
       ORDER BY f.created_at, f.order_id, f.shipment_id`,
    [root, root],
  );
