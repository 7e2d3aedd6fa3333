import { createHash } from 'node:crypto';
import { format } from 'mysql2';
import { insertEvents, orderCreated } from '../lifecycle/events';
import { DATED } from '../lifecycle/put-back';
import type { Transitions } from '../lifecycle/transitions';
import { InvalidInput } from '../runtime/errors';
import { failpoint } from '../runtime/failpoints';
import { inTransaction, isRefusedBySql, type Pool, type PoolConnection, select } from '../store/pool';
import { insert } from '../store/rows';
import { contentOf } from './content';
import { type Asset, type CanonicalOrder, pathOf } from './order';
import { admitted, headOf, Quarantined } from './quarantine';
import { type Dated, dateOf } from './dates';
import { namedBy, readWarehouses, type Warehouses } from './warehouses';

/** How one platform's raw orders are read. */
export interface Platform {
  /** The storefront's number and time of the last change, or undefined for what is no order at all. */
  identify(raw: unknown): { platformId: string; modifiedAt: Date | undefined } | undefined;
  /**
   * @param warehouses keys of those that a line may name
   * @throws InvalidInput with a pointer into the raw order
   */
  generalise(raw: unknown, warehouses: Pick<Warehouses, 'has'>): CanonicalOrder;
  navCustomerNo(order: CanonicalOrder): string | undefined;
  /** Where a good order of this platform begins. */
  initial: 'READY_FOR_PROCESSING' | 'PENDING_ACKNOWLEDGMENT' | 'WAITING_FOR_RECIPE_IDS';
  /** The kind of the task that tells the storefront that we took the order, if it wants to know. */
  markTask?: string;
}

export interface Store {
  id: number;
  url: string;
  platform: string;
  site: string | null;
  prefix: string;
  warehouseId: number;
  navKey: string;
  /** How long its customers may change or cancel an order before anything begins; 0 where it begins at once. */
  delayMinutes: number;
  /** All there are, not the store's own alone. */
  warehouses: Warehouses;
}

/** What became of one raw order. */
export interface Taken {
  platformId: string;
  name: string;
  result: 'created' | 'known' | 'generalize-error';
  reason?: string;
}

export interface PageResult {
  taken: Taken[];
  /** Entries without an order number: they can only be reported. */
  unidentified: number;
}

interface Candidate extends Taken {
  raw: unknown;
  /** The raw order as it is kept. */
  text: string;
  /** SHA-256 of it. */
  hash: Buffer;
  modifiedAt: Date | undefined;
  order?: CanonicalOrder;
}

/** The store by its url, with what an intake needs. */
export async function findStore(pool: Pool, url: string): Promise<Store> {
  const [store] = await select<Omit<Store, 'warehouses'>>(
    pool,
    `SELECT s.id, s.url, s.platform, s.site, s.prefix, s.warehouse_id AS warehouseId, w.nav_key AS navKey, s.delay_minutes AS delayMinutes
       FROM stores s JOIN warehouses w ON w.id = s.warehouse_id WHERE s.url = ? AND s.enabled`,
    [url],
  );
  if (!store) throw new InvalidInput(`no enabled store has the url ${url}`, { code: 'store.unknown', next: 'Compare recurring_jobs.store_url with stores.url.' });
  return { ...store, warehouses: await readWarehouses(pool) };
}

/**
 * Takes a page of raw orders in one transaction: each is stored as received, generalised, and becomes one order, however often it
 * comes. One that cannot be generalised, or must not even be passed on, stands in GENERALIZE_ERROR with pointer and reason, and the others go on. Should the
 * database refuse an order that looked good, the page is taken again without it and that one stands in GENERALIZE_ERROR too.
 */
