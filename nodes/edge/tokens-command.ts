import { parseArgs } from 'node:util';
import mysql from 'mysql2/promise';
import { addToken, listTokens, revokeToken, type TokenRow } from './caller-tokens-desk';

const USAGE = 'Usage: npm run tokens -- list | add <caller> [--label <text>] | revoke <id>';

/** What `bin/run tokens` runs, on the database of OMS_DATABASE_URL. */
async function main(): Promise<void> {
  const { OMS_DATABASE_URL: url } = process.env;
  if (!url) throw new Error('OMS_DATABASE_URL is needed: the account of the migration; the running system may not change tokens.');
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { label: { type: 'string', default: '' } } });
  const [action, subject = ''] = positionals;
  const act = { list: positionals.length === 1, add: positionals.length === 2, revoke: /^\d{1,9}$/.test(subject) && positionals.length === 2 }[action ?? ''];
  if (!act) throw new Error(USAGE);
  const connection = await mysql.createConnection({ uri: url, timezone: 'Z' });
  try {
    await connection.query("SET time_zone = '+00:00'");
    if (action === 'list') process.stdout.write(table(await listTokens(connection)));
    else if (action === 'revoke') {
      await revokeToken(connection, Number(subject));
      process.stdout.write(`Token ${subject} is revoked: every process refuses it within a few seconds.\n`);
    } else {
      const { id, token } = await addToken(connection, subject, values.label);
      process.stdout.write(`Token ${id} of ${subject}, shown this once:\n${token}\n`);
    }
  } finally {
    await connection.end();
  }
}

const HEAD = ['id', 'caller', 'state', 'created', 'last used', 'expires', 'label'];

function table(tokens: readonly TokenRow[]): string {
  const minute = (date: Date | null): string => date?.toISOString().slice(0, 16) ?? '-';
  const lines = [HEAD, ...tokens.map(({ id, caller, state, created, used, expires, label }) => [String(id), caller, state, minute(created), minute(used), minute(expires), label])];
  const widths = HEAD.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) => `${line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`).join('');
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
