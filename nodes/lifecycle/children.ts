/** The parts of a split order: how they are written, and when their parent looks at them. */
import { escape } from 'mysql2';
import type { ChildOrder, Image, Split } from './change';
import { orderCreated } from './events';
import type { Status } from './lifecycle';

/** The kind of task that has a split order look at its parts. */
export const PARENT_TASK = 'parent.recompute';

/** Where a split order still follows its parts. */
export const FOLLOWING: ReadonlySet<Status> = new Set(['SPLIT', 'PARTIALLY_SHIPPED', 'SHIPPED']);

/** The rows of `tasks` by which the parents of these orders look again: after whatever happened to a part, and after each step of their own. */
export function looksAtParts(images: readonly Image[]): Record<string, unknown>[] {
  const looks = new Map<number, Record<string, unknown>>();
  for (const { parent, children, order, storeId, lane, status, cameFrom } of images) {
    const whose = parent ?? (children > 0 && cameFrom !== undefined && FOLLOWING.has(status) ? order : undefined);
    if (whose !== undefined) looks.set(whose, { kind: PARENT_TASK, order_id: whose, store_id: storeId, subject: String(whose), lane });
  }
  return [...looks.values()];
}

/** What a part has from its parent as it is. */
const SAME = ['store_id', 'platform_id', 'order_business_type', 'nav_customer_no', 'currency', 'customer_id', 'customer_email', 'customer_name', 'placed_at'].join(', ');
const OF_A_LINE = ['line_id', 'position', 'sku', 'name', 'quantity', 'unit_price', 'discount', 'tax', 'total', 'gift', 'gift_message', 'path', 'warehouse_id', 'properties'];
const OF_A_PAYMENT = ['instrument_id', 'method', 'card_type', 'masked_number', 'currency'];

/** The parts of an order with their lines, payments and first audits; due at once. Written in the transaction in which the order becomes SPLIT. */
export function insertChildren({ order, actor, node, split }: { order: number; actor: string; node?: string | null | undefined; split: Split }): string[] {
  return split.children.flatMap((child) => insertChild(order, child, { actor, node: node ?? null }));
}

function insertChild(parent: number, { part, path, warehouse, status, total, content, lines, payments }: ChildOrder, by: { actor: string; node: string | null }): string[] {
  const child = `FROM orders c JOIN orders o ON o.id = c.parent_order_id`;
  const itself = `WHERE c.parent_order_id = ${parent} AND c.part = ${part}`;
  const ofLines = lines.map((line) => escape(line)).join(', ');
  const shares = payments.map(({ instrumentId, amount }) => `WHEN ${escape(instrumentId)} THEN ${amount}`).join(' ');
  const { data, type } = orderCreated(0, status);
  return [
    `INSERT INTO orders (part, name, parent_order_id, path, warehouse_id, total, content, ${SAME})
       SELECT ${part}, CONCAT(name, '-${part}'), id, ${escape(path)}, (SELECT w.id FROM warehouses w WHERE w.\`key\` = ${escape(warehouse)}), ${total}, ${escape(content)}, ${SAME} FROM orders WHERE id = ${parent}`,
    `INSERT INTO line_items (order_id, ${OF_A_LINE.join(', ')})
       SELECT c.id, ${OF_A_LINE.map((column) => `l.${column}`).join(', ')} ${child} JOIN line_items l ON l.order_id = o.id ${itself} AND l.line_id IN (${ofLines})`,
    `INSERT INTO line_item_assets (line_item_id, kind, url, position)
       SELECT n.id, a.kind, a.url, a.position ${child} JOIN line_items n ON n.order_id = c.id JOIN line_items l ON l.order_id = o.id AND l.line_id = n.line_id JOIN line_item_assets a ON a.line_item_id = l.id ${itself}`,
    ...(payments.length > 0
      ? [`INSERT INTO payments (order_id, ${OF_A_PAYMENT.join(', ')}, amount, state)
       SELECT c.id, ${OF_A_PAYMENT.map((column) => `p.${column}`).join(', ')}, CASE p.instrument_id ${shares} END, 'share' ${child} JOIN payments p ON p.order_id = o.id ${itself} AND p.instrument_id IN (${payments.map(({ instrumentId }) => escape(instrumentId)).join(', ')})`]
      : []),
    `INSERT INTO order_audits (order_id, version, from_status, to_status, actor, node, reason)
       SELECT c.id, 1, '', ${escape(status)}, ${escape(by.actor)}, ${escape(by.node)}, CONCAT('part ${part} of ', o.name) ${child} ${itself}`,
    `INSERT INTO outbox (order_id, version, type, data) SELECT c.id, 1, ${escape(type)}, ${escape(JSON.stringify({ version: 1, ...data }))} ${child} ${itself}`,
    `UPDATE order_status s JOIN orders c ON c.id = s.order_id SET s.due_at = NOW(6) ${itself}`,
  ];
}