export async function takePage(
  { pool, transitions, node }: { pool: Pool; transitions: Transitions; node?: string | undefined },
  store: Store,
  platform: Platform,
  raws: readonly unknown[],
): Promise<PageResult> {
  const candidates = new Map<string, Candidate>();
  let unidentified = 0;
  for (const raw of raws) {
    const order = admitted(raw, () => JSON.stringify(raw));
    const identity = platform.identify(headOf(order));
    if (!identity) unidentified++;
    else candidates.set(identity.platformId, received(store, order, identity));
  }
  const known = await unchanged(pool, store, [...candidates.values()]);
  const all = [...candidates.values()].filter((candidate) => !known.includes(candidate)).map((candidate) => generalised(platform, store, candidate));
  if (all.length === 0) return { taken: known.map(takenOf), unidentified };
  try {
    await inTransaction(pool, (connection) => writePage(connection, store, platform, all, node));
    await failpoint('intake.committed', store.platform);
  } catch (error) {
    if (!isRefusedBySql(error)) throw error;
    if (all.length > 1) {
      const half = Math.ceil(raws.length / 2);
      const parts = [];
      for (const part of [raws.slice(0, half), raws.slice(half)]) parts.push(await takePage({ pool, transitions, node }, store, platform, part));
      return { taken: parts.flatMap((part) => part.taken), unidentified };
    }
    const [only] = all;
    if (!only?.order) throw error;
    delete only.order;
    Object.assign(only, { result: 'generalize-error', reason: `the database refuses it: ${(error as Error).message}` });
    await inTransaction(pool, (connection) => writePage(connection, store, platform, all, node));
  }
  for (const lane of lanesOf(all, store)) transitions.events.emit('due', platform.initial, lane);
  if (platform.markTask) transitions.events.emit('due', platform.markTask, store.navKey);
  return { taken: [...known, ...all].map(takenOf), unidentified };
}

/** Where the orders of a page begin to be worked on: each in the lane of its warehouse. */
const lanesOf = (page: readonly Candidate[], { warehouses, navKey }: Store): Set<string> => new Set(page.map(({ order }) => warehouses.get((order && namedBy(order)) ?? '')?.navKey ?? navKey));

function received(store: Store, raw: unknown, identity: { platformId: string; modifiedAt: Date | undefined }): Candidate {
  const text = raw instanceof Quarantined ? raw.text : JSON.stringify(raw);
  return { ...identity, raw, text, hash: createHash('sha256').update(text).digest(), name: `${store.prefix}${identity.platformId}`, result: 'known' };
}

/** Those that stand in the database already, byte for byte as they came now: a search overlaps with the one before. */
async function unchanged(pool: Pool, store: Store, candidates: readonly Candidate[]): Promise<Candidate[]> {
  if (candidates.length === 0) return [];
  const rows = await select<{ platformId: string; hash: Buffer }>(pool, 'SELECT platform_id AS platformId, raw_hash AS hash FROM platform_orders WHERE store_id = ? AND platform_id IN (?)', [
    store.id,
    candidates.map(({ platformId }) => platformId),
  ]);
  const hashes = new Map(rows.map(({ platformId, hash }) => [platformId, hash]));
  return candidates.filter(({ platformId, hash }) => hashes.get(platformId)?.equals(hash));
}

const takenOf = ({ platformId, name, result, reason }: Candidate): Taken => ({ platformId, name, result, ...(reason !== undefined && { reason }) });

function generalised(platform: Platform, { warehouses }: Store, candidate: Candidate): Candidate {
  const { raw } = candidate;
  if (raw instanceof Quarantined) return { ...candidate, result: 'generalize-error', reason: `${raw.wrong.pointer}: ${raw.wrong.reason}; the order is kept as it came` };
  try {
    return { ...candidate, result: 'created', order: platform.generalise(raw, warehouses) };
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return { ...candidate, result: 'generalize-error', reason: `${error.pointer ?? ''}: ${error.message}` };
  }
}

