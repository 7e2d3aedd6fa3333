import { BEGUN, providerOf } from '../lifecycle/requests';
import type { Pool } from '../store/pool';
import type { OrderContent } from './content';
import type { Asset, Fulfillment, Line, Order, Payment } from './order';

interface OrderRow {
  id: number;
  name: string;
  platformId: string;
  storeId: number;
  storeUrl: string;
  storePlatform: string;
  storeSite: string | null;
  exportToNav: number;
  part: number;
  revision: number;
  exportSequence: number;
  batchSequence: number;
  batchReference: string | null;
  warehouseKey: string;
  navKey: string;
  cirroRegion: string;
  provider: string;
  /** The kind of the request that its 3PL was asked by. */
  requestedBy: string | null;
  navCustomerNo: string | null;
  businessType: number | null;
  currency: string;
  content: string;
  /** A sum is text. */
  captured: string | null;
  openCaptures: number;
  heldCaptures: number;
}

/** As it stands in the table: flags are numbers, properties are JSON text. */
type LineRow = Omit<Line, 'gift' | 'properties' | 'assets' | 'path'> & { path: Line['path'] | null; order: number; gift: number; properties: string };

const BEGUN_STATES = [...BEGUN].map((state) => `'${state}'`).join(', ');

/** Whether NAV has been asked to create the order `o`, and may have done it. */
export const NAV_CREATE_BEGUN = `o.nav_order_no IS NOT NULL
  OR EXISTS (SELECT 1 FROM effects e WHERE e.order_id = o.id AND e.kind = 'nav.create' AND e.state IN (${BEGUN_STATES}))`;

/** SFCC's customers have a number of their own. The others share the card of their store, or of their platform, as it is when NAV is asked. */
const NAV_CUSTOMER_NO = `CASE WHEN s.platform = 'sfcc' OR ${NAV_CREATE_BEGUN} THEN o.nav_customer_no
  ELSE COALESCE((SELECT c.nav_customer_no FROM customer_cards c WHERE c.source IN (s.platform, CONCAT(s.platform, '/', s.site)) ORDER BY LENGTH(c.source) DESC LIMIT 1), o.nav_customer_no) END`;

/** What has happened wins over what the store has set by now: NAV was asked to create the order, or the order has passed it by. */
const EXPORT_TO_NAV = `CASE
  WHEN ${NAV_CREATE_BEGUN} THEN 1
  WHEN EXISTS (SELECT 1 FROM order_audits a WHERE a.order_id = o.id AND a.to_status = 'RELEASED_FROM_NAV' AND a.actor <> 'import'
    AND a.from_status IN ('', 'READY_FOR_PROCESSING', 'PENDING_APPROVALS', 'RETAIN_APPROVED')) THEN 0
  ELSE s.export_to_nav END`;

/** The request of its current sequence that went out, or may have: who was asked keeps the order when its warehouse is handed over. */
const REQUESTED_BY = `(SELECT e.kind FROM effects e WHERE e.order_id = o.id AND e.kind LIKE '%.request' AND e.state IN (${BEGUN_STATES}) AND e.\`key\` LIKE CONCAT('%:', o.export_sequence) LIMIT 1)`;

/** By the order: an index of all open tasks would be read as a whole, for each order anew. */
const UNCAPTURED = "FROM tasks t FORCE INDEX (task_order) WHERE t.order_id = o.id AND t.kind = CONCAT(s.platform, '.capture') AND t.done_at IS NULL";

/** What its parcels have captured one by one, and how many are still to, or held: in one statement, so that none is missed between them. */
const CAPTURES = `(SELECT SUM(e.amount) FROM effects e WHERE e.order_id = o.id AND e.kind = CONCAT(s.platform, '.capture') AND e.state = 'done') AS captured,
            (SELECT COUNT(*) ${UNCAPTURED} AND t.holds = 0) AS openCaptures, (SELECT COUNT(*) ${UNCAPTURED} AND t.holds > 0) AS heldCaptures`;

