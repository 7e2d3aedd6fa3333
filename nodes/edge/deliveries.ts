import type { Failure } from '../runtime/failure';

/** How a message of a queue is settled: done, not now because of a failure, or never. */
export type Settlement = { outcome: 'complete' } | { outcome: 'abandon'; failure: Failure } | { outcome: 'dead-letter'; reason: string };

/** Messages of queues that are being worked on: a flow's message carries only the key, functions do not survive a wire. */
export class Deliveries {
  readonly #open = new Map<string, (settlement: Settlement) => Promise<void>>();

  add(key: string, settle: (settlement: Settlement) => Promise<void>): void {
    this.#open.set(key, settle);
  }

  /** Settles once; a second settlement of the same message is ignored. */
  async settle(key: string, settlement: Settlement): Promise<void> {
    const settle = this.#open.get(key);
    if (!settle) return;
    this.#open.delete(key);
    await settle(settlement);
  }

  size(): number {
    return this.#open.size;
  }
}
