import type { Contracts } from '../edge/contracts';
import type { FactAnswer, Inbox, NamedFact } from '../edge/inbox';
import type { FactReaders } from '../edge/readers';
import type { Rehearsal } from '../lifecycle/transitions';
import { InvalidInput, Rejected } from '../runtime/errors';
import { type Pool, select } from '../store/pool';
import { type DeadLetter, type DeadLetterQueue, sequenceOf, shown } from './dead-letters';

/** Who asks, and why. */
export interface Asked {
  actor: string;
  reason: string;
  /** The node of the flows that asks. */
  node: string;
}

/** What one fact of a dead letter would do, or has done. */
export interface Outcome {
  order_id?: string;
  type?: string;
  outcome:
    | 'violates-contract' | 'unknown-order' | 'already'
    | 'would-apply' | 'would-keep' | 'would-hold' | 'would-refuse'
    | 'applied' | 'kept' | 'refused';
  from?: string;
  to?: string;
  /** Into the body, where it breaks its contract. */
  pointer?: string;
  reason?: string;
}

/** After one of these the message is done with; after any other it stays a dead letter. */
const DONE: ReadonlySet<Outcome['outcome']> = new Set(['already', 'would-apply', 'would-keep', 'would-hold', 'applied', 'kept']);

export interface Replayed {
  sequence: DeadLetter['sequence'];
  message_id: string;
  dry_run: boolean;
  /** Whether the message leaves the dead letters. */
  completes: boolean;
  facts: Outcome[];
}

interface Parts {
  queue: DeadLetterQueue;
  inbox: Inbox;
  contracts: Contracts;
  readers: FactReaders;
  pool: Pool;
}

const LIST_LIMIT = 100;

/** What a person may do with dead letters: look, replay, discard. A replay is decided by the rules that decide every fact. */
export class DeadLetterDesk {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** @param after the last number of the page before @throws InvalidInput `query.bad-limit`, `query.bad-cursor` · Retryable while the bus is away */
  async list({ after, limit }: { after?: string | undefined; limit?: string | undefined }): Promise<{ dead_letters: object[]; next: DeadLetter['sequence'] | null }> {
    const many = limit === undefined ? LIST_LIMIT : Number(limit);
    if (!Number.isInteger(many) || many < 1 || many > LIST_LIMIT) throw new InvalidInput(`limit must be a whole number from 1 to ${LIST_LIMIT}`, { code: 'query.bad-limit', pointer: '/limit' });
    const letters = await this.#parts.queue.peek(sequenceAfter(after), many);
    return { dead_letters: letters.map(shown), next: letters.length === many ? (letters.at(-1)?.sequence ?? null) : null };
  }

