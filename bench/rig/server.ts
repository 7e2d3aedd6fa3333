import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { BenchDatabase } from './database';
import { ROOT } from './node-red';

const { freePort } = require('../../../bin/ports') as { freePort: () => Promise<number> };

export const TOKENS = { mulesoft: 'mulesoft-token-of-the-benchmark', operator: 'operator-token-of-the-benchmark' };

export interface BenchServer {
  pid: number;
  url: string;
  stop(): Promise<void>;
}

/**
 * The real server as the start script runs it, without partners.
 * @param name names its data directory: several servers may share a database
 */
export async function startServer(database: BenchDatabase, { name, flowsDir, env = {} }: { name: string; flowsDir: string; env?: Record<string, string> }): Promise<BenchServer> {
  const port = await freePort();
  const dataDir = path.join(database.dir, name);
  mkdirSync(dataDir, { recursive: true });
  const token = (caller: string): string => `${caller}-token-of-the-benchmark`;
  const child: ChildProcess = fork(path.join(ROOT, 'dist/server.js'), [], {
    execArgv: ['--max-semi-space-size=16', '--max-old-space-size=1024'],
    silent: true,
    env: {
      PATH: process.env['PATH'] ?? '',
      NODE_ENV: 'production',
      OMS_HOST: '127.0.0.1',
      OMS_PORT: String(port),
      OMS_DATA_DIR: dataDir,
      OMS_FLOWS_DIR: flowsDir,
      OMS_DATABASE_APP_URL: database.urls.app,
      OMS_DATABASE_REPORT_URL: database.urls.report,
      OMS_TOKEN_MULESOFT: token('mulesoft'),
      OMS_TOKEN_SERVICE_BUS: token('service-bus'),
      OMS_TOKEN_PRINT_STATION: token('print-station'),
      OMS_TOKEN_READER: token('reader'),
      OMS_TOKEN_OPERATOR: token('operator'),
      OMS_ADMIN_PASSWORD: token('admin'),
      OMS_SANDBOX_MODE: 'off',
      OMS_RATE_LIMIT: '1000000',
      ...env,
    },
  });
  let words = '';
  child.stdout?.resume();
  child.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message) => (message as { type?: string }).type === 'ready' && resolve());
    child.once('exit', () => reject(new Error(`the server did not start: ${words}`)));
  });
  return {
    pid: child.pid ?? 0,
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
