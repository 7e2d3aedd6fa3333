import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createConnection } from 'mysql2/promise';
import { migrate } from '../../migrate';
import { ROOT } from './root';

interface Server {
  pid: number;
  url: string;
  exited: Promise<unknown>;
  stop(): Promise<void>;
}

// What the start script starts its private server with.
const { startMariadb } = require(path.join(ROOT, 'bin/mariadb')) as { startMariadb: (options: { dataDirectory: string; options?: string[]; keepPort?: boolean }) => Promise<Server> };

/** A migrated database of its own for one test file; each URL names the account it is for. */
export type TestDatabase = {
  name: string;
  /** the administrator of the server, who may do anything */
  adminUrl: string;
  appUrl: string;
  reportUrl: string;
  importUrl: string;
  drop(): Promise<void>;
};

/** A database with a server of its own, which a test may kill and start again at the same port. */
export type OwnDatabase = TestDatabase & { kill(): Promise<void>; start(): Promise<void> };

/** Makes an empty database with the project's schema, on the server that the test run has started. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = required('OMS_TEST_DATABASE_URL');
  const name = `oms_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  url.pathname = `/${name}`;
  const adminUrl = url.href;
  // The accounts belong to the server: all files of a run share their passwords through one directory.
  const urls = await migrate({ url: adminUrl, dataDir: required('TEST_ACCOUNTS_DIR') });
  return {
    name,
    adminUrl,
    appUrl: urls.app,
    reportUrl: urls.report,
    importUrl: urls.import,
    async drop() {
      const connection = await createConnection(server);
      await connection.query(`DROP DATABASE IF EXISTS \`${name}\``);
      await connection.end();
    },
  };
}

/** Starts a private MariaDB for one test alone, as durable as the start script's. */
export async function createOwnDatabase(): Promise<OwnDatabase> {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'oms-database-'));
  let server: Server | undefined = await startMariadb({ dataDirectory });
  const { url } = server;
  const urls = await migrate({ url, dataDir: dataDirectory });
  return {
    name: new URL(url).pathname.slice(1),
    adminUrl: url,
    appUrl: urls.app,
    reportUrl: urls.report,
    importUrl: urls.import,
    async kill() {
      if (!server) return;
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
      server = undefined;
    },
    async start() {
      server ??= await startMariadb({ dataDirectory, keepPort: true });
    },
    async drop() {
      await server?.stop();
      rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function required(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: run the tests with jest's own configuration (npm test)`);
  return value;
}
