import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type Database, endMariadb, findMariadb, identify, isAlive, startMariadb } from './scripts';
import { temporaryDirectory } from './temporary';

jest.setTimeout(30_000);

const used: string[] = [];

function dataDirectory(...below: string[]): string {
  const directory = path.join(temporaryDirectory(), ...below);
  used.push(directory);
  return directory;
}

afterAll(async () => {
  for (const directory of used) await endMariadb(directory);
});

async function query(url: string, sql: string): Promise<RowDataPacket[]> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query<RowDataPacket[]>(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

/** A start in a process of its own, which is then killed as a crash would. */
async function startAndCrash(directory: string): Promise<number> {
  const script = `require(${JSON.stringify(path.resolve('bin/mariadb'))}).startMariadb({ dataDirectory: ${JSON.stringify(directory)} }).then(({ pid }) => console.log(pid))`;
  const starter = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line]: unknown[] = await once(createInterface(starter.stdout), 'line');
  starter.kill('SIGKILL');
  await once(starter, 'exit');
  return Number(line);
}

test('a new data directory: durable, private, and gone after stop', async () => {
  const directory = dataDirectory();
  const database = await startMariadb({ dataDirectory: directory });
  expect(database.adopted).toBe(false);
  expect(statSync(path.join(directory, 'database.json')).mode & 0o777).toBe(0o600);
  expect(readFileSync(path.join(directory, 'run/mariadb.pid'), 'utf8').trim()).toBe(String(database.pid));

  const [settings] = await query(database.url, 'SELECT @@innodb_flush_log_at_trx_commit AS flush, @@tx_isolation AS isolation, @@bind_address AS address, DATABASE() AS name');
  expect(settings).toEqual({ flush: 1, isolation: 'READ-COMMITTED', address: '127.0.0.1', name: 'oms' });
  const users = await query(database.url, 'SELECT User AS name FROM mysql.user ORDER BY User');
  expect(users).toEqual([{ name: 'mariadb.sys' }, { name: 'oms_admin' }, { name: 'root' }]);
  const { port } = new URL(database.url);
  await expect(query(`mysql://root@127.0.0.1:${port}/`, 'SELECT 1')).rejects.toThrow('Access denied');

  const identity = identify(database.pid);
  await database.stop();
  expect(isAlive(identity)).toBe(false);
});

describe('after the death of the process that started it', () => {
  test('the server is adopted, with everything in it', async () => {
    const directory = dataDirectory();
    const pid = await startAndCrash(directory);
    const database = await startMariadb({ dataDirectory: directory });
    expect(database).toMatchObject({ pid, adopted: true });
    await database.stop();
    await database.exited;
    expect(identify(pid)).toBeUndefined();
  });

  test('it is found even when no pid file names it', async () => {
    const directory = dataDirectory();
    const pid = await startAndCrash(directory);
    rmSync(path.join(directory, 'run'), { recursive: true });
    const database = await startMariadb({ dataDirectory: directory });
    expect(database).toMatchObject({ pid, adopted: true });
    await database.stop();
  });

  test('it is ended and replaced when its password is lost', async () => {
    const directory = dataDirectory();
    const pid = await startAndCrash(directory);
    rmSync(path.join(directory, 'database.json'));
    const database = await startMariadb({ dataDirectory: directory });
    expect(database.adopted).toBe(false);
    expect(identify(pid)).toBeUndefined();
    expect(await query(database.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await database.stop();
  });
});

test('what was committed is there after kill -9, on the same port', async () => {
  const directory = dataDirectory();
  const before = await startMariadb({ dataDirectory: directory });
  await query(before.url, 'CREATE TABLE kept (id INT PRIMARY KEY)');
  await query(before.url, 'INSERT INTO kept VALUES (1)');
  process.kill(before.pid, 'SIGKILL');
  await before.exited;
  const after = await startMariadb({ dataDirectory: directory });
  expect(after.port).toBe(before.port);
  expect(await query(after.url, 'SELECT id FROM kept')).toEqual([{ id: 1 }]);
  await after.stop();
});

test('another process under the recorded pid is left alone', async () => {
  const directory = dataDirectory();
  await (await startMariadb({ dataDirectory: directory })).stop();
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const identity = identify(stranger.pid ?? 0);
  writeFileSync(path.join(directory, 'run/mariadb.json'), JSON.stringify({ pid: stranger.pid, started: 'an earlier moment' }));
  const database = await startMariadb({ dataDirectory: directory });
  expect(database.adopted).toBe(false);
  expect(isAlive(identity)).toBe(true);
  await database.stop();
  stranger.kill('SIGKILL');
});

test('a data directory whose path is too long for a socket works all the same', async () => {
  const directory = dataDirectory('a'.repeat(60), 'b'.repeat(60));
  const database: Database = await startMariadb({ dataDirectory: directory });
  expect(Buffer.byteLength(database.socket)).toBeLessThan(108);
  await database.stop();
});

test('two data directories have servers of their own', async () => {
  const [one, other] = await Promise.all([startMariadb({ dataDirectory: dataDirectory() }), startMariadb({ dataDirectory: dataDirectory() })]);
  expect(one.port).not.toBe(other.port);
  await Promise.all([one.stop(), other.stop()]);
});

test('a broken database says what is wrong in one line', async () => {
  const directory = dataDirectory();
  await (await startMariadb({ dataDirectory: directory })).stop();
  rmSync(path.join(directory, 'database/ibdata1'));
  rmSync(path.join(directory, 'database/mysql'), { recursive: true });
  await expect(startMariadb({ dataDirectory: directory })).rejects.toThrow(/^The private MariaDB did not start: [^\n]+$/);
});

test('the server is found although sbin is not on the PATH', () => {
  expect(findMariadb('').programs).toBeDefined();
});
