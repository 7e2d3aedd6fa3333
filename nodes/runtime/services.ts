/** A class whose instances are looked up by it. */
// eslint-disable-next-line typescript/no-explicit-any -- a constructor of any signature
type Class<T> = abstract new (...args: any[]) => T;

/**
 * What the process has made once – pool, transitions, claims, inbox … – and nodes ask for by class. `server.ts` provides them before
 * the flows start; a node that asks for what nobody provided is a mistake of the programme and fails at once.
 */
export class Services {
  readonly #instances = new Map<unknown, unknown>();

  provide<T extends object>(type: Class<T>, instance: T): T {
    this.#instances.set(type, instance);
    return instance;
  }

  /** The instance, or undefined where nobody provided one. */
  find<T extends object>(type: Class<T>): T | undefined {
    return this.#instances.get(type) as T | undefined;
  }

  get<T extends object>(type: Class<T>): T {
    const instance = this.#instances.get(type);
    if (instance === undefined) throw new Error(`${type.name} is not provided: Node-RED must be started by server.ts`);
    return instance as T;
  }
}
