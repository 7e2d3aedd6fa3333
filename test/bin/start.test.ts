import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { identify, writePid } from './scripts';
import { temporaryDirectory } from './temporary';

jest.setTimeout(60_000);

type Outcome = { code: number | string | null | undefined; stdout: string; stderr: string };

/** `bin/run start`, which has to give up by itself. */
async function failingStart(env: Record<string, string>): Promise<Outcome> {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const variables = { ...process.env, OMS_PORT: String(port), OMS_SANDBOX_PORT: String(sandboxPort), OMS_DATA_DIR: temporaryDirectory(), ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, ['bin/run', 'start'], { env: variables }, (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr }));
  });
}

function listen(): Promise<net.Server> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, () => resolve(server));
  });
}

function portOf(server: net.Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function freePort(): Promise<number> {
  const server = await listen();
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

test('a used port: one line, before anything is started', async () => {
  const server = await listen();
  const port = portOf(server);
  expect(await failingStart({ OMS_PORT: String(port) })).toEqual({
    code: 1,
    stdout: '',
    stderr: `Port ${port} is already in use: end what uses it, or choose another port with OMS_PORT=<port>.\n`,
  });
  server.close();
});

test('a port that is none: one line', async () => {
  expect(await failingStart({ OMS_PORT: '18x80' })).toEqual({ code: 1, stdout: '', stderr: 'OMS_PORT must be a port number from 1 to 65535, not "18x80".\n' });
});

test('a variable that does not exist: one line', async () => {
  const { code, stderr } = await failingStart({ OMS_SANDBX: 'off' });
  expect(stderr).toMatch(/^OMS_SANDBX is no variable of this system[^\n]*\n$/);
  expect(code).toBe(1);
});

test('a real partner without the tokens of its callers: one line that names them', async () => {
  const { code, stderr } = await failingStart({ CAMEL_URL: 'https://camel.example.com' });
  expect(stderr).toMatch(/^[^\n]*OMS_TOKEN_MULESOFT[^\n]*\n$/);
  expect(code).toBe(1);
});

test('a database that cannot be reached: one line', async () => {
  const port = await freePort();
  const { code, stderr } = await failingStart({ OMS_DATABASE_URL: `mysql://root:secret@127.0.0.1:${port}/oms` });
  expect(stderr).toMatch(/^[^\n]*database[^\n]*\n$/);
  expect(stderr).not.toContain('secret');
  expect(code).toBe(1);
});

test('a data directory that is used already: one line with the pid', async () => {
  const directory = temporaryDirectory();
  mkdirSync(path.join(directory, 'run'));
  writePid(path.join(directory, 'run'), 'oms', process.pid);
  const { code, stderr } = await failingStart({ OMS_DATA_DIR: directory });
  expect(stderr).toMatch(new RegExp(`^An instance already runs on [^\\n]*\\(pid ${process.pid}\\)[^\\n]*\\n$`));
  expect(code).toBe(1);
  expect(identify(process.pid)).toBeDefined();
});

test('a data directory that cannot be made: one line', async () => {
  const file = path.join(temporaryDirectory(), 'file');
  writeFileSync(file, '');
  const { code, stderr } = await failingStart({ OMS_DATA_DIR: path.join(file, 'data') });
  expect(stderr).toMatch(/^The data directory \/[^\n]*\/data \(OMS_DATA_DIR\) cannot be used: [^\n]*\n$/);
  expect(code).toBe(1);
});
