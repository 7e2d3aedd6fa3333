/** How the ways to the partners stand, for `/metrics`: each open connection says it of its endpoints when somebody looks. */
import type { Breaker } from './breaker';
import type { Services } from './services';

export interface EndpointState {
  /** `nav` */
  readonly partner: string;
  /** The partner's own name of it: `JAPAN`. */
  readonly endpoint: string;
  readonly breaker: Breaker['state'];
  /** Calls that can be under way at a time, that are, and that wait for their turn. */
  readonly lanes: number;
  readonly busy: number;
  readonly waiting: number;
}

const worse = ['closed', 'half-open', 'open'] as const;

export class Endpoints {
  readonly #connections = new Set<() => EndpointState[]>();

  /** The process's one instance. */
  static in(services: Services): Endpoints {
    return services.find(Endpoints) ?? services.provide(Endpoints, new Endpoints());
  }

  /** @returns the function that forgets the connection again */
  add(states: () => EndpointState[]): () => void {
    this.#connections.add(states);
    return () => void this.#connections.delete(states);
  }

  /** One state for each endpoint: where several connections lead there, their lanes together and the worst breaker. */
  states(): EndpointState[] {
    const found = new Map<string, EndpointState>();
    for (const state of [...this.#connections].flatMap((states) => states())) {
      const key = `${state.partner} ${state.endpoint}`;
      const other = found.get(key);
      found.set(key, other === undefined ? state : {
        ...state,
        breaker: worse[Math.max(worse.indexOf(state.breaker), worse.indexOf(other.breaker))] ?? state.breaker,
        lanes: state.lanes + other.lanes,
        busy: state.busy + other.busy,
        waiting: state.waiting + other.waiting,
      });
    }
    return [...found.values()];
  }
}

/** The client, whose endpoints are shown until it is closed. */
export function watched<Client extends { states(): EndpointState[]; close(): Promise<void> | void }>(services: Services, client: Client): Client {
  const forget = Endpoints.in(services).add(() => client.states());
  return {
    ...client,
    close() {
      forget();
      return client.close();
    },
  };
}
