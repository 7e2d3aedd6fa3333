/** A queue that hands over what arrives together as one group. */
export interface Grouped<Item, Result> {
  (item: Item): Promise<Result>;
  /** Items that wait or are being written. */
  size(): number;
}

/**
 * Groups items that arrive together; at most `lanes` groups are written at once and none is larger than `max`. Nothing waits on
 * purpose: under no load a group is one item, under load it is what gathered while the lanes were busy. `write` may answer a promise
 * for an item that goes its own way: its caller waits for it, the lane does not.
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
      pump();
    }
  };
  const pump = (): void => {
    while (busy < lanes && queue.length > 0) {
      const group = queue.splice(0, max);
      busy++;
      inWrite += group.length;
      void writeOne(group);
    }
  };
  const add = (item: Item): Promise<Result> =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      if (armed) return;
      armed = true;
      setImmediate(() => {
        armed = false;
        pump();
      });
    });
  return Object.assign(add, { size: () => queue.length + inWrite });
}
