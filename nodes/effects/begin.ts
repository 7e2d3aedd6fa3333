import { escape, raw } from 'mysql2';
import { Retryable } from '../runtime/errors';
import { failpoint } from '../runtime/failpoints';
import { type Grouped, groupedWrites } from '../store/grouping';
import { commit } from '../store/commit';
import type { Pool, PoolConnection, RowDataPacket } from '../store/pool';
import { insert } from '../store/rows';
import type { Processes } from '../work/processes';
import type { Work } from '../work/source';
import type { Policy } from './effect';

export type EffectState = 'intent' | 'sent' | 'done' | 'rejected' | 'unknown' | 'parked' | 'not_done';

/** An effect as it stands after its beginning was written. */
export interface Row {
  id: number;
  state: EffectState;
  attempt: number;
  inquiries: number;
  reference: string | null;
  reason: string | null;
}

/** A call that is about to be made. */
export interface Beginning {
  kind: string;
  policy: Policy;
  key: string;
  amount: number | null;
  currency: string | null;
  hash: Buffer;
  /** The order's revision that the request was built from. */
  revision: number;
  work: Work;
}

const NOW = raw('NOW(6)');
const LANES = 2;
const GROUP = 128;

/**
 * Writes beginnings of calls: `sent` is committed under the order's lock and the claim's token, unless the effect stands elsewhere
 * already. What arrives together shares a transaction; its callers get their own answers.
 * @returns a queue; it rejects with Retryable `claim.lost` or `order.revised` where the call must not be made
 */
export function beginnings(pool: Pool, processes: Processes): Grouped<Beginning, Row> {
  const queue = groupedWrites<Beginning, Row | Retryable>({ pool, lanes: LANES, max: GROUP, write: (connection, all, wait) => write(connection, all, wait, processes.id) });
  const begin = async (beginning: Beginning): Promise<Row> => {
    const row = await queue(beginning);
    if (row instanceof Retryable) throw row;
    return row;
  };
  return Object.assign(begin, { size: () => queue.size() });
}

async function write(connection: PoolConnection, all: Beginning[], wait: boolean, process: number): Promise<Map<Beginning, Row | Retryable>> {
  const locked = await lock(connection, all, wait);
  const answers = new Map<Beginning, Row | Retryable>();
  const going: Beginning[] = [];
  const keys = new Set<string>();
  for (const beginning of all) {
    const refused = locked.refusalOf(beginning);
    if (refused === 'locked') continue;
    if (refused) answers.set(beginning, refused);
    else if (!keys.has(beginning.key)) going.push(beginning); // the same effect twice in a group: the second goes alone, after this one
    keys.add(beginning.key);
  }
  if (going.length > 0) await send(connection, going, answers, process);
  else await connection.query('ROLLBACK');
  return answers;
}

/** Locks what the claims stand on, in the order that every writer keeps: the orders, then the tasks. */
async function lock(connection: PoolConnection, all: readonly Beginning[], wait: boolean) {
  const skip = wait ? '' : ' SKIP LOCKED';
  const orders = [...new Set(all.map(({ work }) => work.order))].toSorted((a, b) => a - b);
  const tasks = [...new Set(all.flatMap(({ work }) => (work.source === 'task' ? [work.id] : [])))].toSorted((a, b) => a - b);
  const [results] = await connection.query<RowDataPacket[][]>(
    `START TRANSACTION;
     SELECT order_id AS id, status, claim_token AS token FROM order_status WHERE order_id IN (?) ORDER BY order_id FOR UPDATE${skip};
     SELECT id, revision FROM orders WHERE id IN (?)${tasks.length > 0 ? `; SELECT id, claim_token AS token FROM tasks WHERE id IN (?) ORDER BY id FOR UPDATE${skip}` : ''}`,
    [orders, orders, ...(tasks.length > 0 ? [tasks] : [])],
  );
  const byId = (index: number): Map<number, RowDataPacket> => new Map((results[index] ?? []).map((row) => [row['id'] as number, row]));
  const [statuses, revisions, claims] = [byId(1), byId(2), byId(3)];
  return {
    refusalOf({ work, revision }: Beginning): 'locked' | Retryable | undefined {
      const status = statuses.get(work.order);
      const claim = work.source === 'task' ? claims.get(work.id) : status;
      if ((!status || !claim) && !wait) return 'locked';
      if (claim?.['token'] !== work.token || (work.source === 'status' && status?.['status'] !== work.name))
        return new Retryable('the order went on without this claim', { code: 'claim.lost' });
      if (revisions.get(work.order)?.['revision'] !== revision) return new Retryable('the order was edited meanwhile', { code: 'order.revised' });
      return undefined;
    },
  };
}

