import { createHash, randomBytes } from 'node:crypto';
import type { Connection, RowDataPacket } from 'mysql2/promise';

/** The key of the audit chain as the database keeps it: XORed with the two pads of HMAC (RFC 2104), 64 bytes each. */
export interface AuditKey {
  inner: Buffer;
  outer: Buffer;
}

/** An audit row as it is chained. */
export interface ChainedAudit {
  order: number;
  version: number;
  from: string;
  to: string;
  actor: string;
  node: string | null;
  reason: string;
  /** Database time as text, microseconds included. */
  at: string;
  chain: Buffer | null;
}

/** What the chain shows to be wrong, and with which row. */
export interface Tampering {
  order: number;
  version: number;
  what: string;
}

export interface Verification {
  orders: number;
  rows: number;
  /** The first row at fault, in the order of their ids. */
  tampered?: Tampering;
}

const GENESIS = Buffer.alloc(32);
const BLOCK = 64;
const CHUNK = 2000;

/** A key for a new installation. */
export function makeAuditKey(): AuditKey {
  const key = randomBytes(BLOCK);
  return { inner: key.map((byte) => byte ^ 0x36) as Buffer, outer: key.map((byte) => byte ^ 0x5c) as Buffer };
}

/** HMAC-SHA256 over the row before and this row; the same sum as the database's `audit_chain` (migration 0006). */
export function chainOf(key: AuditKey, previous: Buffer, { order, version, from, to, actor, node, reason, at }: ChainedAudit): Buffer {
  const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase();
  const text = [previous.toString('hex').toUpperCase(), order, version, from, to, hex(actor), node === null ? '-' : hex(node), hex(reason), at].join('|');
  return sha256(key.outer, sha256(key.inner, Buffer.from(text)));
}

const sha256 = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/**
 * Recomputes the chain of every order and compares its end with the order's status. Each part is read in a snapshot of its own, so the
 * system may go on meanwhile.
 * @param connection of an account that may read `audit_keys`; the running system's may not
 */
export async function verifyAudits(connection: Connection): Promise<Verification> {
  const [[stored]] = await connection.query<RowDataPacket[]>('SELECT inner_pad AS `inner`, outer_pad AS `outer` FROM audit_keys WHERE id = 1');
  if (!stored) return { orders: 0, rows: 0, tampered: { order: 0, version: 0, what: 'the key of the chain is gone' } };
  const found: Verification = { orders: 0, rows: 0 };
  for (let after = 0, last = false; !last; ) {
    const part = await readPart(connection, after);
    ({ last, upTo: after } = part);
    found.orders += part.statuses.size;
    found.rows += part.audits.length;
    const tampered = firstTampered(stored as unknown as AuditKey, part);
    if (tampered) return { ...found, tampered };
  }
  return found;
}

interface Part {
  audits: ChainedAudit[];
  statuses: Map<number, { version: number; status: string }>;
  upTo: number;
  last: boolean;
}

/** The audits and statuses of the next orders, as they were at one moment. */
async function readPart(connection: Connection, after: number): Promise<Part> {
  await connection.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT');
  try {
    const [rows] = await connection.query<RowDataPacket[]>('SELECT order_id AS `order`, version, status FROM order_status WHERE order_id > ? ORDER BY order_id LIMIT ?', [after, CHUNK]);
    const last = rows.length < CHUNK;
    const upTo = (rows.at(-1)?.['order'] as number | undefined) ?? after;
    const [audits] = await connection.query<RowDataPacket[]>(
      `SELECT order_id AS \`order\`, version, from_status AS \`from\`, to_status AS \`to\`, actor, node, reason, DATE_FORMAT(at, '%Y-%m-%d %H:%i:%s.%f') AS at, chain
         FROM order_audits WHERE order_id > ? ${last ? '' : 'AND order_id <= ?'} ORDER BY order_id, version`,
      last ? [after] : [after, upTo],
    );
    const statuses = new Map((rows as unknown as { order: number; version: number; status: string }[]).map((row) => [row.order, row]));
    return { audits: audits as unknown as ChainedAudit[], statuses, upTo, last };
  } finally {
    await connection.query('ROLLBACK');
  }
}

function firstTampered(key: AuditKey, { audits, statuses }: Part): Tampering | undefined {
  const byOrder = Map.groupBy(audits, ({ order }) => order);
  const orders = [...new Set([...statuses.keys(), ...byOrder.keys()])].toSorted((a, b) => a - b);
  for (const order of orders) {
    const tampered = tamperedRow(key, order, byOrder.get(order) ?? [], statuses.get(order));
    if (tampered) return tampered;
  }
  return undefined;
}

function tamperedRow(key: AuditKey, order: number, rows: readonly ChainedAudit[], status: { version: number; status: string } | undefined): Tampering | undefined {
  let previous: Buffer = GENESIS;
  let at = '';
  for (const [index, row] of rows.entries()) {
    const version = index + 1;
    if (row.version !== version) return { order, version, what: `the row of version ${version} is missing` };
    if (!row.chain?.equals(chainOf(key, previous, row))) return { order, version, what: 'the row does not fit its hash, or the row before it' };
    if (row.from !== at) return { order, version, what: `it leaves ${row.from || 'nothing'}, but the row before it had led to ${at || 'nothing'}` };
    previous = row.chain;
    at = row.to;
  }
  const version = rows.length;
  if (!status) return { order, version, what: 'there are audits of an order that has no status' };
  if (status.version > version) return { order, version: version + 1, what: `the row of version ${version + 1} is missing: the order has version ${status.version}` };
  if (status.version !== version || status.status !== at) return { order, version, what: `the order stands in ${status.status} with version ${status.version}, which its last audit does not say` };
  return undefined;
}