async function writePage(connection: PoolConnection, store: Store, platform: Platform, page: readonly Candidate[], node?: string): Promise<void> {
  await connection.query(`${insert('platform_orders', page.map(({ platformId, text, hash, modifiedAt }) => ({
    store_id: store.id, platform_id: platformId, raw: text, raw_hash: hash, modified_at: modifiedAt ?? null,
  }))).join('')} ON DUPLICATE KEY UPDATE raw = VALUES(raw), raw_hash = VALUES(raw_hash), modified_at = VALUES(modified_at), updated_at = NOW(6)`);
  const rows = await writeOrders(connection, store, platform, page);
  const namesakes = page.filter(({ platformId }) => !rows.has(platformId));
  if (namesakes.length > 0) {
    for (const candidate of namesakes) Object.assign(candidate, { name: `${candidate.name}~${store.id}`, order: undefined, result: 'generalize-error', reason: `${candidate.name} is the name of another order` });
    for (const [platformId, row] of await writeOrders(connection, store, platform, namesakes)) rows.set(platformId, row);
  }
  for (const candidate of page) if (rows.get(candidate.platformId)?.status !== null) candidate.result = 'known';
  const created = page.flatMap((candidate) => {
    const row = rows.get(candidate.platformId);
    return row?.status === null ? [{ id: row.id, candidate, begin: beginOf(candidate, store, platform, Boolean(row.waits)) }] : [];
  });
  if (created.length === 0) return;
  await connection.query(createdRows(created, store, platform, node).join(';\n'));
  await failpoint('intake.commit', store.platform);
}

interface OrderRow {
  id: number;
  /** NULL for one that is new. */
  status: string | null;
  waits: number | null;
}

/** @returns by the storefront's number what stands there now; without those whose name another order has: a part of a split one, or another store's */
async function writeOrders(connection: PoolConnection, store: Store, platform: Platform, page: readonly Candidate[]): Promise<Map<string, OrderRow>> {
  await connection.query(`${insert('orders', page.map((candidate) => ({
    store_id: store.id,
    platform_id: candidate.platformId,
    name: candidate.name,
    warehouse_id: store.warehouseId,
    ...orderColumns(candidate.order, store, platform),
  }))).join('')} ON DUPLICATE KEY UPDATE updated_at = updated_at`);
  const rows = await select<OrderRow & { platformId: string }>(
    connection,
    'SELECT o.id, o.platform_id AS platformId, s.status, o.resume_at > NOW(6) AS waits FROM orders o LEFT JOIN order_status s ON s.order_id = o.id WHERE o.store_id = ? AND o.part = 0 AND o.platform_id IN (?)',
    [store.id, page.map(({ platformId }) => platformId)],
  );
  return new Map(rows.map(({ platformId, ...row }) => [platformId, row]));
}

/** Where a new order stands. @param waits whether its date is still to come */
function beginOf({ order }: Candidate, store: Store, platform: Platform, waits: boolean): Created['begin'] {
  if (!order) return 'GENERALIZE_ERROR';
  return (waits ? waitingIn(order, store, platform) : undefined) ?? platform.initial;
}

/** Where an order waits for its date; nowhere where the storefront has to be answered before. */
export const waitingIn = (order: CanonicalOrder, store: Pick<Store, 'delayMinutes'>, { initial }: Pick<Platform, 'initial'>): Dated['status'] | undefined =>
  initial === 'READY_FOR_PROCESSING' ? dateOf(order, store)?.status : undefined;

interface Created {
  id: number;
  candidate: Candidate;
  begin: Platform['initial'] | Dated['status'] | 'GENERALIZE_ERROR';
}

