import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from '../../support/system';

const EVERY_MS = 150;

/** Cancels every order that NAV could not release: the way in which cancelled orders come into a run. */
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
  await Promise.all(orders.map(({ name }) => system.api(`/api/oms/orders/${name}/cancel`, { body: { reason: 'it cannot be released' } })));
}
