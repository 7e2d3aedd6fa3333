import { Journal } from './journal';

/** One change of the sandbox's world. The part of `type` before the dot says whose it is. */
export interface Change {
  readonly type: string;
}

/** A part of the world that is rebuilt from changes: it may change itself in `apply` only. */
export interface Replayable {
  /** Takes one of its own changes in, at a start as well as when it happens. */
  apply(change: Change): void;
  /** Forgets everything; what must stay unique over a reset (numbers) is returned as changes to begin again with. */
  reset(): Change[];
}

/**
 * The world as a list of changes. `commit` writes first and then applies, so that memory never knows more than the file; changes
 * given together are one line of the journal and survive a kill together.
 */
export class Ledger {
  readonly #journal: Journal;
  readonly #owners = new Map<string, Replayable>();

  constructor(file: string) {
    this.#journal = new Journal(file);
  }

  /** Names the owner of all changes whose type begins with `subject.`. */
  own(subject: string, owner: Replayable): void {
    this.#owners.set(subject, owner);
  }

  /** Rebuilds the world; tells how many commits there were (0: the very first start). */
  replay(): number {
    let commits = 0;
    this.#journal.replay((line) => {
      commits += 1;
      for (const change of line as Change[]) this.#apply(change);
    });
    return commits;
  }

  /** Makes the changes durable together, then applies them. */
  commit(...changes: Change[]): void {
    this.#journal.append(changes);
    for (const change of changes) this.#apply(change);
  }

  /** Empties the world and its journal. */
  reset(): void {
    const kept = [...this.#owners.values()].flatMap((owner) => owner.reset());
    this.#journal.restartWith(kept);
    for (const change of kept) this.#apply(change);
  }

  close(): void {
    this.#journal.close();
  }

  #apply(change: Change): void {
    const subject = change.type.slice(0, change.type.indexOf('.'));
    const owner = this.#owners.get(subject);
    if (!owner) throw new Error(`The journal holds a change of an unknown kind: ${change.type}`);
    owner.apply(change);
  }
}
