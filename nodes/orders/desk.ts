import { escape, escapeId } from 'mysql2';
import type { Change, HoldDecision } from '../lifecycle/change';
import type { FactContext } from '../lifecycle/facts';
import { CANCEL_STOPPED, type OrderAction } from '../lifecycle/cancel';
import { lifecycle, type Status } from '../lifecycle/lifecycle';
import { begunEarly, putBackChoices, putBackTo, repushTo } from '../lifecycle/put-back';
import type { Transitions } from '../lifecycle/transitions';
import { InvalidInput, Rejected } from '../runtime/errors';
import { unsound } from '../runtime/sound';
import { inTransaction, type Pool, select } from '../store/pool';
import { insertContent, orderColumns, waitingIn } from './intake';
import type { Platforms } from './platforms';
import { readWarehouses } from './warehouses';

/** Who asks, and why; both go into the audit. */
export interface Asked {
  actor: string;
  reason: string;
  /** The node of the flows that asks. */
  node?: string;
}

/** What an operator is told. `result` says what happened; 202 where it is to be decided later. */
export interface Answer {
  statusCode: number;
  body: { order_id: string; status: string; result: string; reason?: string; possible?: readonly OrderAction[]; [more: string]: unknown };
}

interface Standing {
  id: number;
  name: string;
  status: Status;
  version: number;
  platform: string;
  /** Of its store. */
  delayMinutes: number;
}

/**
 * What operations may do to an order: put it back, mark it as processed elsewhere, cancel it, decide its holds. Every one of them is
 * a transition like any other; what the lifecycle does not allow is refused with the current status.
 */
export class OrderDesk {
  readonly #pool: Pool;
  readonly #transitions: Transitions;
  readonly #platforms: Platforms;

  constructor(parts: { pool: Pool; transitions: Transitions; platforms: Platforms }) {
    this.#pool = parts.pool;
    this.#transitions = parts.transitions;
    this.#platforms = parts.platforms;
  }

  /**
   * Puts an order in error back to where it failed from. One that was never generalised is read again first, and waits for its date
   * where that is still to come. One that waits for its date begins now.
   * @param version of the order that somebody has looked at; another one is refused
   * @param chosen where to, where there is a choice
   */
  async putBack(idOrName: string, asked: Asked, { version, to: chosen }: { version?: number | undefined; to?: string | undefined } = {}): Promise<Answer> {
    const order = await this.#standing(idOrName);
    if (version !== undefined && order.version !== version) return refuse(order, order.status, 'the order moved meanwhile');
    const early = begunEarly(order.status);
    if (lifecycle.statuses[order.status].kind !== 'error' && !early) return refuse(order, order.status, `an order in ${order.status} is not in error`);
    const failedFrom = await this.#failedFrom(order);
    const choices = putBackChoices(order.status, failedFrom);
    const to = chosen === undefined ? (putBackTo(order.status, failedFrom) ?? early) : choices.find((choice) => choice === chosen);
    if (!to && choices.length > 0) return refuse(order, order.status, `choose where it goes: ${choices.join(', ')}`);
    if (!to) return refuse(order, order.status, `nothing leads back from ${order.status}`);
    const read = order.status === 'GENERALIZE_ERROR' ? await this.#generaliseAgain(order) : {};
    if (read.wrong !== undefined) return refuse(order, order.status, read.wrong);
    // A fork is decided again after a put-back.
    await this.#pool.query('UPDATE orders SET decisions = NULL WHERE id = ?', [order.id]);
    return this.#move(order, failedFrom === '' ? (read.waitsIn ?? to) : to, asked, 'put-back', { renewEffects: true });
  }

