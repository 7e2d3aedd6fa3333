import { readFileSync } from 'node:fs';
import path from 'node:path';
import mysql from 'mysql2/promise';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { Umzug } from 'umzug';
import { makeAuditKey } from './nodes/lifecycle/audit-chain';
import { syncLifecycle } from './nodes/lifecycle/sync';
import { type Account, accountsOf, closeOwner, grantAccounts, openOwner, OWNER } from './nodes/store/accounts';

const MIGRATIONS = path.join(__dirname, 'nodes/store/migrations/*.sql');
const LOCK_SECONDS = 120;

/** URLs of the accounts that running programs use. */
export type AccountUrls = Record<Account, string>;

/**
 * Brings the database up to this version: creates it and its accounts, runs the missing `.sql` files, writes the lifecycle, and
 * gives every account exactly its rights. Safe to run from several machines at once, and again.
 * @param url an account that may create accounts and databases, with the database's name
 * @param dataDir where the passwords of the accounts are kept
 * @param given URLs of accounts that the site makes itself
 * @param to the last file to run, of an earlier version; absent: all
 */
export async function migrate({ url, dataDir, given = {}, to }: { url: string; dataDir: string; given?: Partial<AccountUrls>; to?: string }): Promise<AccountUrls> {
  const target = new URL(url);
  const database = target.pathname.slice(1);
  if (!/^[\w-]{1,60}$/.test(database)) throw new Error('OMS_DATABASE_URL must end with the name of the database, e.g. mysql://root@host:3306/oms');
  const server = { host: target.hostname, port: Number(target.port || 3306), multipleStatements: true, timezone: 'Z' };
  const admin = await mysql.createConnection({ ...server, user: decodeURIComponent(target.username), password: decodeURIComponent(target.password) });
  try {
    const [[lock]] = await admin.query<RowDataPacket[]>("SELECT GET_LOCK('oms.migrate', ?) AS got", [LOCK_SECONDS]);
    if (lock?.['got'] !== 1) throw new Error(`another migration has been running for ${LOCK_SECONDS} s`);
    await assertTriggersAllowed(admin);
    const logins = await accountsOf(admin, dataDir, given);
    await admin.query(`CREATE DATABASE IF NOT EXISTS \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`);
    const password = await openOwner(admin, database);
    const owner = await mysql.createConnection({ ...server, user: OWNER, password, database });
    try {
      await runFiles(owner, to);
      await syncLifecycle(owner);
    } finally {
      await owner.end();
      await closeOwner(admin);
    }
    await grantAccounts(admin, database, logins, to === undefined);
    const urlOf = (account: Account): string => given[account] ?? `mysql://${logins[account].user}:${logins[account].password}@${target.hostname}:${server.port}/${database}`;
    return { app: urlOf('app'), report: urlOf('report'), import: urlOf('import') };
  } finally {
    await admin.end();
  }
}

/** MySQL with a binary log lets an account without SUPER create triggers only if it is told so. */
async function assertTriggersAllowed(admin: Connection): Promise<void> {
  const [[row]] = await admin.query<RowDataPacket[]>('SELECT @@log_bin AS binlog, @@log_bin_trust_function_creators AS trusted');
  if (row?.['binlog'] && !row['trusted'])
    throw new Error('the server writes a binary log: set log_bin_trust_function_creators=1, the guard of the statuses needs triggers');
}

async function runFiles(owner: Connection, to: string | undefined): Promise<void> {
  // The key of the audit chain, for the one migration that keeps it.
  const { inner, outer } = makeAuditKey();
  await owner.query('SET @audit_inner_pad = ?, @audit_outer_pad = ?', [inner, outer]);
  await owner.query(`CREATE TABLE IF NOT EXISTS migrations (
    name VARCHAR(191) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY, run_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6))`);
  const umzug = new Umzug({
    migrations: {
      glob: MIGRATIONS,
      resolve: ({ name, path: file }) => ({ name, up: async () => owner.query(readFileSync(file ?? '', 'utf8')) }),
    },
    storage: {
      logMigration: async ({ name }) => void (await owner.query('INSERT INTO migrations (name) VALUES (?)', [name])),
      unlogMigration: async () => {
        throw new Error('migrations only go forward');
      },
      executed: async () => {
        const [rows] = await owner.query<RowDataPacket[]>('SELECT name FROM migrations ORDER BY name');
        return rows.map((row) => String(row['name']));
      },
    },
    logger: undefined,
  });
  await umzug.up(to === undefined ? {} : { to });
}

/** `node dist/migrate.js`: prints the URLs of the accounts as its last line, or one line saying what is wrong. */
async function main(): Promise<void> {
  const { OMS_DATABASE_URL: url, OMS_DATA_DIR: dataDir, OMS_DATABASE_APP_URL: app, OMS_DATABASE_REPORT_URL: report, OMS_DATABASE_IMPORT_URL: importing } = process.env;
  if (!url || !dataDir) throw new Error('OMS_DATABASE_URL and OMS_DATA_DIR are needed');
  process.stdout.write(`${JSON.stringify(await migrate({ url, dataDir, given: { ...(app && { app }), ...(report && { report }), ...(importing && { import: importing }) } }))}\n`);
}

if (require.main === module)
  main().catch((error: Error & { code?: string }) => {
    process.stderr.write(`The database could not be prepared: ${error.message || error.code}\n`);
    process.exitCode = 1;
  });
