/** Parcels that are captured one by one, where their store says so: the tasks of that are written when a parcel is. */
import { escape } from 'mysql2';
import type { Image } from './change';
import { rowsOf, type Write } from './facts';

/** A parcel as it was reported for an order, or for a part of one. */
export interface Parcel {
  /** The whole order: its payment is captured. */
  root: number;
  /** The order or part that the parcel was reported for. */
  order: number;
  storeId: number;
  lane: string;
  shipmentId: string;
}

/** The parcels among the rows that a fact writes. */
export const reported = ({ order, parent, storeId, lane }: Image, writes: readonly Write[]): Parcel[] =>
  rowsOf(writes, 'fulfillments').map((row) => ({ root: parent ?? order, order, storeId, lane, shipmentId: String(row['shipment_id']) }));

/** Whether a task captures a parcel. */
export const isCapture = ({ kind }: { kind: string }): boolean => kind.endsWith('.capture');

/** What a task of this kind is about, and back. */
export const captureSubject = ({ order, shipmentId }: Pick<Parcel, 'order' | 'shipmentId'>): string => `${order}:${shipmentId}`;
export function parcelOfSubject(subject: string): Pick<Parcel, 'order' | 'shipmentId'> {
  const [order = '', ...shipment] = subject.split(':');
  return { order: Number(order), shipmentId: shipment.join(':') };
}

/** A task for each parcel whose store captures by the shipment: asked in the statement itself, so that what the store says is never old. */
export function captureTasks(parcels: readonly Parcel[]): string[] {
  if (parcels.length === 0) return [];
  const rows = parcels.map(({ root, storeId, lane, ...parcel }) => `SELECT ${storeId} AS store, ${root} AS root, ${escape(captureSubject(parcel))} AS subject, ${escape(lane)} AS lane`);
  return [
    `INSERT INTO tasks (kind, order_id, store_id, subject, lane)
       SELECT CONCAT(s.platform, '.capture'), p.root, s.id, p.subject, p.lane FROM stores s JOIN (${rows.join(' UNION ALL ')}) p ON p.store = s.id WHERE s.capture_per = 'shipment'`,
  ];
}