function createdRows(created: readonly Created[], store: Store, platform: Platform, node?: string): string[] {
  const good = created.flatMap(({ id, candidate }) => (candidate.order ? [{ id, order: candidate.order }] : []));
  const actor = `intake:${store.platform}`;
  const due = created.filter(({ begin }) => begin === platform.initial).map(({ id }) => id);
  const waiting = created.filter(({ begin }) => DATED.has(begin));
  return [
    ...insertContent(good, store.warehouses),
    ...insert('order_audits', created.map(({ id, candidate, begin }) => ({
      order_id: id, version: 1, from_status: '', to_status: begin, actor, node: node ?? null,
      reason: (candidate.reason ?? 'taken from the storefront').slice(0, 500),
    }))),
    ...(due.length > 0 ? [`UPDATE order_status SET due_at = NOW(6) WHERE order_id IN (${due.join(', ')})`] : []),
    ...waiting.map(({ id, candidate }) => format('UPDATE order_status SET reason = ? WHERE order_id = ?', [waitsBecause(candidate.order && dateOf(candidate.order, store)), id])),
    ...(platform.markTask
      ? insert('tasks', created.map(({ id, candidate }) => ({ kind: platform.markTask, order_id: id, store_id: store.id, subject: candidate.name, lane: store.navKey })))
      : []),
    ...insertEvents(created.map(({ id, begin }) => orderCreated(id, begin))),
  ];
}

const waitsBecause = (date: Dated | undefined): string =>
  date?.status === 'DELAYED' ? `delayed: the customer may change or cancel it until ${date.until.toISOString()}` : `a pre-order: waits until ${date?.until.toISOString() ?? 'its date'}`;

/** Lines with their files, and payments, of orders that have none yet. */
export function insertContent(orders: readonly { id: number; order: CanonicalOrder }[], warehouses: Warehouses): string[] {
  return [
    ...insert('line_items', orders.flatMap(({ id, order }) => order.lines.map((line) => ({
      order_id: id, line_id: line.lineId, position: line.position, sku: line.sku, name: line.name, quantity: line.quantity, unit_price: line.unitPrice,
      discount: line.discount, tax: line.tax, total: line.total, gift: line.gift, gift_message: line.giftMessage ?? null, path: line.path,
      warehouse_id: idOf(line.warehouse, warehouses) ?? null, properties: JSON.stringify(line.properties),
    })))),
    ...orders.flatMap(({ id, order }) => order.lines.flatMap((line) => (line.assets ?? []).map((asset) => insertAsset(id, line.lineId, asset)))),
    ...insert('payments', orders.flatMap(({ id, order }) => order.payments.map((payment) => ({
      order_id: id, instrument_id: payment.instrumentId, method: payment.method, card_type: payment.cardType ?? null,
      masked_number: payment.maskedNumber ?? null, currency: order.currency, amount: payment.amount,
    })))),
  ];
}

const idOf = (key: string | undefined, warehouses: Warehouses): number | undefined => (key === undefined ? undefined : warehouses.get(key)?.id);

/** The row of its line is written just before: its key is looked up. */
const insertAsset = (order: number, lineId: string, { kind, url, position }: Asset): string =>
  format('INSERT INTO line_item_assets (line_item_id, kind, url, position) SELECT id, ?, ?, ? FROM line_items WHERE order_id = ? AND line_id = ?', [kind, url, position, order, lineId]);

/** The columns of `orders` that the canonical order fills; all NULL for one that could not be generalised. Its warehouse is the store's unless all its lines name another one. */
export function orderColumns(order: CanonicalOrder | undefined, store: Pick<Store, 'delayMinutes' | 'warehouses'>, platform: Pick<Platform, 'navCustomerNo'>): Record<string, unknown> {
  if (!order)
    return { currency: null, total: null, customer_id: null, customer_email: null, customer_name: null, nav_customer_no: null, path: null, order_business_type: null, placed_at: null, resume_at: null, content: null };
  const { placedAt, customer, totals } = order;
  const warehouse = idOf(namedBy(order), store.warehouses);
  return {
    ...(warehouse !== undefined && { warehouse_id: warehouse }),
    currency: order.currency,
    total: totals.total,
    customer_id: customer.id ?? null,
    customer_email: customer.email,
    customer_name: customer.name,
    nav_customer_no: platform.navCustomerNo(order) ?? null,
    path: pathOf(order) ?? null,
    order_business_type: order.businessType ?? null,
    placed_at: new Date(placedAt),
    resume_at: dateOf(order, store)?.until ?? null,
    content: JSON.stringify(contentOf(order)),
  };
}
