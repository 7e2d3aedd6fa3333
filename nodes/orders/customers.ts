import { InvalidInput } from '../runtime/errors';
import { cursorOf, pageLimit, readCursor } from '../store/cursor';
import { type Pool, select } from '../store/pool';
import { decimal } from './find';

/** Which customer: the storefront's id, or an e-mail address; `store` where the same id is known in stores of several platforms. */
export interface CustomerQuery {
  customer: string;
  store?: string | undefined;
}

export interface Customer {
  /** The storefront's; null for a guest. */
  id: string | null;
  email: string;
  name: string;
  orders: number;
  last_order_at: Date | null;
  stores: string[];
  /** The cards under which NAV knows the customer. */
  nav_customer_numbers: string[];
}

/** A parcel as its receiver may know it. */
interface Parcel {
  shipment_id: string;
  carrier: string;
  tracking: string;
  shipped_at: Date;
}

/** An order as its buyer may know it: nothing of how it is worked on. */
export interface CustomerOrder {
  order_id: string;
  platform_id: string;
  store: string;
  status: string;
  placed_at: Date | null;
  currency: string | null;
  totals: Readonly<Record<string, string | null>>;
  parcels: Parcel[];
}

/** The name and the number of orders of a customer, the newest order's where they changed. @throws InvalidInput `customer.unknown`, `customer.ambiguous` */
export async function getCustomer(pool: Pool, query: CustomerQuery): Promise<Customer> {
  const { where, values } = ordersOf(query);
  const { orders, stores } = await known(pool, query);
  const [[newest], cards] = await Promise.all([
    select<Pick<Customer, 'id' | 'email' | 'name' | 'last_order_at'>>(
      pool,
      `SELECT o.customer_id AS id, o.customer_email AS email, o.customer_name AS name, o.placed_at AS last_order_at FROM orders o WHERE ${where} ORDER BY o.id DESC LIMIT 1`,
      values,
    ),
    select<{ card: string }>(pool, `SELECT DISTINCT o.nav_customer_no AS card FROM orders o WHERE ${where} AND o.nav_customer_no IS NOT NULL ORDER BY card`, values),
  ]);
  if (!newest) throw unknown();
  return { ...newest, orders, stores, nav_customer_numbers: cards.map(({ card }) => card) };
}

/** A page of a customer's orders, the newest first, with the parcels of all their parts. @throws InvalidInput `customer.unknown`, `customer.ambiguous`, `query.bad-cursor` */
export async function listCustomerOrders(pool: Pool, query: CustomerQuery & { after?: string | undefined; limit?: number | undefined }): Promise<{ orders: CustomerOrder[]; next: string | null }> {
  const limit = pageLimit(query.limit);
  const cursor = query.after === undefined ? undefined : readCursor(query.after);
  await known(pool, query);
  const { where, values } = ordersOf(query);
  const rows = await select<Omit<CustomerOrder, 'totals' | 'parcels'> & { id: number; at: string; content: string | null }>(
    pool,
    `SELECT o.id, o.name AS order_id, o.platform_id, st.url AS store, s.status, o.placed_at, o.currency, o.content, DATE_FORMAT(s.entered_at, '%Y-%m-%d %H:%i:%s.%f') AS at
       FROM orders o JOIN order_status s ON s.order_id = o.id JOIN stores st ON st.id = o.store_id
       WHERE ${where} ${cursor ? 'AND o.id < ?' : ''} ORDER BY o.id DESC LIMIT ?`,
    [...values, ...(cursor ? [cursor.id] : []), limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const parcels = await parcelsOf(pool, page.map(({ id }) => id));
  return {
    orders: page.map(({ id, at: _at, content, ...order }) => ({
      ...order,
      totals: totalsOf(content, order.currency),
      parcels: parcels.filter(({ root }) => root === id).map(({ root: _root, ...parcel }) => parcel),
    })),
    next: rows.length > limit && last ? cursorOf(last.at, last.id) : null,
  };
}

/** The condition of one index, on orders of storefronts: children of a split are parts of them. */
function ordersOf({ customer, store }: CustomerQuery): { where: string; values: string[] } {
  // The index of e-mails takes é for e: another person's mailbox.
  const who = customer.includes('@') ? 'o.customer_email = ? AND CAST(LOWER(o.customer_email) AS BINARY) = CAST(LOWER(?) AS BINARY)' : 'o.customer_id = ?';
  const at = store === undefined ? '' : ' AND o.store_id = (SELECT id FROM stores WHERE url = ?)';
  return { where: `${who} AND o.part = 0${at}`, values: [customer, ...(customer.includes('@') ? [customer] : []), ...(store === undefined ? [] : [store])] };
}

/** Two platforms may give the same id to two people: nobody gets to see the other's orders. */
async function known(pool: Pool, query: CustomerQuery): Promise<{ orders: number; stores: string[] }> {
  const { where, values } = ordersOf(query);
  const stores = await select<{ url: string; platform: string; orders: number }>(
    pool,
    `SELECT st.url, st.platform, n.orders FROM (SELECT o.store_id, COUNT(*) AS orders FROM orders o WHERE ${where} GROUP BY o.store_id) n JOIN stores st ON st.id = n.store_id ORDER BY st.url`,
    values,
  );
  if (stores.length === 0) throw unknown();
  if (!query.customer.includes('@') && new Set(stores.map(({ platform }) => platform)).size > 1)
    throw new InvalidInput('this id is known on several platforms: name the store', { code: 'customer.ambiguous', pointer: '/store' });
  return { orders: stores.reduce((sum, { orders }) => sum + orders, 0), stores: stores.map(({ url }) => url) };
}

/** Says nothing of whom was asked for: it may be logged. */
const unknown = (): InvalidInput => new InvalidInput('there is no such customer', { code: 'customer.unknown' });

function totalsOf(content: string | null, currency: string | null): CustomerOrder['totals'] {
  const { totals = {} } = JSON.parse(content ?? '{}') as { totals?: Record<string, number> };
  return Object.fromEntries(['lines', 'discount', 'shipping', 'tax', 'total'].map((name) => [name, decimal(totals[name] ?? null, currency)]));
}

async function parcelsOf(pool: Pool, roots: readonly number[]): Promise<(Parcel & { root: number })[]> {
  if (roots.length === 0) return [];
  const columns = 'f.shipment_id, f.carrier, f.tracking, f.shipped_at';
  return select(
    pool,
    `SELECT f.order_id AS root, ${columns} FROM fulfillments f WHERE f.order_id IN (?)
     UNION ALL SELECT o.parent_order_id, ${columns} FROM orders o JOIN fulfillments f ON f.order_id = o.id WHERE o.parent_order_id IN (?)
     ORDER BY shipped_at, shipment_id`,
    [roots, roots],
  );
}
