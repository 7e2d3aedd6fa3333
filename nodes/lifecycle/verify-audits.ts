import mysql from 'mysql2/promise';
import { type Tampering, verifyAudits } from './audit-chain';

/** What `bin/run audit:verify` runs, on the database of OMS_DATABASE_URL: one line, and exit code 1 where a row was tampered with. */
async function main(): Promise<void> {
  const { OMS_DATABASE_URL: url } = process.env;
  if (!url) throw new Error('OMS_DATABASE_URL is needed: the account of the migration; the key of the chain is not for the running system.');
  const connection = await mysql.createConnection({ uri: url, multipleStatements: true, timezone: 'Z' });
  try {
    const { orders, rows, tampered } = await verifyAudits(connection);
    if (tampered) throw new Error(`TAMPERED: ${await placeOf(connection, tampered)}. What comes after it was not looked at.`);
    process.stdout.write(`${rows} audit rows of ${orders} orders: every one fits its hash and the row before it.\n`);
  } finally {
    await connection.end();
  }
}

async function placeOf(connection: mysql.Connection, { order, version, what }: Tampering): Promise<string> {
  const [[row]] = await connection.query<mysql.RowDataPacket[]>('SELECT name FROM orders WHERE id = ?', [order]);
  return `order ${(row?.['name'] as string | undefined) ?? 'without a row'} (id ${order}), version ${version}: ${what}`;
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
