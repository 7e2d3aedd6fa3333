import type { Status } from '../lifecycle/lifecycle';
import type { Transitions } from '../lifecycle/transitions';
import type { Change, ChangeResult } from '../lifecycle/change';
import { InvalidInput } from '../runtime/errors';
import { failpoint } from '../runtime/failpoints';
import type { Failure } from '../runtime/failure';
import { patiently } from '../store/pool';
import type { ActiveWork } from './active';
import type { Claims } from './claims';
import { backoff, spread, type Work } from './source';

/** Work that was taken away may come back to a node long after; its end is then only noted. */
const LOST = 'the claim was taken away';

/**
 * The ends of a stage: moved, not yet, failed. Each writes what is known about remote calls, ends the claim in the database and then
 * frees the slot of the stage. Whatever happens here, the slot is freed.
 */
export class StageEnds {
  readonly #transitions: Transitions;
  readonly #claims: Claims;
  readonly #active: ActiveWork;

  constructor(parts: { transitions: Transitions; claims: Claims; active: ActiveWork }) {
    this.#transitions = parts.transitions;
    this.#claims = parts.claims;
    this.#active = parts.active;
  }

  /** Moves the order on; the outcomes of its remote calls and the end of its task go into the same transaction. */
  async move(work: Work, to: Status, actor: string, reason: string): Promise<ChangeResult> {
    try {
      await failpoint('work.end', work.name);
      const result = await patiently(() => this.#transitions.transition({ ...claimOf(work), ...ending(work, `moved to ${to}`), ...broughtBy(work), to, actor, node: work.at, reason: work.found === undefined ? reason : `${reason}: ${work.found}` }));
      await failpoint('work.ended', work.name);
      if (!result.moved) await this.#record(work);
      return result;
    } finally {
      this.#active.end(work);
    }
  }

  /** Ends a task that moves nothing. @returns false where the claim was taken away @throws InvalidInput for the claim of a status */
  async complete(work: Work, result: string): Promise<boolean> {
    if (work.source !== 'task') throw new InvalidInput('an order in a status ends a stage by a move: choose where it goes', { code: 'transition.no-status' });
    try {
      await failpoint('work.end', work.name);
      const ended = await patiently(() => this.#transitions.transition({ order: work.order, ...ending(work, result), ...broughtBy(work), actor: 'system:work' }));
      await failpoint('work.ended', work.name);
      const refused = !ended.moved && ended.refused !== undefined;
      if (refused) await this.#record(work);
      return !refused;
    } finally {
      this.#active.end(work);
    }
  }

  /** Not yet: due again after `ms`, without it when the stage's job comes; the attempt does not count. */
  async wait(work: Work, ms: number | undefined, reason: string): Promise<boolean> {
    try {
      await this.#record(work);
      return await patiently(() => this.#claims.postpone(work, ms === undefined ? undefined : spread(ms), reason, false));
    } finally {
      this.#active.end(work);
    }
  }

  /**
   * A step failed. By its class: try again later, the failure status, or a hold – never nothing. Where a partner is known to be down it
   * waits for as long as that takes, and no attempt counts.
   * @returns what was decided, in words
   */
  async fail(work: Work, failure: Failure, actor: string): Promise<string> {
    try {
      await this.#record(work);
      return await patiently(() => this.#decide(work, failure, actor));
    } finally {
      this.#active.end(work);
    }
  }

  async #decide(work: Work, failure: Failure, actor: string): Promise<string> {
    const reason = failure.next ? `${failure.message}${/[.!?]$/.test(failure.message) ? '' : '.'} ${failure.next}` : failure.message;
    if (failure.code === 'claim.lost') return LOST;
    if (failure.class === 'unknown') {
      if (failure.lookAgainMs === undefined) return this.#hold(work, failure.code, reason, actor, failure.effect);
      const kept = await this.#claims.postpone(work, failure.lookAgainMs, reason, false);
      return kept ? `in doubt, looked at again in ${seconds(failure.lookAgainMs)}` : LOST;
    }
    if (failure.partnerDown !== undefined) {
      const ms = failure.retryAfterMs ?? work.retry.maxMs;
      const kept = await this.#claims.postpone(work, ms, reason, false);
      return kept ? `${failure.partnerDown} is down, again in ${seconds(ms)}` : LOST;
    }
    if (failure.class === 'retryable' || failure.class === 'bug') {
      if (work.attempt < work.retry.attempts) {
        const ms = Math.max(failure.retryAfterMs ?? 0, backoff(work.retry, work.attempt));
        const kept = await this.#claims.postpone(work, ms, reason, true);
        return kept ? `attempt ${work.attempt} failed, again in ${seconds(ms)}` : LOST;
      }
    }
    return this.#giveUp(work, failure, reason, actor);
  }

  async #giveUp(work: Work, failure: Failure, reason: string, actor: string): Promise<string> {
    if (work.failure === undefined) return this.#hold(work, failure.code, reason, actor, failure.effect);
    const result = await this.#transitions.transition({ ...claimOf(work), ...ending(work, 'failed'), to: work.failure, actor, node: work.at, reason });
    if (result.moved) return work.failure;
    return work.source === 'task' ? this.#hold(work, failure.code, reason, actor) : LOST;
  }

  async #hold(work: Work, kind: string, reason: string, actor: string, effect?: number): Promise<string> {
    const held = await this.#claims.hold(work, { kind, reason, actor, effect });
    return held ? `held: ${kind}` : LOST;
  }

  /**
   * Remote calls that were carried out, where no transition of this claim carries them. Their answers are facts about the partners: they
   * settle the doubt about just these attempts, whoever holds the claim by now, and write nothing else.
   */
  async #record({ order, effects, at }: Work): Promise<void> {
    if (effects.length > 0) await patiently(() => this.#transitions.transition({ order, answers: effects, actor: 'system:work', node: at }));
  }
}

/** Where the order must stand: a status claim is fenced by its status and token, a task by its own. */
const claimOf = (work: Work): Pick<Change, 'order' | 'from' | 'token'> => ({ order: work.order, ...(work.source === 'status' && { from: work.name as Status, token: work.token }) });

const ending = (work: Work, result: string): Pick<Change, 'task'> => (work.source === 'task' ? { task: { id: work.id, token: work.token, result } } : {});

/** What the claim's remote calls have brought about. */
const broughtBy = ({ effects, captured, exported, voided, split, writes, parts }: Work): Pick<Change, 'effects' | 'captured' | 'exported' | 'voided' | 'split' | 'writes' | 'parts'> => ({
  effects,
  ...(split && { split }),
  ...(writes && { writes }),
  ...(parts && { parts }),
  ...(captured && { captured }),
  ...(exported && { exported }),
  ...(voided && { voided }),
});

const seconds = (ms: number): string => `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
