import { createHash } from 'node:crypto';
import type { Transitions } from '../lifecycle/transitions';
import { InvalidInput, OutcomeUnknown, Rejected, Retryable } from '../runtime/errors';
import { failpoint } from '../runtime/failpoints';
import type { Grouped } from '../store/grouping';
import type { ResultSetHeader } from 'mysql2';
import { execute, patiently, type Pool, select } from '../store/pool';
import type { Processes } from '../work/processes';
import type { Work } from '../work/source';
import { LoneEffects } from './alone';
import { type Beginning, beginnings, type EffectState, type Row } from './begin';
import type { Effect, Inquiry } from './effect';

/** A call must begin this soon after its row was committed: later, another process may already hold the claim. Milliseconds. */
const START_WITHIN_MS = 2000;

export interface Performed {
  reference?: string | undefined;
}

/**
 * The ledger of remote side effects. A call's row is committed as `sent` just before its first byte, under the order's lock and the
 * claim's token; how it ended is written with the transition that it leads to, or here when there is none. What nobody knows stays
 * `unknown` until the remote, an inbound fact or a person settles it: it is never simply sent again.
 */
export class Ledger {
  readonly #pool: Pool;
  readonly #beginnings: Grouped<Beginning, Row>;
  readonly #processes: Processes;
  readonly #transitions: Transitions;
  readonly #lookAfterMs: readonly number[];
  /** Calls that are about no order. */
  readonly alone: LoneEffects;

  /** @param lookAfterMs waits before each look at a remote that did not show the effect; after the last one a person decides */
  constructor(parts: { pool: Pool; processes: Processes; transitions: Transitions; lookAfterMs: readonly number[] }) {
    this.#pool = parts.pool;
    this.#beginnings = beginnings(parts.pool, parts.processes);
    this.#processes = parts.processes;
    this.#transitions = parts.transitions;
    this.#lookAfterMs = parts.lookAfterMs;
    this.alone = new LoneEffects(parts);
  }

  /**
   * Carries out an effect once. Returns at once where it has happened before.
   * @throws Retryable where nothing reached the remote · Rejected where it refused (now or at the attempt before) ·
   *   OutcomeUnknown where it is in doubt, with `lookAgainMs` while the remote is still to be looked at
   */
  async perform<Remote, Subject extends { revision: number }, Request>(
    effect: Effect<Remote, Subject, Request>,
    remote: Remote,
    subject: Subject,
    work: Work,
  ): Promise<Performed> {
    const request = effect.request(subject);
    await this.#requireUp(effect, remote, subject);
    const begun = Date.now();
    const row = await this.#begin(effect, subject, request, work);
    if (row.state === 'done') return { reference: row.reference ?? undefined };
    if (row.state === 'rejected' || row.state === 'not_done')
      throw new Rejected(row.reason ?? `${effect.kind} was refused`, { code: `${effect.kind}.refused`, next: 'Put the order back to try again.' });
    if (row.state === 'parked') throw new OutcomeUnknown(doubtText(effect, row.reason), { code: `${effect.kind}.in-doubt`, effect: row.id });
    if (row.state === 'unknown') return this.#settleDoubt(effect, remote, subject, request, row, work);
    return this.#send(effect, remote, subject, request, row, work, begun);
  }

  /** Where the call stands; undefined where it was never begun. */
  async standing<Remote, Subject, Request>(effect: Effect<Remote, Subject, Request>, subject: Subject): Promise<Pick<Row, 'id' | 'state'> | undefined> {
    const [row] = await select<Pick<Row, 'id' | 'state'>>(this.#pool, 'SELECT id, state FROM effects WHERE `key` = ?', [effect.key(subject)]);
    return row;
  }

  /**
   * Stops what would be sent to a remote that is known to be down, before anything is written. What has happened, was refused or is in
   * doubt is answered as ever; doubt that would be settled by sending again stays as it is.
   */
  async #requireUp<Remote, Subject, Request>(effect: Effect<Remote, Subject, Request>, remote: Remote, subject: Subject): Promise<void> {
    try {
      effect.requireUp?.(remote, subject);
    } catch (error) {
      const row = await this.standing(effect, subject);
      if (!row || row.state === 'intent' || (row.state === 'unknown' && effect.policy === 'key')) throw error;
    }
  }

