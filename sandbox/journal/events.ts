import { Journal } from './journal';
import type { Place } from './places';

/** A domain event as a subscriber of the topic sees it, each time that it was published. */
export interface PublishedEvent {
  /** The message id. */
  id: string;
  /** The subject of the message. */
  type: string;
  /** The session: the order's name. */
  order: string;
}

interface Line {
  at: string;
  events: [id: string, type: string, order: string][];
}

/**
 * Everything that was published to the topic of domain events, in order, in a file of its own: one line a send, so that a kill leaves
 * whole sends. Memory keeps only where the lines lie. Numbers count from 1 and stay the same over restarts.
 */
export class EventLog {
  readonly #journal: Journal;
  /** Of each line: the number of its first event, and where it lies. */
  #lines: { first: number; place: Place }[] = [];
  #total = 0;

  /** Reads what an earlier run has left. */
  constructor(file: string) {
    this.#journal = new Journal(file);
    this.#journal.replay((line, place) => this.#count(place, (line as Line).events.length));
  }

  add(events: readonly PublishedEvent[]): void {
    const line: Line = { at: new Date().toISOString(), events: events.map(({ id, type, order }) => [id, type, order]) };
    this.#count(this.#journal.append(line), events.length);
  }

  /** Those with a number above `after`, oldest first; `total` counts every publication. */
  find({ after = 0, limit = 1000 }: { after?: number | undefined; limit?: number | undefined }): { events: (PublishedEvent & { number: number; at: string })[]; total: number } {
    const found: (PublishedEvent & { number: number; at: string })[] = [];
    for (let index = this.#lineAfter(after); index < this.#lines.length && found.length < limit; index++) {
      const { first = 0, place } = this.#lines[index] ?? {};
      if (!place) break;
      const { at, events } = this.#journal.read(place) as Line;
      for (const [offset, [id, type, order]] of events.entries()) if (first + offset > after && found.length < limit) found.push({ number: first + offset, at, id, type, order });
    }
    return { events: found, total: this.#total };
  }

  clear(): void {
    this.#journal.clear();
    this.#lines = [];
    this.#total = 0;
  }

  close(): void {
    this.#journal.close();
  }

  #count(place: Place, howMany: number): void {
    this.#lines.push({ first: this.#total + 1, place });
    this.#total += howMany;
  }

  /** The line in which the first event above this number stands. */
  #lineAfter(after: number): number {
    let [low, high] = [0, this.#lines.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#lines[middle + 1]?.first ?? this.#total + 1) > after + 1) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
