import { escape, escapeId } from 'mysql2';

/** One multi-row INSERT; all rows have the columns of the first. */
export function insert(table: string, all: readonly Record<string, unknown>[]): string[] {
  const [first] = all;
  if (!first) return [];
  const columns = Object.keys(first);
  const values = all.map((row) => `(${columns.map((column) => escape((row[column] ?? null) as string | number | null, true, 'Z')).join(', ')})`);
  return [`INSERT INTO ${escapeId(table)} (${columns.map((column) => escapeId(column)).join(', ')}) VALUES ${values.join(', ')}`];
}
