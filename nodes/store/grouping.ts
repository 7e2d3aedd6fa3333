import { isRefusedBySql, type Pool, type PoolConnection, transaction } from './pool';

/** So many items are worth a lane of their own while another group is being written. */
const WORTH_A_LANE = 16;

const GATHER_TURNS = 3;

/** A queue that hands over what arrives together as one group. */
export interface Grouped<Item, Result> {
  (item: Item): Promise<Result>;
  /** Items that wait or are being written. */
  size(): number;
}

/**
 * Groups items that arrive together; at most `lanes` groups are written at once and none is larger than `max`. Nothing waits on
 * purpose: under no load a group is one item, under load it is what gathered meanwhile; a further lane is opened for many items, not
 * for a few. `write` may answer a promise for an item that goes its own way: its caller waits for it, the lane does not.
 */
export function grouped<Item, Result>(lanes: number, max: number, write: (items: Item[]) => Promise<(Result | Promise<Result>)[]>): Grouped<Item, Result> {
  interface Entry {
    item: Item;
    resolve(result: Result | Promise<Result>): void;
    reject(error: unknown): void;
  }
  const queue: Entry[] = [];
  let busy = 0;
  let inWrite = 0;
  let armed = false;

  const writeOne = async (group: Entry[]): Promise<void> => {
    try {
      const results = await write(group.map((entry) => entry.item));
      group.forEach((entry, index) => entry.resolve(results[index] as Result | Promise<Result>));
    } catch (error) {
      for (const entry of group) entry.reject(error);
    } finally {
      busy--;
      inWrite -= group.length;
      if (queue.length >= WORTH_A_LANE) pump();
      else arm(GATHER_TURNS);
    }
  };
  const pump = (): void => {
    while (busy < lanes && queue.length >= (busy === 0 ? 1 : WORTH_A_LANE)) {
      const group = queue.splice(0, max);
      busy++;
      inWrite += group.length;
      void writeOne(group);
    }
  };
  /** What the last group has set free comes back in the same turn of the event loop, a few steps later: that is waited for. */
  const arm = (turns: number): void => {
    if (armed) return;
    armed = true;
    const turn = (left: number): void => {
      if (left > 0) setImmediate(turn, left - 1);
      else {
        armed = false;
        pump();
      }
    };
    turn(turns);
  };
  const add = (item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      arm(1);
    });
  return Object.assign(add, { size: () => queue.length + inWrite });
}

export interface GroupedWrite<Item, Result> {
  pool: Pool;
  /** Groups written at once, each on a connection of its own. */
  lanes: number;
  /** Items in a group at most. */
  max: number;
  /**
   * Writes a group in one transaction, `COMMIT` included. It locks with SKIP LOCKED and answers only the items whose rows it got, unless
   * `wait` is set: then it waits for them and answers every item.
   */
  write: (connection: PoolConnection, items: Item[], wait: boolean) => Promise<Map<Item, Result>>;
}

type Outcome<Result> = { result: Result } | { error: unknown };

/**
 * Writes what arrives together in one transaction. Rows that somebody else holds go alone and wait for their lock, and nobody waits
 * with them. On a deadlock the group is tried again; on any other error it is cut in halves until the item at fault stands alone, and
 * only its caller gets the error.
 */
export function groupedWrites<Item, Result>({ pool, lanes, max, write }: GroupedWrite<Item, Result>): Grouped<Item, Result> {
  const writeOnce = async (items: Item[], wait: boolean): Promise<Map<Item, Outcome<Result>>> => {
    const results = await transaction(pool, (connection) => write(connection, items, wait));
    return new Map([...results].map(([item, result]) => [item, { result }]));
  };
  const isolate = async (items: Item[], wait: boolean): Promise<Map<Item, Outcome<Result>>> => {
    try {
      return await writeOnce(items, wait);
    } catch (error) {
      if (items.length === 1 || !isRefusedBySql(error)) return new Map(items.map((item) => [item, { error }]));
      const half = items.length >> 1;
      const first = await isolate(items.slice(0, half), wait);
      return new Map([...first, ...(await isolate(items.slice(half), wait))]);
    }
  };
  const alone = async (item: Item): Promise<Result> => {
    const outcome = (await isolate([item], true)).get(item);
    if (!outcome) throw new Error('a write was not decided');
    if ('error' in outcome) throw outcome.error;
    return outcome.result;
  };
  return grouped(lanes, max, async (items) => {
    const outcomes = await isolate(items, false);
    return items.map((item) => {
      const outcome = outcomes.get(item);
      if (outcome === undefined) return alone(item);
      return 'error' in outcome ? Promise.reject(outcome.error) : outcome.result;
    });
  });
}
