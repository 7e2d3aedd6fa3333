import { escape } from 'mysql2';
import { createPool, type Pool, type PoolConnection, type RowDataPacket } from '../nodes/store/pool';

/** One NAV-result transition, or (without an effect) a plain one. */
export interface Move {
  order: number;
  from: string;
  to: string;
  effect?: number;
  /** Whether the order is due in its new status. */
  due: boolean;
}

/** Writes moves with mysql2 alone: what any implementation has to write, and nothing else. */
export interface Bare {
  move(move: Move): Promise<void>;
  stop(): Promise<void>;
}

const LANES = 2;
const GROUP = 256;

/**
 * Grouped transactions: the rows are locked and compared, then written with one statement a table.
 * @param guarded false: the audit is a plain row of a table without a trigger, and the status is updated beside it
 */
export function groupedBare(url: string, guarded = true): Bare {
  const pool = createPool(url, LANES);
  const queue: { move: Move; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let busy = 0;
  let armed = false;
  const pump = (): void => {
    while (busy < LANES && queue.length > 0) {
      const group = queue.splice(0, GROUP);
      busy++;
      writeGroup(pool, group.map(({ move }) => move), guarded)
        .then(() => group.forEach(({ resolve }) => resolve()), (error: unknown) => group.forEach(({ reject }) => reject(error)))
        .finally(() => {
          busy--;
          pump();
        });
    }
  };
  return {
    move: (move) =>
      new Promise((resolve, reject) => {
        queue.push({ move, resolve, reject });
        if (armed) return;
        armed = true;
        setImmediate(() => {
          armed = false;
          pump();
        });
      }),
    stop: () => pool.end(),
  };
}

async function writeGroup(pool: Pool, moves: Move[], guarded: boolean): Promise<void> {
  const connection = await pool.getConnection();
  try {
    const sorted = moves.toSorted((a, b) => a.order - b.order);
    const ids = sorted.map(({ order }) => order).join(',');
    const [results] = await connection.query<RowDataPacket[][]>(
      `START TRANSACTION; SELECT order_id, status, version FROM order_status WHERE order_id IN (${ids}) ORDER BY order_id FOR UPDATE SKIP LOCKED`,
    );
    const versions = new Map((results[1] ?? []).map((row) => [row['order_id'] as number, row['version'] as number]));
    if (versions.size !== sorted.length) throw new Error('rows were locked by somebody else');
    await connection.query([...statements(sorted, versions, guarded), 'COMMIT'].join(';'));
  } catch (error) {
    await connection.query('ROLLBACK');
    throw error;
  } finally {
    connection.release();
  }
}

function statements(moves: readonly Move[], versions: ReadonlyMap<number, number>, guarded: boolean): string[] {
  const audits = moves.map(({ order, from, to }) => `(${order},${(versions.get(order) ?? 0) + 1},${escape(from)},${escape(to)},'flow:Move to NAV','bench-transition','Create sales order in NAV')`);
  const due = moves.filter((move) => move.due).map(({ order }) => order);
  const effects = moves.flatMap(({ effect }) => (effect === undefined ? [] : [effect]));
  const outbox = moves.map(({ order, from, to }) => {
    const version = (versions.get(order) ?? 0) + 1;
    return `(${order},${version},'StatusChanged',${escape(JSON.stringify({ version, from, to }))})`;
  });
  const targets = Map.groupBy(moves, ({ to }) => to);
  return [
    `INSERT INTO ${guarded ? 'order_audits' : 'bench_audits'} (order_id, version, from_status, to_status, actor, node, reason) VALUES ${audits.join(',')}`,
    ...(guarded
      ? []
      : [...targets].map(
          ([to, group]) =>
            `UPDATE order_status SET status = ${escape(to)}, version = version + 1, entered_at = NOW(6), due_at = NULL, claimed_by = NULL, claim_token = NULL, claimed_at = NULL, attempts = 0, crashes = 0, reason = NULL WHERE order_id IN (${group.map(({ order }) => order).join(',')})`,
        )),
    ...(due.length > 0 ? [`UPDATE order_status SET due_at = NOW(6) WHERE order_id IN (${due.join(',')})`] : []),
    ...(effects.length > 0
      ? [
          `UPDATE effects SET state = 'done', reference = CASE id ${effects.map((id) => `WHEN ${id} THEN 'SO-${id}'`).join(' ')} END, settled_at = NOW(6) WHERE id IN (${effects.join(',')})`,
          `UPDATE effect_attempts SET outcome = 'done', ended_at = NOW(6) WHERE effect_id IN (${effects.join(',')}) AND attempt = 1`,
        ]
      : []),
    `INSERT INTO outbox (order_id, version, type, data) VALUES ${outbox.join(',')}`,
  ];
}

/** The naive form: one order, one transaction, one statement after the other. */
export function oneByOne(url: string, connections: number): Bare {
  const pool = createPool(url, connections);
  return {
    async move(move) {
      const connection = await pool.getConnection();
      try {
        await writeOne(connection, move);
      } finally {
        connection.release();
      }
    },
    stop: () => pool.end(),
  };
}

async function writeOne(connection: PoolConnection, move: Move): Promise<void> {
  await connection.query('START TRANSACTION');
  const [rows] = await connection.query<RowDataPacket[]>('SELECT version FROM order_status WHERE order_id = ? FOR UPDATE', [move.order]);
  for (const statement of statements([move], new Map([[move.order, rows[0]?.['version'] as number]]), true)) await connection.query(statement);
  await connection.query('COMMIT');
}
