import type { Receiver, ReceiverState } from './reception';

/** The receivers of this process, so that a deploy or a stop can hold them before the flows are taken apart. */
export class Receivers {
  readonly #open = new Set<Receiver>();

  /** @returns the function that takes it out again */
  add(receiver: Receiver): () => void {
    this.#open.add(receiver);
    return () => void this.#open.delete(receiver);
  }

  states(): ReceiverState[] {
    return [...this.#open].map((receiver) => receiver.state());
  }

  async pause(): Promise<void> {
    await Promise.all([...this.#open].map((receiver) => receiver.pause()));
  }

  async resume(): Promise<void> {
    await Promise.all([...this.#open].map((receiver) => receiver.resume()));
  }
}