/** Writes what may be sent as sent; an effect that stands elsewhere is answered as it is. */
async function send(connection: PoolConnection, going: readonly Beginning[], answers: Map<Beginning, Row | Retryable>, process: number): Promise<void> {
  const [rows] = await connection.query<RowDataPacket[]>(
    'SELECT id, `key`, state, attempt, inquiries, reference, reason FROM effects WHERE `key` IN (?) ORDER BY id FOR UPDATE',
    [going.map(({ key }) => key)],
  );
  const known = new Map((rows as (Row & { key: string })[]).map(({ key, ...row }) => [key, row]));
  const fresh: Beginning[] = [];
  const again: { beginning: Beginning; row: Row }[] = [];
  const statements: string[] = [];
  for (const beginning of going) {
    const row = known.get(beginning.key);
    if (!row) fresh.push(beginning);
    else if (row.state === 'intent' || (row.state === 'unknown' && beginning.policy === 'key')) again.push({ beginning, row: { ...row, attempt: row.attempt + 1 } });
    else if (row.state === 'sent') {
      // Its claim was freed, or we would not be here: nobody will hear that answer any more.
      statements.push(...unheard(row));
      answers.set(beginning, { ...row, state: 'unknown' });
    } else answers.set(beginning, row);
  }
  statements.push(
    ...insert('effects', fresh.map(({ kind, key, work, amount, currency, hash }) => ({ kind, key, order_id: work.order, amount, currency, request_hash: hash, attempt: 1, state: 'sent', sent_at: NOW }))),
    ...again.map(
      ({ beginning: { amount, currency, hash }, row }) =>
        `UPDATE effects SET amount = ${escape(amount)}, currency = ${escape(currency)}, request_hash = ${escape(hash)}, attempt = ${row.attempt}, state = 'sent', sent_at = NOW(6) WHERE id = ${row.id}`,
    ),
  );
  const sent = [...fresh.map((beginning) => ({ beginning, attempt: 1 })), ...again.map(({ beginning, row }) => ({ beginning, attempt: row.attempt }))];
  if (sent.length > 0) {
    const keys = sent.map(({ beginning }) => escape(beginning.key)).join(', ');
    const nodes = sent.map(({ beginning: { key, work } }) => `WHEN ${escape(key)} THEN ${escape(work.at ?? work.node)}`).join(' ');
    statements.push(
      `INSERT INTO effect_attempts (effect_id, attempt, process_id, node) SELECT id, attempt, ${process}, CASE \`key\` ${nodes} END FROM effects WHERE \`key\` IN (${keys})`,
      `SELECT id, \`key\` FROM effects WHERE \`key\` IN (${keys})`,
    );
  }
  await failpoint('effect.commit', going.map(({ kind }) => kind));
  const answer = (written: readonly RowDataPacket[]): typeof answers => {
    const ids = new Map(written.map((row) => [row['key'] as string, row['id'] as number]));
    for (const { beginning, attempt } of sent)
      answers.set(beginning, { id: ids.get(beginning.key) as number, attempt, state: 'sent', inquiries: 0, reference: null, reason: null });
    return answers;
  };
  const results = await commit(connection, statements, {
    // The attempts are this process's own, under the locks of their orders.
    async reread(on) {
      await on.query('SELECT order_id FROM order_status WHERE order_id IN (?) ORDER BY order_id FOR UPDATE', [going.map(({ work }) => work.order)]);
      const [begun] = await on.query<RowDataPacket[]>(
        'SELECT e.id, e.`key` FROM effects e JOIN effect_attempts a ON a.effect_id = e.id AND a.attempt = e.attempt WHERE e.`key` IN (?) AND a.process_id = ? AND a.ended_at IS NULL',
        [[...sent.map(({ beginning }) => beginning.key), ''], process],
      );
      return sent.length > 0 && begun.length === sent.length ? answer(begun) : undefined;
    },
  });
  if (sent.length > 0) answer(results.at(-2) ?? []);
}

const UNHEARD = 'its claim ended before the answer';

const unheard = ({ id, attempt }: Row): string[] => [
  `UPDATE effects SET state = 'unknown', reason = '${UNHEARD}' WHERE id = ${id} AND state = 'sent'`,
  `UPDATE effect_attempts SET outcome = 'unknown', detail = '${UNHEARD}', ended_at = NOW(6) WHERE effect_id = ${id} AND attempt = ${attempt} AND ended_at IS NULL`,
];
