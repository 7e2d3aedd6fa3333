import type { Order } from '../orders/order';
import { NAV_CREATE_BEGUN } from '../orders/load';
import { execute, type Pool } from '../store/pool';

/**
 * Keeps the customer number with which a sales order is about to be created: its later documents need the same, whatever the card of
 * the source says by then. Once NAV has been asked it stays as it is. SFCC's are kept from intake on.
 */
export async function keepCustomerNo(pool: Pool, { id, storePlatform, navCustomerNo }: Pick<Order, 'id' | 'storePlatform' | 'navCustomerNo'>): Promise<void> {
  if (storePlatform === 'sfcc' || navCustomerNo === undefined) return;
  await execute(pool, `UPDATE orders o SET o.nav_customer_no = ? WHERE o.id = ? AND NOT (o.nav_customer_no <=> ?) AND NOT (${NAV_CREATE_BEGUN})`, [navCustomerNo, id, navCustomerNo]);
}
