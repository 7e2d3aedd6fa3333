import type { Calls, DeclaredCall } from '../effects/calls';
import { isCapture, type Parcel as ParcelOfTask, parcelOfSubject } from '../lifecycle/captures';
import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { backInWords, putBackTo } from '../lifecycle/put-back';
import { InvalidInput } from '../runtime/errors';
import { execute, type Pool } from '../store/pool';
import type { OrderSource } from '../work/stage';
import type { StageRoutes } from '../work/routes';
import { works } from './causes';
import type { Answer, Asked, OrderDesk } from './desk';
import { readStanding, type Standing, type StandingEffect, unloaded } from './standing';

/** What a replay does about one remote call: sends it, leaves it because it has happened, or leaves it because it might ship or charge twice. */
export interface ReplayedCall {
  kind: string;
  key: string;
  state: string;
  action: 'send' | 'skip' | 'blocked';
  reference?: string;
  reason: string;
}

export interface ReplayPlan {
  order_id: string;
  status: Status;
  version: number;
  calls: ReplayedCall[];
  /** What happens to the order and to what runs beside it, in words; empty where nothing does. */
  steps: string[];
}

interface Decided extends ReplayPlan {
  id: number;
  backTo: Status | undefined;
  hurries: boolean;
  tasks: number[];
}

export interface ReplayParts {
  pool: Pool;
  desk: OrderDesk;
  routes: StageRoutes;
  calls: Calls;
  orders: OrderSource;
}

/** Sends again what certainly has not happened, or does nothing when it comes twice; whatever may have happened is left to the ledger and to a person. */
export class Replay {
  readonly #parts: ReplayParts;

  constructor(parts: ReplayParts) {
    this.#parts = parts;
  }

  /** What a replay would do now. @throws InvalidInput `order.unknown` */
  async plan(idOrName: string): Promise<ReplayPlan> {
    const { id: _id, backTo: _to, hurries: _hurries, tasks: _tasks, ...plan } = await this.#decide(idOrName);
    return plan;
  }

  /**
   * Does just what {@link plan} says: puts an order in error back, makes due what waits for its next attempt, renews tasks that failed.
   * Refused where the order has moved since it was looked at.
   */
  async replay(idOrName: string, asked: Asked): Promise<Answer> {
    const { id, backTo, hurries, tasks, ...plan } = await this.#decide(idOrName);
    const { order_id, status, version, steps } = plan;
    if (steps.length === 0) {
      const blocked = plan.calls.some(({ action }) => action === 'blocked');
      return { statusCode: blocked ? 409 : 200, body: { ...plan, result: blocked ? 'blocked' : 'nothing', reason: blocked ? 'a call in doubt is decided first: sending it again could ship or charge twice' : 'there is nothing to send again' } };
    }
    if (backTo) {
      const answer = await this.#parts.desk.putBack(order_id, asked, { version });
      if (answer.statusCode !== 200) return answer;
      return { statusCode: 200, body: { ...plan, status: answer.body.status, result: 'replayed' } };
    }
    const { pool } = this.#parts;
    const hurried = hurries ? await execute(pool, 'UPDATE order_status SET due_at = NOW(6) WHERE order_id = ? AND version = ? AND due_at IS NOT NULL AND claimed_by IS NULL AND holds = 0', [id, version]) : 0;
    if (tasks.length > 0)
      await execute(pool, "UPDATE tasks SET done_at = IF(result = 'failed', NULL, done_at), attempts = IF(result = 'failed', 0, attempts), result = NULL, due_at = NOW(6) WHERE id IN (?) AND claimed_by IS NULL AND holds = 0 AND (done_at IS NULL OR result = 'failed')", [tasks]);
    if (hurries && hurried === 0 && tasks.length === 0) return { statusCode: 409, body: { order_id, status, result: 'refused', reason: 'the order moved meanwhile' } };
    await pool.query("INSERT INTO order_events (order_id, kind, actor, text) VALUES (?, 'replayed', ?, ?)", [id, asked.actor, `${asked.reason}: ${steps.join('; ')}`.slice(0, 500)]);
    return { statusCode: 200, body: { ...plan, result: 'replayed' } };
  }

