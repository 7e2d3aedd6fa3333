import { Rejected } from '../runtime/errors';
import { type LinePath, type Order, type Warehouse, type Way, waysOf } from './order';

/** Where a released order goes: to the print floor, to Cirro, or to somebody who fulfils it without being asked: an own warehouse, a vendor. */
export const routes = ['print', 'cirro', 'direct'] as const;
export type OrderRoute = (typeof routes)[number];

/** Orders of this kind of business leave from an own warehouse, which Cirro does not know. */
const OWN_WAREHOUSE = 1;

/**
 * By who fulfils its lines, what has been printed already, and its kind of business. Nothing is guessed.
 * @throws Rejected `order.mixed-paths` where its lines go different ways, or from different warehouses
 */
export function routeOf(order: Pick<Order, 'lines' | 'batchReference' | 'businessType'> & { readonly warehouse: Pick<Warehouse, 'key'> }): OrderRoute {
  const [way, ...others] = waysOf(order);
  if (!way || others.length > 0) throw mixed(waysOf(order), order.warehouse.key);
  const { path } = way;
  if (path === 'vendor') return 'direct';
  if (path === 'printable' && order.batchReference === undefined) return 'print';
  return order.businessType === OWN_WAREHOUSE ? 'direct' : 'cirro';
}

function mixed(all: readonly Way[], own: string): Rejected {
  const ways = all.map(({ path, warehouse, lines }) => `${WAYS[path]}${warehouse === own ? '' : ` from ${warehouse}`}: ${lines.map(({ lineId }) => lineId).join(', ')}`);
  return new Rejected(`its lines go different ways (${ways.join('; ')}), and it was not split`, { code: 'order.mixed-paths', next: 'Split the order, or correct the lines, then release the hold.' });
}

const WAYS: Readonly<Record<LinePath, string>> = { printable: 'printed', finished: 'finished goods', vendor: 'from a vendor' };
