import { execFile } from 'node:child_process';
import { createConnection } from 'mysql2/promise';
import { CallerTokens } from '../../nodes/edge/caller-tokens';
import { addToken, listTokens, revokeToken } from '../../nodes/edge/caller-tokens-desk';
import { type Caller, Callers, hashOf } from '../../nodes/edge/callers';
import type { Log } from '../../nodes/runtime/log';
import { count, createWorld, type World } from '../support/orders';
import { waitFor } from '../support/system';

/** The callers' tokens as rows: taken up from the environment, rotated, revoked, on the real database with the real accounts. */

let world: World;
let administrator: Awaited<ReturnType<typeof createConnection>>;
const started: CallerTokens[] = [];
const warned: string[] = [];
const log = { warn: ({ code }: { code: string }) => warned.push(code) } as unknown as Log;

beforeAll(async () => {
  world = await createWorld();
  administrator = await createConnection({ uri: world.database.adminUrl, timezone: 'Z' });
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((tokens) => tokens.stop()));
  await world.admin.query('DELETE FROM caller_tokens');
  warned.length = 0;
});
afterAll(async () => {
  await administrator?.end();
  await world?.close();
});

/** A process as far as its callers are concerned. */
async function aProcess(given: Partial<Record<Caller, string>> = {}) {
  const callers = new Callers();
  const tokens = new CallerTokens({ pool: world.pool, callers, log });
  started.push(tokens);
  await tokens.start(given);
  const enter = (token: string, allowed: Caller = 'reader'): Promise<Caller> => tokens.orAsReadAnew(() => callers.authenticate({ 'x-user-token': token }, [allowed]));
  return { callers, tokens, enter };
}
const wrong = { code: 'auth.wrong' };

test('the tokens of the environment are the first rows; of each there is the hash alone', async () => {
  const { enter } = await aProcess({ reader: 'reader-token', operator: 'operator-token' });
  expect(await enter('reader-token')).toBe('reader');
  expect(await enter('operator-token')).toBe('operator');
  await expect(enter('reader-token', 'mulesoft')).rejects.toMatchObject({ code: 'auth.not-allowed' });
  await expect(enter('another')).rejects.toMatchObject(wrong);
  await aProcess({ reader: 'reader-token', operator: 'operator-token' });
  const rows = await listTokens(administrator);
  expect(rows.map(({ caller, label, state }) => ({ caller, label, state }))).toEqual([
    { caller: 'operator', label: 'OMS_TOKEN_OPERATOR', state: 'valid' },
    { caller: 'reader', label: 'OMS_TOKEN_READER', state: 'valid' },
  ]);
  expect(JSON.stringify(rows)).not.toContain('-token');
  expect(await count(world, 'SELECT COUNT(*) FROM caller_tokens WHERE token_hash = ?', [hashOf('reader-token')])).toBe(1);
});

test('a new value of a variable: the one before stays valid for a day, and is back for good when the variable has it again', async () => {
  await aProcess({ reader: 'old-token' });
  const { enter } = await aProcess({ reader: 'new-token' });
  expect([await enter('old-token'), await enter('new-token')]).toEqual(['reader', 'reader']);
  const expiring = 'SELECT COUNT(*) FROM caller_tokens WHERE token_hash = ? AND expires_at BETWEEN NOW() + INTERVAL 23 HOUR AND NOW() + INTERVAL 25 HOUR';
  expect([await count(world, expiring, [hashOf('old-token')]), await count(world, expiring, [hashOf('new-token')])]).toEqual([1, 0]);
  await world.admin.query('UPDATE caller_tokens SET expires_at = NOW(6) - INTERVAL 1 SECOND WHERE token_hash = ?', [hashOf('old-token')]);
  const later = await aProcess({ reader: 'new-token' });
  await expect(later.enter('old-token')).rejects.toMatchObject(wrong);
  const again = await aProcess({ reader: 'old-token' });
  expect(await again.enter('old-token')).toBe('reader');
  // A process with an environment of yesterday does not end what the others have.
  expect(await count(world, 'SELECT COUNT(*) FROM caller_tokens WHERE token_hash = ? AND expires_at IS NULL', [hashOf('new-token')])).toBe(1);
});