  async #decide(idOrName: string): Promise<Decided> {
    const standing = await readStanding(this.#parts.pool, idOrName);
    if (!standing) throw new InvalidInput(`there is no order ${idOrName.slice(0, 96)}`, { code: 'order.unknown' });
    const { id, name, status, version, last, effects } = standing;
    const backTo = putBackTo(status, last.from);
    // What the order's own line sends next, from where it stands or from where a put-back leads.
    const stage = works(standing, backTo ?? status) ? (backTo ?? status) : undefined;
    const coming = await this.#callsOf(stage, standing);
    const taskCalls = await Promise.all(standing.tasks.map(async (task) => ({ task, calls: await this.#callsOf(task.kind, standing, parcelOf(task, standing)) })));
    const expected = [...coming, ...taskCalls.flatMap(({ calls }) => calls)];
    const heldBy = new Map(taskCalls.flatMap(({ task, calls: own }) => standing.holds.filter((hold) => hold.task === task.id).flatMap((hold) => own.map(({ key }) => [key, hold] as const))));
    const planned = [
      ...effects.map((effect) => this.#replayed(effect, expected.some(({ key }) => key === effect.key), standing)),
      ...expected.filter(({ key }) => !effects.some((effect) => effect.key === key)).map(({ kind, key }): ReplayedCall => ({ kind, key, state: 'not begun', action: 'send', reason: 'it was never sent' })),
    ];
    const calls = planned.map((call): ReplayedCall => {
      const hold = call.action === 'send' ? heldBy.get(call.key) : undefined;
      return hold ? { ...call, action: 'blocked', reason: decidedFirst(hold) } : call;
    });
    const blocked = (wanted: readonly { key: string }[]): boolean => wanted.some(({ key }) => calls.some((call) => call.key === key && call.action === 'blocked'));
    const free = standing.holds.every(({ task }) => task !== null) && !blocked(coming);
    const goesBack = free && backTo !== undefined && lifecycle.allows(status, backTo);
    const hurries = free && backTo === undefined && standing.dueAt !== null && !standing.isDue && standing.claim === null;
    // A put-back renews failed tasks by itself.
    const tasks = taskCalls.filter(({ task, calls: own }) => task.holds === 0 && !task.claimed && !blocked(own) && (task.failed || (task.dueAt !== null && !task.isDue))).map(({ task }) => task);
    return {
      order_id: name,
      status,
      version,
      calls: free ? calls : calls.map((call) => (call.action === 'send' && coming.some(({ key }) => key === call.key) ? { ...call, action: 'blocked', reason: heldReason(standing) } : call)),
      steps: [
        ...(goesBack ? [`put back from ${status} to ${backInWords(status, backTo)}`] : []),
        ...(hurries ? [`the next attempt in ${status} is due now`] : []),
        ...tasks.map(({ kind }) => `${kind} is done again`),
      ],
      id,
      backTo: goesBack ? backTo : undefined,
      hurries,
      tasks: tasks.map((task) => task.id),
    };
  }

  /** The remote calls that a stage or task makes for this order, as far as its requests can be built. */
  async #callsOf(stage: string | undefined, standing: Standing, parcel?: Parcel): Promise<{ kind: string; key: string }[]> {
    const route = stage === undefined ? undefined : await this.#parts.routes.of(stage);
    if (!route) return [];
    const order = ((await this.#parts.orders.load([standing.id])).get(standing.id) ?? unloaded(standing)) as { id: number; revision: number };
    const subject = parcel ? { ...order, parcel } : order;
    return this.#parts.calls.of(route.nodes, subject).map((call: DeclaredCall) => ({ kind: call.kind, key: call.key(subject) }));
  }

  #replayed({ kind, key, state, reference, reason, inquiries }: StandingEffect, comes: boolean, { holds, effects }: Standing): ReplayedCall {
    const as = (action: ReplayedCall['action'], why: string): ReplayedCall => ({ kind, key, state, action, ...(reference !== null && { reference }), reason: why });
    if (state === 'done') return as('skip', `done${reference === null ? '' : `: ${reference}`}`);
    if (state === 'intent' || state === 'rejected' || state === 'not_done') return comes ? as('send', `nothing of it has happened${reason === null ? '' : `: ${reason}`}`) : as('skip', 'the order has passed it, and nothing of it has happened');
    if (state === 'sent') return as('blocked', 'it is under way: its answer is awaited');
    const policy = this.#parts.calls.policyOf(kind);
    if (policy === 'key') return as('send', 'the partner knows its key: the same request again does nothing twice');
    const hold = holds.find(({ effect }) => effect === effects.find((each) => each.key === key)?.id);
    const then = hold ? `hold ${hold.id} asks a person` : policy === 'inquire' ? `it is looked up (${inquiries} times so far)` : 'a person decides';
    return as('blocked', `nobody knows whether it happened, and again could ship or charge twice: ${then}`);
  }
}

const heldReason = ({ holds }: Standing): string => {
  const hold = holds.find(({ task }) => task === null);
  return hold ? decidedFirst(hold) : 'a call in doubt is decided first';
};

const decidedFirst = ({ id, kind }: Standing['holds'][number]): string => `hold ${id} (${kind}) is decided first`;

type Parcel = Pick<ParcelOfTask, 'shipmentId'> & { part: number };

/** The parcel that a task captures; none of an order that was settled elsewhere: nothing is captured any more. */
function parcelOf(task: Standing['tasks'][number], { id, status, children }: Standing): Parcel | undefined {
  if (!isCapture(task) || status === 'PROCESSED_EXTERNALLY') return undefined;
  const { order, shipmentId } = parcelOfSubject(task.subject);
  return { part: order === id ? 0 : (children.find((child) => child.id === order)?.part ?? 0), shipmentId };
}
