import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type AccountUrls, migrate } from '../../migrate';
import { createPool, type Pool } from '../../nodes/store/pool';

// What the start script starts its private server with: durable commits, a port of its own.
const { startMariadb } = require('../../../bin/mariadb') as {
  startMariadb: (options: { dataDirectory: string; options?: string[] }) => Promise<{ pid: number; url: string; stop(): Promise<void> }>;
};

/** A private MariaDB with the project's schema, one store and its warehouse. */
export interface BenchDatabase {
  pid: number;
  urls: AccountUrls;
  /** Of the administrator, who may arrange what a benchmark needs. */
  admin: Pool;
  dir: string;
  stop(): Promise<void>;
}

/** @param options more options of the server */
export async function startDatabase(options: string[] = []): Promise<BenchDatabase> {
  const dir = mkdtempSync(path.join(tmpdir(), 'oms-bench-'));
  const server = await startMariadb({ dataDirectory: dir, options });
  const urls = await migrate({ url: server.url, dataDir: dir });
  const admin = createPool(server.url, 4);
  await admin.query(`
    INSERT INTO tenants (id, name) VALUES (1, 'bench');
    INSERT INTO warehouses (id, \`key\`, nav_key, cirro_region) VALUES (1, 'us-east', 'US', 'NA');
    INSERT INTO stores (id, tenant_id, url, platform, site, prefix, warehouse_id) VALUES (1, 1, 'https://shop.bench', 'sfcc', 'BENCH', 'B-', 1)`);
  return {
    pid: server.pid,
    urls,
    admin,
    dir,
    async stop() {
      await admin.end();
      await server.stop();
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
