import { logToStdout } from './log';
import { readOptions } from './options';
import { type Sandbox, startSandbox } from './sandbox';

const giveUpMs = 1500;

/** The sandbox as a process of its own: starts, tells its parent the ports, and ends at SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const options = readOptions(process.env);
  const sandbox = await startSandbox(options);
  const { port, amqpPort } = sandbox;
  process.on('SIGTERM', () => end(sandbox));
  // Under the start script a Ctrl-C is its business, and without it nobody would end this process.
  process.on('SIGINT', () => process.env['OMS_SUPERVISED'] || end(sandbox));
  process.on('disconnect', () => end(sandbox));
  const missing = Object.values(options.oms.tokens).includes('');
  logToStdout('ready', { port, amqpPort, oms: options.oms.url, ...(missing && { warning: 'no tokens for calls to the OMS: it will refuse them' }) });
  process.send?.({ type: 'ready', port, amqpPort });
}

function end(sandbox: Sandbox): void {
  setTimeout(() => process.exit(0), giveUpMs).unref();
  void sandbox.close().finally(() => process.exit(0));
}

main().catch((error: NodeJS.ErrnoException & { port?: number }) => {
  const reason = error.code === 'EADDRINUSE' ? `port ${error.port ?? ''} is taken` : error.message;
  process.stderr.write(`The sandbox cannot start: ${reason}\n`);
  process.exit(1);
});
