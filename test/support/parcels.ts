import type { FactResult } from '../../nodes/lifecycle/change';
import type { Engine } from './engine';
import { makeOrders, type World } from './orders';

/** A new order of two pieces of L1 that a warehouse of our own has. @returns its id */
export async function anOrderToShip(world: World): Promise<number> {
  const [order = 0] = await makeOrders(world, 1, ['READY_TO_CREATE_IN_NAV', 'RELEASED_FROM_NAV', 'OMS_CREATED_ORDER_FULFILLMENT'], true);
  return order;
}

/** The warehouse reports a parcel; the same shipment of the same order again is the same report. */
export const shipParcel = ({ transitions }: Engine, order: number, shipment: string, quantity: number, line = 'L1'): Promise<FactResult> =>
  transitions.apply({
    source: 'cirro', eventId: `${shipment}:${order}`, type: 'shipped', order, actor: 'partner:cirro',
    body: { order_id: 'x', shipment_id: shipment, carrier: 'UPS', tracking: '1Z', shipped_at: '2026-11-21T10:00:00Z', lines: [{ line_id: line, quantity }] },
  });

/** An order of two pieces that have left, in the parcels A and B. @returns its id */
export async function shippedInTwo(world: World, engine: Engine): Promise<number> {
  const order = await anOrderToShip(world);
  for (const shipment of ['A', 'B']) await shipParcel(engine, order, shipment, 1);
  return order;
}
