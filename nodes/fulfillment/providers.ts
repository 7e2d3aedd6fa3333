import type { DeclaredCall } from '../effects/calls';
import { providerOf } from '../lifecycle/requests';
import type { Order } from '../orders/order';
import { InvalidInput, Retryable } from '../runtime/errors';
import type { Provider } from './provider';

interface Open {
  provider: Provider;
  enter: () => () => void;
}

/** The 3PLs whose connections are deployed, by name. A connection says so when it is opened. */
export class Providers {
  readonly #open = new Map<string, Open>();

  /**
   * @param enter keeps the connection open until what it returns is called
   * @returns the function that takes it out again
   * @throws InvalidInput `fulfillment.provider-name` where its requests would not tell whom they went to
   */
  add(provider: Provider, enter: () => () => void): () => void {
    const { kind } = provider.request(true).declared;
    if (providerOf(kind) !== provider.name)
      throw new InvalidInput(`a request ${kind} is the 3PL ${providerOf(kind)}’s, not ${provider.name}’s`, { code: 'fulfillment.provider-name', next: 'Name the effect <provider>.request.' });
    const open = { provider, enter };
    this.#open.set(provider.name, open);
    return () => void (this.#open.get(provider.name) === open && this.#open.delete(provider.name));
  }

  /** Works with the 3PL that an order is with, or of its warehouse. @throws Retryable `fulfillment.no-provider` where its connection is not deployed · what `work` throws */
  async with<T>({ warehouse }: Order, work: (provider: Provider) => Promise<T>): Promise<T> {
    const open = this.#open.get(warehouse.provider);
    if (!open) throw new Retryable(`no connection of the 3PL ${warehouse.provider}, which fulfils it for ${warehouse.key}, is deployed`, { code: 'fulfillment.no-provider', next: 'Deploy its connection, or, before it is asked, correct the warehouse.' });
    const leave = open.enter();
    try {
      return await work(open.provider);
    } finally {
      leave();
    }
  }

  /** Whether a 3PL, by its name, can be asked to stop an order. */
  takesCancels(name: string): boolean {
    return this.#open.get(name)?.provider.cancel !== undefined;
  }

  /** The request of each 3PL, for those who do not send it. */
  requests(sequence: boolean): DeclaredCall[] {
    return [...this.#open.values()].map(({ provider }) => {
      const isTheirs = ({ warehouse }: Partial<Order>): boolean => warehouse === undefined || warehouse.provider === provider.name;
      return { ...provider.request(sequence).declared, concerns: isTheirs };
    });
  }
}