/** Loads what a stage is given, for a whole batch of claims in one round trip; orders that were never generalised are left out. */
export async function loadOrders(pool: Pool, ids: readonly number[]): Promise<Map<number, Order>> {
  if (ids.length === 0) return new Map();
  const [results] = await pool.query(
    `SELECT o.id, o.name, o.platform_id AS platformId, o.store_id AS storeId, s.url AS storeUrl, s.platform AS storePlatform, s.site AS storeSite, ${EXPORT_TO_NAV} AS exportToNav,
            o.part, o.revision, o.export_sequence AS exportSequence, o.batch_sequence AS batchSequence, o.batch_reference AS batchReference, w.\`key\` AS warehouseKey, w.nav_key AS navKey, w.cirro_region AS cirroRegion, w.provider, ${REQUESTED_BY} AS requestedBy,
            ${NAV_CUSTOMER_NO} AS navCustomerNo, o.order_business_type AS businessType, o.currency, o.content, ${CAPTURES}
       FROM orders o JOIN stores s ON s.id = o.store_id JOIN warehouses w ON w.id = o.warehouse_id WHERE o.id IN (?) AND o.content IS NOT NULL;
     SELECT l.order_id AS \`order\`, l.line_id AS lineId, l.position, l.sku, l.name, l.quantity, l.unit_price AS unitPrice, l.discount, l.tax, l.total, l.gift,
            l.gift_message AS giftMessage, l.path, w.\`key\` AS warehouse, l.properties FROM line_items l LEFT JOIN warehouses w ON w.id = l.warehouse_id WHERE l.order_id IN (?) ORDER BY l.order_id, l.position;
     SELECT order_id AS \`order\`, instrument_id AS instrumentId, method, amount, card_type AS cardType, masked_number AS maskedNumber FROM payments WHERE order_id IN (?) ORDER BY id;
     ${alsoOfParts('shipment_id AS shipmentId, f.carrier, f.tracking, f.shipped_at AS shippedAt, f.created_at AS createdAt', 'fulfillments')} ORDER BY createdAt, shipmentId;
     ${alsoOfParts('shipment_id AS shipmentId, f.line_id AS lineId, f.quantity', 'fulfillment_items')};
     SELECT l.order_id AS \`order\`, l.line_id AS lineId, a.kind, a.url, a.position FROM line_items l JOIN line_item_assets a ON a.line_item_id = l.id WHERE l.order_id IN (?) ORDER BY l.order_id, a.position, a.id`,
    Array.from({ length: 8 }, () => ids),
  );
  const [orders, lines, payments, fulfillments, items, assets] = results as unknown as [
    OrderRow[],
    LineRow[],
    (Payment & { order: number })[],
    (ParcelRow & { order: number })[],
    { order: number; ofOrder: number; shipmentId: string; lineId: string; quantity: number }[],
    (Asset & { order: number; lineId: string })[],
  ];
  const linesOf = byOrder(lines);
  const paymentsOf = byOrder(payments);
  const fulfillmentsOf = byOrder(fulfillments);
  const itemsOf = byOrder(items);
  const assetsOf = byOrder(assets);
  return new Map(
    orders.map((row) => [
      row.id,
      {
        ...(JSON.parse(row.content) as OrderContent),
        id: row.id,
        name: row.name,
        platformId: row.platformId,
        storeId: row.storeId,
        storeUrl: row.storeUrl,
        storePlatform: row.storePlatform,
        storeSite: row.storeSite ?? '',
        exportToNav: Boolean(row.exportToNav),
        part: row.part,
        revision: row.revision,
        exportSequence: row.exportSequence,
        batchSequence: row.batchSequence,
        ...(row.batchReference !== null && { batchReference: row.batchReference }),
        warehouse: { key: row.warehouseKey, navKey: row.navKey, cirroRegion: row.cirroRegion, provider: row.requestedBy === null ? row.provider : providerOf(row.requestedBy) },
        ...(row.navCustomerNo !== null && { navCustomerNo: row.navCustomerNo }),
        ...(row.businessType !== null && { businessType: row.businessType }),
        currency: row.currency,
        lines: (linesOf.get(row.id) ?? []).map((line) => toLine(line, assetsOf.get(row.id) ?? [])),
        payments: (paymentsOf.get(row.id) ?? []).map((payment) => present(payment) as Payment),
        fulfillments: parcelsOf(fulfillmentsOf.get(row.id) ?? [], itemsOf.get(row.id) ?? []),
        ...(row.captured !== null && { captured: Number(row.captured) }),
        ...(row.openCaptures > 0 && { openCaptures: row.openCaptures }),
        ...(row.heldCaptures > 0 && { heldCaptures: row.heldCaptures }),
      },
    ]),
  );
}

/** Of the orders themselves, and for each split one of all its parts. */
const alsoOfParts = (columns: string, table: string): string =>
  `SELECT f.order_id AS \`order\`, f.order_id AS ofOrder, f.${columns} FROM ${table} f WHERE f.order_id IN (?)
     UNION ALL SELECT o.parent_order_id, f.order_id, f.${columns} FROM orders o JOIN ${table} f ON f.order_id = o.id WHERE o.parent_order_id IN (?)`;

interface ParcelRow {
  ofOrder: number;
  shipmentId: string;
  carrier: string;
  tracking: string;
  shippedAt: Date | string;
}

/** A parcel that holds lines of two parts is one parcel of their parent; two shippers may give two parcels the same number. */
function parcelsOf(rows: readonly ParcelRow[], items: readonly { ofOrder: number; shipmentId: string; lineId: string; quantity: number }[]): Fulfillment[] {
  const parcels = Map.groupBy(rows, ({ shipmentId, carrier, tracking }) => JSON.stringify([shipmentId, carrier, tracking]));
  return [...parcels.values()].map((same) => {
    const { shipmentId, carrier, tracking, shippedAt } = same.at(-1) as ParcelRow;
    const holders = new Set(same.map(({ ofOrder }) => ofOrder));
    const held = items.filter((item) => item.shipmentId === shipmentId && holders.has(item.ofOrder));
    return { shipmentId, carrier, tracking, shippedAt: new Date(shippedAt).toISOString(), lines: held.map(({ lineId, quantity }) => ({ lineId, quantity })) };
  });
}

/** What was read before lines said who fulfils them is finished goods. */
function toLine(row: LineRow, assetsOfOrder: readonly (Asset & { lineId: string })[]): Line {
  const assets = assetsOfOrder.filter(({ lineId }) => lineId === row.lineId).map(({ kind, url, position }) => ({ kind, url, position }));
  return { ...(present(row) as Omit<Line, 'path'>), path: row.path ?? 'finished', gift: Boolean(row.gift), properties: JSON.parse(row.properties) as Line['properties'], ...(assets.length > 0 && { assets }) };
}

/** A row without its order's id and without the columns that are NULL. */
function present(row: object): object {
  return Object.fromEntries(Object.entries(row).filter(([name, value]) => name !== 'order' && value !== null));
}

function byOrder<Row extends { order: number }>(rows: readonly Row[]): Map<number, Row[]> {
  const grouped = new Map<number, Row[]>();
  for (const row of rows) {
    const group = grouped.get(row.order);
    if (group) group.push(row);
    else grouped.set(row.order, [row]);
  }
  return grouped;
}
