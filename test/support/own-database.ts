import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { migrate } from '../../migrate';
import type { TestDatabase } from './database';
import { ROOT } from './root';

interface Server {
  pid: number;
  url: string;
  exited: Promise<unknown>;
  stop(): Promise<void>;
}

// What the start script starts its private server with: durable commits, a port that it keeps.
const { startMariadb } = require(path.join(ROOT, 'bin/mariadb')) as { startMariadb: (options: { dataDirectory: string; keepPort?: boolean }) => Promise<Server> };

/** A database on a server of its own, which may be killed, started again, stopped in its tracks and let go on. */
export interface OwnDatabase extends TestDatabase {
  kill(): Promise<void>;
  /** On the same files and the same port. */
  start(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export async function createOwnDatabase(): Promise<OwnDatabase> {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'oms-own-database-'));
  let server = await startMariadb({ dataDirectory });
  const urls = await migrate({ url: server.url, dataDir: dataDirectory });
  return {
    name: new URL(server.url).pathname.slice(1),
    adminUrl: server.url,
    appUrl: urls.app,
    reportUrl: urls.report,
    importUrl: urls.import,
    async kill() {
      process.kill(server.pid, 'SIGKILL');
      await server.exited;
    },
    async start() {
      server = await startMariadb({ dataDirectory, keepPort: true });
    },
    freeze: () => void process.kill(server.pid, 'SIGSTOP'),
    thaw: () => void process.kill(server.pid, 'SIGCONT'),
    async drop() {
      await server.stop();
      rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
