import type { System } from '../../support/system';

/** Everything that is written about an order: what a worker that was fenced off may not change. Its call's own attempt is evidence, and stays its own. */
const TABLES: readonly (readonly [table: string, by: string, columns: string])[] = [
  ['order_status', 'order_id', '*'],
  ['order_audits', 'order_id', '*'],
  ['tasks', 'order_id', '*'],
  ['holds', 'order_id', '*'],
  ['outbox', 'order_id', 'id'],
  ['inbox', 'order_id', '*'],
  ['payments', 'order_id', '*'],
  ['fulfillments', 'order_id', '*'],
  ['line_items', 'order_id', '*'],
  ['cancellations', 'order_id', '*'],
  ['effects', 'order_id', 'id, `key`, state, attempt'],
  ['orders', 'id', '*'],
];

/** What the database says about each of these orders, one text a table. */
export async function imprint(system: System, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const ids = (await system.sql<{ id: number }>('SELECT id FROM orders WHERE name IN (?)', [names])).map(({ id }) => id);
  const texts = new Map<string, string>();
  for (const [table, by, columns] of TABLES)
    for (const [order, rows] of Map.groupBy(await system.sql(`SELECT ${columns}, ${by} AS about FROM ${table} WHERE ${by} IN (?) ORDER BY 1, 2`, [ids]), ({ about }) => about))
      texts.set(`${table} of order ${String(order)}`, JSON.stringify(rows));
  return texts;
}

/** What differs, in words: the first place of each text. */
export const differences = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key)).map((key) => {
    const [was, is] = [before.get(key) ?? '', after.get(key) ?? ''];
    let at = 0;
    while (at < is.length && is[at] === was[at]) at++;
    const around = (text: string): string => text.slice(Math.max(0, at - 60), at + 40);
    return `${key} was changed: …${around(was)}… → …${around(is)}…`;
  });
