import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Effect } from '../../sandbox/journal/effects';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/sandbox';

/** Tokens with which the sandbox's partners call the OMS in tests. */
export const tokens = { mulesoft: 'token-of-mulesoft', serviceBus: 'token-of-the-bus', printStation: 'token-of-print-station' };

/** A running sandbox with its control API at hand. */
export interface TestSandbox {
  url: string;
  amqpPort: number;
  dataDir: string;
  control(method: string, path: string, body?: unknown): Promise<Response>;
  /** Makes orders and returns their numbers. */
  orders(count: number, more?: Record<string, unknown>): Promise<string[]>;
  /** The log of effects, oldest first. */
  effects(filter?: Record<string, string>): Promise<Effect[]>;
  fault(order: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

/** A folder of its own; gone after `remove`. */
export function aDataDirectory(): { path: string; remove(): void } {
  const directory = mkdtempSync(path.join(tmpdir(), 'oms-sandbox-test-'));
  return { path: directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A port at which nobody listens: callbacks stay owed. */
export const nobody = 'http://127.0.0.1:9';

/** Starts a sandbox inside the test on free ports, fast unless told otherwise. */
export async function aSandbox(options: Partial<SandboxOptions> & { omsUrl?: string } = {}): Promise<TestSandbox> {
  const { omsUrl = nobody, ...more } = options;
  const own = more.dataDir === undefined ? aDataDirectory() : undefined;
  const dataDir = more.dataDir ?? own?.path ?? '';
  const sandbox: Sandbox = await startSandbox({ port: 0, amqpPort: 0, oms: { url: omsUrl, tokens }, pace: 0, log: () => {}, ...more, dataDir });
  return {
    ...controlled(`http://127.0.0.1:${sandbox.port}`),
    amqpPort: sandbox.amqpPort,
    dataDir,
    close: async () => {
      await sandbox.close();
      own?.remove();
    },
  };
}

/** The control API of a sandbox, wherever it runs. */
export function controlled(url: string): Pick<TestSandbox, 'url' | 'control' | 'orders' | 'effects' | 'fault'> {
  const control: TestSandbox['control'] = (method, where, body) =>
    fetch(`${url}/control/${where}`, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const answered = async <T>(response: Response): Promise<T> => {
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  return {
    url,
    control,
    orders: async (count, more = {}) => {
      const made = await answered<{ orders: { ref: string }[] }>(await control('POST', 'orders', { platform: 'sfcc', count, ...more }));
      return made.orders.map(({ ref }) => ref);
    },
    effects: async (filter = {}) => {
      const found = await answered<{ effects: Effect[] }>(await control('GET', `effects?${new URLSearchParams({ limit: '1000000', ...filter }).toString()}`));
      return found.effects;
    },
    fault: async (order) => {
      await answered(await control('POST', 'faults', order));
    },
  };
}
