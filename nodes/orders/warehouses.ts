import { type Pool, select } from '../store/pool';
import type { CanonicalOrder } from './order';

/** The warehouses there are, by their keys. */
export type Warehouses = ReadonlyMap<string, { readonly id: number; readonly navKey: string }>;

export async function readWarehouses(pool: Pool): Promise<Warehouses> {
  const rows = await select<{ id: number; key: string; navKey: string }>(pool, 'SELECT id, `key`, nav_key AS navKey FROM warehouses');
  return new Map(rows.map(({ key, ...warehouse }) => [key, warehouse]));
}

/** The warehouse that every line of an order names; undefined where one names none, or they differ. */
export function namedBy({ lines }: Pick<CanonicalOrder, 'lines'>): string | undefined {
  const [key, ...others] = new Set(lines.map(({ warehouse }) => warehouse));
  return others.length === 0 ? key : undefined;
}