test('rotation: two at once, never a third; the new one works at once, the revoked one stops in every process, the environment brings it not back', async () => {
  const processes = [await aProcess({ reader: 'first-token' }), await aProcess({ reader: 'first-token' })];
  const { token } = await addToken(administrator, 'reader', 'rotation');
  await expect(addToken(administrator, 'reader', 'a third')).rejects.toThrow('revoke the old one first');
  for (const { enter } of processes) expect([await waitFor(() => enter(token), { what: 'the new token' }), await enter('first-token')]).toEqual(['reader', 'reader']);
  await revokeToken(administrator, (await listTokens(administrator))[0]?.id ?? 0);
  for (const { enter, callers } of processes) {
    await waitFor(() => callers.identify({ 'x-user-token': 'first-token' }) === undefined, { what: 'the end of the first token', timeoutMs: 10_000 });
    await expect(enter('first-token')).rejects.toMatchObject(wrong);
    expect(await enter(token)).toBe('reader');
  }
  const late = await aProcess({ reader: 'first-token' });
  await expect(late.enter('first-token')).rejects.toMatchObject(wrong);
  expect(warned).toContain('tokens.revoked');
  await expect(revokeToken(administrator, 987_654)).rejects.toThrow('no token 987654');
});

test('strangers do not make the database work: of a thousand unknown tokens at most a few lead to a read', async () => {
  const { enter } = await aProcess({ reader: 'a-token' });
  const query = jest.spyOn(world.pool, 'query');
  try {
    const begun = performance.now();
    for (let i = 0; i < 1000; i++) await expect(enter(`guess-${i}`)).rejects.toMatchObject(wrong);
    const reads = query.mock.calls.filter(([sql]) => JSON.stringify(sql).includes('token_hash AS hash')).length;
    // One a second for the strangers, one each three seconds of our own.
    expect(reads).toBeLessThanOrEqual(2 + (2 * (performance.now() - begun)) / 1000);
  } finally {
    query.mockRestore();
  }
});

test('the last use is noted, and not again within a minute', async () => {
  const { enter, tokens } = await aProcess({ reader: 'used-token', operator: 'unused-token' });
  const used = async (caller: Caller): Promise<Date | null | undefined> => (await listTokens(administrator)).find((row) => row.caller === caller)?.used;
  const use = async (process = { enter, tokens }): Promise<Date | null | undefined> => {
    await process.enter('used-token');
    await process.tokens.noteUse();
    return used('reader');
  };
  expect(await used('reader')).toBeNull();
  const first = await use();
  expect(first).toBeInstanceOf(Date);
  expect([await use(), await use(await aProcess())]).toEqual([first, first]);
  await world.admin.query('UPDATE caller_tokens SET last_used_at = last_used_at - INTERVAL 61 SECOND');
  expect(Number(await use(await aProcess()))).toBeGreaterThanOrEqual(Number(first));
  expect(await used('operator')).toBeNull();
});

test('a token for two callers stops the start', async () => {
  await expect(aProcess({ reader: 'the-same', operator: 'the-same' })).rejects.toThrow('each caller needs one of its own');
});

test.each([
  ['revoking', 'UPDATE caller_tokens SET revoked_at = NOW()'],
  ['waking a revoked one', 'UPDATE caller_tokens SET revoked_at = NULL'],
  ['giving it to another caller', "UPDATE caller_tokens SET caller = 'operator'"],
  ['changing it', 'UPDATE caller_tokens SET token_hash = RANDOM_BYTES(32)'],
  ['deleting it', 'DELETE FROM caller_tokens'],
])('the running system may not: %s', async (_what, sql) => {
  await expect(world.pool.query(sql)).rejects.toThrow('denied');
});

describe('npm run tokens', () => {
  const run = (...args: string[]): Promise<{ code: number; said: string }> =>
    new Promise((resolve) =>
      execFile('bin/run', ['tokens', ...args], { env: { ...process.env, OMS_DATABASE_URL: world.database.adminUrl } }, (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr })),
    );

  test('adds one and shows it once, lists without it, revokes it', async () => {
    const added = await run('add', 'mulesoft', '--label', 'new Camel');
    const [, id = '', token = ''] = /^Token (\d+) of mulesoft, shown this once:\n([\w-]{32})\n$/.exec(added.said) ?? [];
    const { enter } = await aProcess();
    expect(await enter(token, 'mulesoft')).toBe('mulesoft');
    const listed = await run('list');
    expect(listed).toEqual({ code: 0, said: expect.stringMatching(new RegExp(`^id +caller[^\\n]*\\n${id} +mulesoft +valid +\\S+ +- +- +new Camel\\n$`)) as string });
    expect(listed.said).not.toContain(token);
    expect(await run('revoke', id)).toMatchObject({ code: 0, said: expect.stringContaining(`Token ${id} is revoked`) as string });
    expect(await run('revoke', id)).toMatchObject({ code: 1, said: expect.stringContaining(`no token ${id}`) as string });
  }, 60_000);

  test.each([[[]], [['add']], [['add', 'nobody']], [['revoke', 'x']], [['list', 'more']], [['list', '--unknown']]])('refuses %j with a line', async (args) => {
    const { code, said } = await run(...args);
    expect(code).toBe(1);
    expect(said).toMatch(/^(?:Usage|there is no caller|Unknown option)[^\n]*\n/);
  }, 30_000);
});