  /** What a replay would do, and nothing else. @throws InvalidInput `dead-letter.unknown` · Retryable while the bus or the database is away */
  async rehearse(sequence: string, contract: string): Promise<Replayed> {
    const letter = await this.#parts.queue.one(sequenceOf(sequence));
    return replayed(letter, true, await this.#foresee(letter, contract));
  }

  /**
   * Does what {@link rehearse} says. The message is completed after the commit; one that would change nothing but be refused again stays.
   * @throws Rejected `dead-letter.not-replayed` where it stays, with the pointer where it breaks its contract · and what `take` throws
   */
  async replay(sequence: string, contract: string, { actor, reason, node }: Asked): Promise<Replayed> {
    return this.#parts.queue.take(sequenceOf(sequence), async (letter) => {
      const foreseen = await this.#foresee(letter, contract);
      const wrong = foreseen.find(({ outcome }) => !DONE.has(outcome));
      if (wrong) throw new Rejected(`it would fail again: ${inWords(wrong)}`, { code: 'dead-letter.not-replayed', next: 'Mend the cause, or discard it.', ...(wrong.pointer !== undefined && { pointer: wrong.pointer }) });
      const facts = this.#read(letter, contract);
      const answers = await this.#parts.inbox.receive(facts, node);
      const outcomes = answers.map((answer, index): Outcome => ({ ...foreseen[index], ...outcomeOf(answer, foreseen[index]) }));
      const refused = outcomes.find(({ outcome }) => !DONE.has(outcome));
      if (refused) throw new Rejected(`it failed again: ${inWords(refused)}`, { code: 'dead-letter.not-replayed', next: 'Look at the order.' });
      for (const fact of facts) await this.#note(fact.orderName, 'dead-letter.replayed', actor, `${letter.message_id} (${fact.type}): ${reason}`);
      return replayed(letter, false, outcomes);
    });
  }

  /** Completes it without taking it. Who and why stands in the order's timeline, where the order is known. @throws what `take` throws */
  async discard(sequence: string, { actor, reason }: Asked): Promise<DeadLetter & { order_id?: string }> {
    return this.#parts.queue.take(sequenceOf(sequence), async (letter) => {
      const about = shown(letter);
      if (about.order_id !== undefined) await this.#note(about.order_id, 'dead-letter.discarded', actor, `${letter.message_id}${about.type === undefined ? '' : ` (${about.type})`}: ${reason}`);
      return about;
    });
  }

  #read({ body }: DeadLetter, contract: string): NamedFact[] {
    this.#parts.contracts.validate(contract, body);
    return this.#parts.readers.get(contract).read(body as never, {});
  }

  async #foresee(letter: DeadLetter, contract: string): Promise<Outcome[]> {
    const about = shown(letter);
    let facts: NamedFact[];
    try {
      facts = this.#read(letter, contract);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      const named = { ...(about.order_id !== undefined && { order_id: about.order_id }), ...(about.type !== undefined && { type: about.type }) };
      return [{ ...named, outcome: 'violates-contract', pointer: error.pointer ?? '', reason: error.message }];
    }
    const rehearsals = await this.#parts.inbox.rehearse(facts);
    return facts.map(({ orderName, type }, index) => ({ order_id: orderName, type, ...foreseenOf(rehearsals[index]) }));
  }

  async #note(orderName: string, kind: string, actor: string, text: string): Promise<void> {
    const [order] = await select<{ id: number }>(this.#parts.pool, 'SELECT id FROM orders WHERE name = ?', [orderName]);
    if (order) await this.#parts.pool.query('INSERT INTO order_events (order_id, kind, actor, text) VALUES (?, ?, ?, ?)', [order.id, kind, actor, text.slice(0, 500)]);
  }
}

const replayed = ({ sequence, message_id }: DeadLetter, dryRun: boolean, facts: Outcome[]): Replayed => ({
  sequence, message_id, dry_run: dryRun, completes: facts.every(({ outcome }) => DONE.has(outcome)), facts,
});

function sequenceAfter(after: string | undefined): ReturnType<typeof sequenceOf> {
  if (after === undefined) return sequenceOf('1');
  try {
    return sequenceOf(after).add(1);
  } catch (cause) {
    throw new InvalidInput('after is not the `next` of a page', { code: 'query.bad-cursor', pointer: '/after', cause });
  }
}

function foreseenOf(rehearsal: Rehearsal | undefined): Omit<Outcome, 'order_id' | 'type'> {
  if (!rehearsal || rehearsal.result === 'unknown') return { outcome: 'unknown-order' };
  const { result, reason, from, to, known, holds } = rehearsal;
  const why = reason ?? holds[0];
  const more = { ...(from !== undefined && { from }), ...(to !== undefined && { to }), ...(why !== undefined && { reason: why }) };
  if (result === 'impossible') return { outcome: 'would-refuse', ...more };
  if (known) return { outcome: 'already', ...more, reason: `it was taken before: ${result}` };
  if (result === 'kept') return { outcome: holds.length > 0 ? 'would-hold' : 'would-keep', ...more };
  return { outcome: result === 'already' ? 'already' : 'would-apply', ...more };
}

/** @param foreseen by the rehearsal: a stored answer reads like the first one */
function outcomeOf({ result, status, reason }: FactAnswer, foreseen: Outcome | undefined): Pick<Outcome, 'outcome' | 'to' | 'reason'> {
  const outcome = foreseen?.outcome === 'already' ? 'already' : result === 'unknown' ? 'unknown-order' : result;
  return { outcome, ...(status !== undefined && { to: status }), ...(reason !== undefined && { reason }) };
}

const inWords = ({ outcome, order_id: order, reason }: Outcome): string =>
  outcome === 'unknown-order' ? `there is no order ${order ?? ''}` : outcome === 'violates-contract' ? `it breaks its contract, ${reason ?? ''}` : (reason ?? outcome);
