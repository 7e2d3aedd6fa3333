import { within } from '../runtime/within';
import type { Work } from './source';

/** What a stage hears when one of its claims has ended. */
export type OnEnd = (work: Work) => void;

/** The claims that this process works on right now, so that a stage knows its free slots and a deploy can wait for them. */
export class ActiveWork {
  readonly #running = new Map<string, { work: Work; onEnd: OnEnd }>();
  readonly #onIdle: (() => void)[] = [];
  /** While true no stage claims: a deploy or a stop is under way. */
  paused = false;

  begin(work: Work, onEnd: OnEnd): void {
    this.#running.set(keyOf(work), { work, onEnd });
  }

  /** Called by every end of a stage; a second end of the same claim is ignored. */
  end(work: Pick<Work, 'source' | 'id' | 'token'>): void {
    const key = keyOf(work);
    const running = this.#running.get(key);
    if (!running) return;
    this.#running.delete(key);
    running.onEnd(running.work);
    if (this.#running.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve();
  }

  /** Whether a claim is still being worked on here. */
  has(work: Pick<Work, 'source' | 'id' | 'token'>): boolean {
    return this.#running.has(keyOf(work));
  }

  size(): number {
    return this.#running.size;
  }

  /** The claims of one stage, e.g. to give them back when its node closes. */
  of(node: string): Work[] {
    return [...this.#running.values()].filter(({ work }) => work.node === node).map(({ work }) => work);
  }

  /** Resolves when nothing is running, or after `limitMs`. */
  async idle(limitMs: number): Promise<void> {
    if (this.#running.size > 0) await within(limitMs, new Promise<void>((resolve) => this.#onIdle.push(resolve)));
  }
}

const keyOf = ({ source, id, token }: Pick<Work, 'source' | 'id' | 'token'>): string => `${source}:${id}:${token}`;