  /**
   * Has the print floor asked again for an order that waits for its batch, under the next number: what it answers to the last one is held.
   * A part that the print floor or its 3PL has stopped for a cancel which was declined is asked for again, too; that ends its hold.
   */
  async repush(idOrName: string, asked: Asked): Promise<Answer> {
    const order = await this.#standing(idOrName);
    const [row] = await select<{ batchSequence: number; exportSequence: number; hold: number | null }>(
      this.#pool,
      'SELECT batch_sequence AS batchSequence, export_sequence AS exportSequence, (SELECT MIN(id) FROM holds WHERE order_id = o.id AND kind = ? AND resolved_at IS NULL) AS hold FROM orders o WHERE id = ?',
      [CANCEL_STOPPED, order.id],
    );
    const { batchSequence = 0, exportSequence = 0, hold = null } = row ?? {};
    const effects = await select<FactContext['effects'][number]>(this.#pool, 'SELECT id, kind, `key`, state, attempt FROM effects WHERE order_id = ?', [order.id]);
    const again = repushTo(order.status, { effects, batchSequence, exportSequence }, hold !== null);
    if (!again) return refuse(order, order.status, `an order in ${order.status} for which the print floor was not asked, or has answered, is not asked for again`);
    return this.#move(order, again.to, asked, 'repush', { columns: again.columns, ...(hold !== null && { decision: { hold, decision: 'release', by: asked.actor, reason: asked.reason } }) });
  }

  /** Somebody has settled it by hand: no stage touches it any more. */
  async processedExternally(idOrName: string, asked: Asked): Promise<Answer> {
    const order = await this.#standing(idOrName);
    return this.#move(order, 'PROCESSED_EXTERNALLY', asked, 'processed-externally');
  }

  /** Cancels the whole order where that can still be had; while a call is in doubt the wish waits for its outcome. */
  async cancel(idOrName: string, { actor, reason, node }: Asked): Promise<Answer> {
    const order = await this.#standing(idOrName);
    const wish = async () => {
      const parts = await select<{ id: number }>(this.#pool, 'SELECT order_id AS id FROM order_status WHERE parent_order_id = ?', [order.id]);
      return this.#transitions.transition({ order: order.id, parts: parts.map(({ id }) => id), to: 'CS_CANCELLED', actor, node, reason, wish: true });
    };
    let result = await wish();
    // It was split between the look at its parts and the lock; that happens once.
    if (!result.moved && result.refused === 'stale') result = await wish();
    if (result.moved) return answer(order, 200, result.to, 'cancelled');
    const status = result.status ?? order.status;
    if (result.waiting !== undefined) return answer(order, 202, status, 'waiting', result.waiting);
    const refused = refuse(order, status, result.why ?? `${status} does not lead to CS_CANCELLED`);
    if (result.refused === 'not-yet') refused.body.result = 'not-yet';
    if (result.instead) refused.body.possible = result.instead;
    return refused;
  }

  async holds(): Promise<object[]> {
    const rows = await select<Record<string, unknown>>(
      this.#pool,
      `SELECT h.id, h.order_id AS \`order\`, o.name, h.kind, e.kind AS effectKind, e.\`key\` AS effectKey, h.reason, h.opened_at AS opened
         FROM holds h JOIN orders o ON o.id = h.order_id LEFT JOIN effects e ON e.id = h.effect_id WHERE h.resolved_at IS NULL ORDER BY h.id LIMIT 10000`,
    );
    return rows.map(({ effectKind, effectKey, ...hold }) => ({ ...hold, effect: effectKind === null ? null : { kind: effectKind, key: effectKey } }));
  }

  /** @throws InvalidInput `hold.unknown` · Rejected `hold.closed`, `hold.decision-does-not-fit` */
  async decideHold(id: number, decision: HoldDecision, { actor, reason }: Asked, reference?: string): Promise<object> {
    const [hold] = await select<{ order: number; name: string }>(
      this.#pool,
      'SELECT h.order_id AS `order`, o.name FROM holds h JOIN orders o ON o.id = h.order_id WHERE h.id = ?',
      [id],
    );
    if (!hold) throw new InvalidInput(`there is no hold ${id}`, { code: 'hold.unknown' });
    const result = await this.#transitions.transition({ order: hold.order, actor, reason, decision: { hold: id, decision, by: actor, reason, reference } });
    if (!result.moved && result.refused === 'hold-closed') throw new Rejected('the hold has been decided already', { code: 'hold.closed' });
    if (!result.moved && result.refused === 'decision-does-not-fit')
      throw new Rejected('a hold about a call in doubt is decided by done, void or resend, one about a refused call also by release; any other by release alone', { code: 'hold.decision-does-not-fit' });
    return { id, order_id: hold.name, decision, status: result.moved ? result.to : result.status };
  }

  async #standing(idOrName: string): Promise<Standing> {
    const byId = /^\d{1,15}$/.test(idOrName);
    const [order] = await select<Standing>(
      this.#pool,
      `SELECT o.id, o.name, s.status, s.version, st.platform, st.delay_minutes AS delayMinutes FROM orders o JOIN order_status s ON s.order_id = o.id
         JOIN stores st ON st.id = o.store_id WHERE o.name = ? ${byId ? 'OR o.id = ?' : ''} LIMIT 1`,
      byId ? [idOrName, idOrName] : [idOrName],
    );
    if (!order) throw new InvalidInput(`there is no order ${idOrName}`, { code: 'order.unknown' });
    return order;
  }

  /** What its last audit left. */
  async #failedFrom(order: Standing): Promise<string> {
    const [audit] = await select<{ from: string }>(this.#pool, 'SELECT from_status AS `from` FROM order_audits WHERE order_id = ? AND version = ?', [order.id, order.version]);
    return audit?.from ?? '';
  }

  /**
   * Reads the stored raw order again and fills the order with it, before it may move.
   * @returns why it cannot be; or where it waits, while its date is to come
   */
  async #generaliseAgain(order: Standing): Promise<{ wrong?: string; waitsIn?: Status | undefined }> {
    const [stored] = await select<{ raw: string }>(
      this.#pool,
      'SELECT p.raw FROM platform_orders p JOIN orders o ON o.store_id = p.store_id AND o.platform_id = p.platform_id WHERE o.id = ?',
      [order.id],
    );
    if (!stored) return { wrong: 'its raw order is not stored' };
    const platform = this.#platforms.get(order.platform);
    const raw: unknown = JSON.parse(stored.raw);
    const wrong = unsound(raw);
    if (wrong) return { wrong: `it still cannot be generalised: ${wrong.pointer}: ${wrong.reason}; correct it at the storefront` };
    const warehouses = await readWarehouses(this.#pool);
    let canonical;
    try {
      canonical = platform.generalise(raw, warehouses);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      return { wrong: `it still cannot be generalised: ${error.pointer ?? ''}: ${error.message}` };
    }
    const columns = Object.entries(orderColumns(canonical, { ...order, warehouses }, platform)).map(([name, value]) => `${escapeId(name)} = ${escape(value as string | number | null, true, 'Z')}`);
    await inTransaction(this.#pool, async (connection) => {
      const [locked] = await select<{ status: string }>(connection, 'SELECT status FROM order_status WHERE order_id = ? FOR UPDATE', [order.id]);
      if (locked?.status !== 'GENERALIZE_ERROR') return;
      const lines = await select(connection, 'SELECT id FROM line_items WHERE order_id = ? LIMIT 1', [order.id]);
      if (lines.length > 0) return;
      await connection.query(
        [
          `UPDATE orders SET ${columns.join(', ')} WHERE id = ${order.id}`,
          `UPDATE order_status s JOIN orders o ON o.id = s.order_id JOIN warehouses w ON w.id = o.warehouse_id SET s.lane = w.nav_key WHERE s.order_id = ${order.id}`,
          ...insertContent([{ id: order.id, order: canonical }], warehouses),
        ].join(';\n'),
      );
    });
    const [date] = await select<{ waits: number | null }>(this.#pool, 'SELECT resume_at > NOW(6) AS waits FROM orders WHERE id = ?', [order.id]);
    return { waitsIn: date?.waits ? waitingIn(canonical, order, platform) : undefined };
  }

  async #move(order: Standing, to: Status, { actor, reason, node }: Asked, done: string, more: Pick<Change, 'renewEffects' | 'columns' | 'decision'> = {}): Promise<Answer> {
    // Whoever is asked for again under another number may stay where he is.
    const moves = more.columns === undefined || to !== order.status;
    const result = await this.#transitions.transition({ order: order.id, from: order.status, version: order.version, ...(moves && { to }), actor, node, reason, ...more });
    if (result.moved || (!moves && result.refused === undefined)) return answer(order, 200, to, done);
    const status = result.status ?? order.status;
    return refuse(order, status, result.refused === 'stale' ? 'the order moved meanwhile' : `${status} does not lead to ${to}`);
  }
}

const answer = (order: Standing, statusCode: number, status: string, result: string, reason?: string): Answer => ({
  statusCode,
  body: { order_id: order.name, status, result, ...(reason !== undefined && { reason }) },
});

const refuse = (order: Standing, status: string, reason: string): Answer => answer(order, 409, status, 'refused', reason);