  /** Commits `sent` unless the effect stands elsewhere already; what begins together is written together. */
  #begin<Remote, Subject extends { revision: number }, Request>(effect: Effect<Remote, Subject, Request>, subject: Subject, request: Request, work: Work): Promise<Row> {
    const { amount = null, currency = null } = effect.amount?.(subject) ?? {};
    const hash = createHash('sha256').update(JSON.stringify(request)).digest();
    return this.#beginnings({ kind: effect.kind, policy: effect.policy, key: effect.key(subject), amount, currency, hash, revision: subject.revision, work });
  }

  async #send<Remote, Subject, Request>(
    effect: Effect<Remote, Subject, Request>,
    remote: Remote,
    subject: Subject,
    request: Request,
    row: Row,
    work: Work,
    begun: number,
  ): Promise<Performed> {
    await failpoint('effect.sent', effect.kind);
    let left = false;
    const leave = (): void => {
      left = true;
      this.#processes.leaves(row.id, row.attempt);
    };
    try {
      const { reference } = await effect.send(remote, request, subject, { startBy: begun + START_WITHIN_MS, leave });
      if (!left) throw new Error(`the client of ${effect.kind} does not say when a call leaves: after a crash it would be sent again`);
      await failpoint('effect.answered', effect.kind);
      work.effects.push({ id: row.id, attempt: row.attempt, state: 'done', reference });
      return { reference };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof Retryable) await this.#close(row, 'intent', 'not sent', reason, work);
      else if (error instanceof Rejected || error instanceof InvalidInput) await this.#close(row, 'rejected', 'rejected', reason, work);
      else {
        await this.#close(row, 'unknown', 'unknown', reason, work);
        throw this.#doubt(effect, { ...row, reason });
      }
      throw error;
    }
  }

  /** Looks at the remote, or says that a person must. */
  async #settleDoubt<Remote, Subject, Request>(
    effect: Effect<Remote, Subject, Request>,
    remote: Remote,
    subject: Subject,
    request: Request,
    row: Row,
    work: Work,
  ): Promise<Performed> {
    if (effect.policy !== 'inquire' || !effect.inquire) throw this.#doubt(effect, row);
    let inquiry: Inquiry;
    try {
      inquiry = await effect.inquire(remote, subject, request);
    } catch (error) {
      // The look itself failed: that says nothing about the effect. It is repeated for as long as it takes.
      const last = this.#lookAfterMs.at(-1) ?? 1000;
      throw new OutcomeUnknown(`${effect.kind} is in doubt and the look at the remote failed: ${(error as Error).message}`, {
        code: `${effect.kind}.in-doubt`, effect: row.id, lookAgainMs: last, cause: error,
      });
    }
    if (inquiry.found) {
      work.effects.push({ id: row.id, attempt: row.attempt, state: 'done', reference: inquiry.reference });
      return { reference: inquiry.reference };
    }
    const reason = `${row.reason ?? 'no answer'}; looked ${row.inquiries + 1} times: ${inquiry.what}`;
    await execute(this.#pool, "UPDATE effects SET inquiries = inquiries + 1 WHERE id = ? AND state = 'unknown' AND inquiries = ?", [row.id, row.inquiries]);
    throw this.#doubt(effect, { ...row, inquiries: row.inquiries + 1, reason });
  }

  /** In doubt: look again after the next wait, or, when every look was in vain or nothing can be looked at, ask a person. */
  #doubt<Remote, Subject, Request>(effect: Effect<Remote, Subject, Request>, row: Row): OutcomeUnknown {
    const next = effect.policy === 'key' ? this.#lookAfterMs[0] : effect.policy === 'inquire' ? this.#lookAfterMs[row.inquiries] : undefined;
    return new OutcomeUnknown(doubtText(effect, row.reason), {
      code: `${effect.kind}.in-doubt`,
      effect: row.id,
      ...(next !== undefined && { lookAgainMs: next }),
      next: 'Look at the partner, then decide the hold: done (it happened), void (it did not), resend (send it again).',
    });
  }

  /** Ends an attempt that leads to no transition; what waited for the outcome is looked at. */
  async #close(row: Row, state: EffectState, outcome: string, reason: string, work: Work): Promise<void> {
    const text = reason.slice(0, 500);
    const [[written]] = await patiently(() => this.#pool.query<ResultSetHeader[]>(
      `UPDATE effects SET state = ?, reason = ?, settled_at = IF(? = 'rejected', NOW(6), settled_at) WHERE id = ? AND attempt = ? AND state = 'sent';
       UPDATE effect_attempts SET outcome = ?, detail = ?, ended_at = NOW(6) WHERE effect_id = ? AND attempt = ? AND ended_at IS NULL`,
      [state, text, state, row.id, row.attempt, outcome, text, row.id, row.attempt],
    ));
    // Nothing waits for what stays unknown, nor for the end of an attempt that others have taken for lost.
    if (state === 'unknown' || written?.affectedRows === 0) return;
    await this.#transitions.review(work.order);
  }
}

const doubtText = (effect: { kind: string; policy: string }, reason: string | null): string =>
  `nobody knows whether ${effect.kind} happened: ${reason ?? 'its answer never came'}`;
