import { articles } from '../articles';
import type { InventoryQuestion } from './fulfillment-request';

const plenty = 100_000;
/** So often an order hears that the late article is out of stock. */
const empty = 2;

/** What the warehouses have: plenty of everything, and the late article from an order's third question on. */
export class Stock {
  readonly #asked = new Map<string, number>();

  ask({ orderId, lines }: InventoryQuestion): { sku: string; available: number }[] {
    const asked = (this.#asked.get(orderId) ?? 0) + 1;
    this.#asked.set(orderId, asked);
    return lines.map(({ sku }) => ({ sku, available: sku === articles.late && asked <= empty ? 0 : plenty }));
  }
}
