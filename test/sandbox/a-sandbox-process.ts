import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tokens } from './a-sandbox';

const root = path.join(__dirname, '../..');
/** Inside the project, so that the compiled files find its packages. */
const compiled = path.join(root, 'node_modules/.cache/sandbox-test');

/** Compiles the sandbox and nothing else; the tests then run what runs in earnest. */
export function compileSandbox(): void {
  mkdirSync(compiled, { recursive: true });
  const settings = {
    extends: path.join(root, 'tsconfig.build.json'),
    compilerOptions: { rootDir: root, outDir: compiled, typeRoots: [path.join(root, 'node_modules/@types')], sourceMap: false },
    include: [path.join(root, 'sandbox')],
  };
  const file = path.join(compiled, 'tsconfig.json');
  writeFileSync(file, JSON.stringify(settings));
  execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', file], { stdio: 'pipe' });
}

/** The sandbox as a process of its own. */
export interface SandboxProcess {
  child: ChildProcess;
  url: string;
  port: number;
  amqpPort: number;
  /** Standard output so far. */
  output(): string;
  /** Ends it with this signal and tells its exit code (null: ended by the signal). */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts it; ends when it says that it is ready. */
export async function aSandboxProcess(env: Record<string, string>): Promise<SandboxProcess> {
  const { child, output } = launch(env);
  const [message] = (await once(child, 'message')) as [{ type: string; port: number; amqpPort: number }];
  if (message.type !== 'ready') throw new Error(`unexpected ${JSON.stringify(message)}`);
  return {
    child,
    url: `http://127.0.0.1:${message.port}`,
    port: message.port,
    amqpPort: message.amqpPort,
    output: () => output.stdout,
    end: async (signal) => {
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

/** Starts it where it cannot; tells how it ended. */
export async function aFailedStart(env: Record<string, string>): Promise<{ code: number | null; stderr: string }> {
  const { child, output } = launch(env);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr: output.stderr };
}

function launch(env: Record<string, string>) {
  const output = { stdout: '', stderr: '' };
  const child = fork(path.join(compiled, 'sandbox/main.js'), {
    silent: true,
    env: { PATH: process.env.PATH ?? '', OMS_SANDBOX_PORT: '0', OMS_SANDBOX_PACE: '0', OMS_TOKEN_MULESOFT: tokens.mulesoft, OMS_TOKEN_SERVICE_BUS: tokens.serviceBus, OMS_TOKEN_PRINT_STATION: tokens.printStation, ...env },
  });
  child.stdout?.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output };
}
