import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../../support/system';

const EVERY_MS = 150;

/** Cancels every order that NAV could not release: the way in which cancelled orders come into a run. Ships what vendors ship, who are no partner of the sandbox. */
export class CustomerService {
  readonly #stop = new AbortController();
  readonly #working: Promise<void>;

  constructor(system: System) {
    this.#working = this.#work(system);
  }

  async #work(system: System): Promise<void> {
    while (!this.#stop.signal.aborted) {
      // The server or the database may be what was struck.
      await cancelUnreleased(system).catch(() => undefined);
      await shipForVendors(system).catch(() => undefined);
      await sleep(EVERY_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#working;
  }
}

async function cancelUnreleased(system: System): Promise<void> {
  const orders = await system.sql<{ name: string }>("SELECT o.name FROM order_status s JOIN orders o ON o.id = s.order_id WHERE s.status = 'FAILED_TO_RELEASE_FROM_NAV' AND s.holds = 0");
  // A split order is cancelled as a whole.
  await Promise.all([...new Set(orders.map(({ name }) => name.replace(/^(\w+-\w+)-\d+$/, '$1')))].map((name) => system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'it cannot be released' } })));
}

/** The same parcel each time, so that a report whose answer was lost is only told again. */
async function shipForVendors(system: System): Promise<void> {
  const lines = await system.sql<{ name: string; line_id: string; quantity: number }>(
    "SELECT o.name, l.line_id, l.quantity FROM order_status s JOIN orders o ON o.id = s.order_id JOIN line_items l ON l.order_id = o.id WHERE s.status = 'OMS_CREATED_ORDER_FULFILLMENT' AND s.holds = 0",
  );
  const orders = [...Map.groupBy(lines, ({ name }) => name)].map(([name, own]) => ({
    order_id: name, shipment_id: `vendor-${name}`, carrier: 'UPS', tracking: `1Z-${name}`, shipped_at: new Date().toISOString(), lines: own.map(({ line_id, quantity }) => ({ line_id, quantity })),
  }));
  if (orders.length > 0) await system.api('/api/v3/osor_order/fulfill_orders', { as: 'mulesoft', body: { orders } });
}
