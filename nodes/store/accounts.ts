import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';

/** The accounts beside the administrator's: `oms_owner` owns what is defined, the other three are used by running programs. */
export const ACCOUNTS = { app: 'oms_app', report: 'oms_report', import: 'oms_import' } as const;
export type Account = keyof typeof ACCOUNTS;
export const OWNER = 'oms_owner';

/** What nobody reads but the owner. */
const OWNERS_ALONE = new Set(['audit_keys']);

/** What the application may do with a table beyond SELECT. Absent from this list: SELECT, INSERT, UPDATE. */
const APP_RIGHTS: Record<string, string> = {
  migrations: '',
  statuses: '',
  status_transitions: '',
  order_status: 'UPDATE (lane, due_at, claimed_by, claim_token, claimed_at, attempts, crashes, holds, pending, reason)',
  order_audits: 'INSERT',
  order_events: 'INSERT',
  inbox: 'INSERT, UPDATE, DELETE',
  outbox: 'INSERT, UPDATE, DELETE',
  idempotency_keys: 'INSERT, UPDATE, DELETE',
  job_runs: 'INSERT, UPDATE, DELETE',
  batching_places: 'INSERT, UPDATE, DELETE',
  processes: 'INSERT, UPDATE, DELETE',
  flow_revisions: 'INSERT, DELETE',
  feature_flags: 'INSERT, UPDATE, DELETE',
  feature_flag_changes: '',
  // It takes up the tokens of its environment; who revokes one is the administrator.
  caller_tokens: 'INSERT (caller, token_hash, label, variable), UPDATE (expires_at, last_used_at)',
};

/** Tables and columns that a report may read; never a customer's name, address or e-mail, nor a raw order. */
const REPORT_RIGHTS: Record<string, string> = {
  orders: 'SELECT (id, store_id, platform_id, part, name, parent_order_id, path, warehouse_id, revision, export_sequence, nav_order_no, batch_reference, currency, total, placed_at, created_at, updated_at)',
  line_items: 'SELECT (id, order_id, line_id, position, sku, quantity, quantity_cancelled, quantity_shipped, quantity_refunded, unit_price, discount, tax, total, path, warehouse_id, created_at, updated_at)',
  fulfillments: 'SELECT (order_id, shipment_id, carrier, shipped_at, state, created_at, updated_at)',
  line_item_assets: 'SELECT (id, line_item_id, kind, created_at, updated_at)',
  platform_orders: 'SELECT (id, store_id, platform_id, modified_at, export_status, received_at, updated_at)',
  inbox: 'SELECT (id, source, event_id, type, order_id, node, state, reason, status, received_at, applied_at)',
  outbox: '',
  flow_revisions: 'SELECT (id, revision, follows, origin, author, created_at)',
  idempotency_keys: '',
  caller_tokens: 'SELECT (id, caller, label, variable, created_at, valid_from, expires_at, revoked_at, last_used_at)',
  users: '',
};

const IMPORT_RIGHTS: Record<string, string> = {
  orders: 'SELECT, INSERT',
  line_items: 'SELECT, INSERT',
  payments: 'SELECT, INSERT',
  platform_orders: 'SELECT, INSERT',
  stores: 'SELECT',
  warehouses: 'SELECT',
  order_status: 'SELECT',
  order_audits: 'SELECT',
  statuses: 'SELECT',
};

/** An account that running programs use. */
export interface Login {
  user: string;
  password: string;
  /** The site made it and keeps its password: we give it its rights and nothing else. */
  given: boolean;
}

/**
 * The accounts of this installation: given by the site, or made by its first migration, whose passwords lie beside the data.
 * @param given URLs of the accounts that the site makes itself
 * @throws Error where an account is there already and neither of both: it is another installation's
 */
