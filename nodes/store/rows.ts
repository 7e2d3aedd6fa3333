import { escape, escapeId } from 'mysql2';

/** One multi-row INSERT; all rows have the columns of the first. */
export function insert(table: string, all: readonly Record<string, unknown>[]): string[] {
  const [first] = all;
  if (!first) return [];
  const columns = Object.keys(first);
  const values = all.map((row) => `(${columns.map((column) => literal(row[column])).join(', ')})`);
  return [`INSERT INTO ${escapeId(table)} (${columns.map((column) => escapeId(column)).join(', ')}) VALUES ${values.join(', ')}`];
}

/** Numbers, which most columns are, need no escaping. */
const literal = (value: unknown): string => (typeof value === 'number' ? String(value) : escape((value ?? null) as string | null, true, 'Z'));