export async function accountsOf(admin: Connection, dataDir: string, given: Partial<Record<Account, string>>): Promise<Record<Account, Login>> {
  const file = path.join(dataDir, 'database-accounts.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<Account, string>>) : {};
  const logins = {} as Record<Account, Login>;
  for (const account of Object.keys(ACCOUNTS) as Account[]) {
    const url = given[account];
    if (url) {
      const { username, password } = new URL(url);
      logins[account] = { user: decodeURIComponent(username), password: decodeURIComponent(password), given: true };
      continue;
    }
    const user = ACCOUNTS[account];
    if (kept[account] === undefined && (await exists(admin, user)))
      throw new Error(`the server has an account ${user} whose password is not in ${file}: another installation uses it. Give this one a server of its own, or the accounts' URLs`);
    logins[account] = { user, password: (kept[account] ??= randomBytes(18).toString('base64url')), given: false };
  }
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`, { mode: 0o600 });
  return logins;
}

async function exists(admin: Connection, user: string): Promise<boolean> {
  return admin.query(`SHOW GRANTS FOR '${user}'@'%'`).then(
    () => true,
    () => false,
  );
}

/** Creates the owner with a password for this migration alone, and gives it the database. */
export async function openOwner(admin: Connection, database: string): Promise<string> {
  const password = randomBytes(18).toString('base64url');
  await admin.query(`CREATE USER IF NOT EXISTS '${OWNER}'@'%' IDENTIFIED BY ?`, [password]);
  await admin.query(`ALTER USER '${OWNER}'@'%' IDENTIFIED BY ? ACCOUNT UNLOCK`, [password]);
  await admin.query(`GRANT ALL PRIVILEGES ON \`${database}\`.* TO '${OWNER}'@'%'`);
  return password;
}

/** Nobody signs in as the owner between two migrations; what it defined keeps running with its rights. */
export async function closeOwner(admin: Connection): Promise<void> {
  await admin.query(`ALTER USER '${OWNER}'@'%' ACCOUNT LOCK`);
}

/**
 * Creates the accounts that are ours and gives each exactly its rights, whatever it had before.
 * @param complete false where the schema is an earlier version's: what it does not have yet is left out
 */
export async function grantAccounts(admin: Connection, database: string, logins: Record<Account, Login>, complete = true): Promise<void> {
  for (const { user, password, given } of Object.values(logins)) {
    if (!given) {
      await admin.query(`CREATE USER IF NOT EXISTS '${user}'@'%' IDENTIFIED BY ?`, [password]);
      await admin.query(`ALTER USER '${user}'@'%' IDENTIFIED BY ?`, [password]);
    }
    await revokeAll(admin, database, user);
  }
  if (!logins.report.given) await limitReports(admin, logins.report.user);
  const [tables] = await admin.query<RowDataPacket[]>(
    "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE'",
    [database],
  );
  const grants: string[] = [];
  for (const { name } of (tables as { name: string }[]).filter((table) => !OWNERS_ALONE.has(table.name))) {
    const on = `ON \`${database}\`.\`${name}\``;
    const app = APP_RIGHTS[name] ?? 'INSERT, UPDATE';
    grants.push(`GRANT SELECT${app && `, ${app}`} ${on} TO '${logins.app.user}'@'%'`);
    const report = REPORT_RIGHTS[name] ?? 'SELECT';
    if (report) grants.push(`GRANT ${report} ${on} TO '${logins.report.user}'@'%'`);
    if (IMPORT_RIGHTS[name]) grants.push(`GRANT ${IMPORT_RIGHTS[name]} ${on} TO '${logins.import.user}'@'%'`);
  }
  grants.push(`GRANT EXECUTE ON PROCEDURE \`${database}\`.import_order_status TO '${logins.import.user}'@'%'`);
  for (const grant of grants)
    await admin.query(grant).catch((error: Error & { code?: string }) => {
      if (complete || error.code !== 'ER_BAD_FIELD_ERROR') throw error;
    });
}

/** What a report may take. MariaDB ends it then; MySQL knows no such limit of an account, there the statements carry a hint. */
const REPORT_SECONDS = 10;

async function limitReports(admin: Connection, user: string): Promise<void> {
  const [[server]] = await admin.query<RowDataPacket[]>('SELECT VERSION() AS version');
  if (/mariadb/i.test(String(server?.['version']))) await admin.query(`ALTER USER '${user}'@'%' WITH MAX_STATEMENT_TIME ${REPORT_SECONDS}`);
}

/** Takes back every right on this database alone (several databases of a server may share the accounts). */
async function revokeAll(admin: Connection, database: string, user: string): Promise<void> {
  const [grants] = await admin.query<RowDataPacket[]>(`SHOW GRANTS FOR '${user}'@'%'`);
  for (const row of grants) {
    const text = String(Object.values(row)[0]);
    const match = /^GRANT (.+) ON ((?:PROCEDURE |FUNCTION )?`([^`]+)`\.\S+) TO /.exec(text);
    if (!match || match[3] !== database) continue;
    await admin.query(`REVOKE ${match[1]} ON ${match[2]} FROM '${user}'@'%'`);
  }
}
