'use strict';
// A process of the system as our child: it says by IPC when it is ready, is asked to end by SIGTERM, and has to be gone some time later.
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const { openLog } = require('./log');
const { removePid, writePid } = require('./pidfile');
const { Stop } = require('./project');

/** What a process that fails may say about it on its stderr, in lines. */
const LAST_WORDS = 20;

/**
 * Starts a process and resolves once it has sent `{type: 'ready', …}`: `{pid, ready, exited, stop, kill}`. `ready` is that message; `exited` resolves to
 * `{code, signal}`. Rejects with a Stop that holds the process's own words when it ends before, or is not ready after `readyLimit` milliseconds; an aborted
 * `signal` ends it. Nothing of it runs any more when the promise has been rejected.
 *
 * stdout goes to `log`, or where ours goes without one; stderr too, and once the process is ready each of its lines goes to `onLine`. Other messages
 * than `ready` go to `onMessage`. A `detached` process does not get the signals that are sent to our process group (Ctrl-C).
 */
async function launchChild({ name, runDirectory, command, args, env, cwd, log, detached = false, readyLimit = 120_000, stopLimit = 12_000, onLine = () => {}, onMessage = () => {}, signal }) {
  signal?.throwIfAborted();
  const output = log === undefined ? undefined : openLog(log);
  const child = spawn(command, args, { cwd, env, detached, stdio: ['ignore', output ?? 'inherit', 'pipe', 'ipc'] });
  if (child.pid !== undefined) writePid(runDirectory, name, child.pid);

  const words = [];
  let isReady = false;
  const takeLine = (line) => {
    if (output === undefined) process.stderr.write(`${line}\n`);
    else fs.writeSync(output, `${line}\n`);
    words.push(line);
    if (words.length > LAST_WORDS) words.shift();
    if (isReady && line.trim() !== '') onLine(line);
  };
  eachLine(child.stderr, takeLine);

  const exited = new Promise((resolve) => {
    let outcome = { code: null, signal: null };
    child.once('error', (error) => {
      words.push(error.message);
      if (child.pid === undefined) resolve(outcome);
    });
    child.once('exit', (code, killedBy) => {
      outcome = { code, signal: killedBy };
      removePid(runDirectory, name);
      // What it started may hold its stderr open for longer than it lives.
      setTimeout(() => child.stderr.destroy(), 500).unref();
    });
    child.once('close', () => resolve(outcome));
  });
  const kill = () => void child.kill('SIGKILL');
  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, stopLimit);
    await exited;
    clearTimeout(timer);
  };

  try {
    const ready = await readiness({ child, exited, signal, readyLimit, onMessage });
    isReady = true;
    return { pid: child.pid, ready, exited, stop, kill };
  } catch (error) {
    await stop();
    if (!(error instanceof NotReady)) throw error;
    const said = words.filter((line) => line.trim() !== '').join('\n');
    throw new Stop(said || `${name} ${error.message}${log ? ` (log: ${log})` : ''}`);
  } finally {
    if (output !== undefined) void closeAfter(exited, output);
  }
}

class NotReady extends Error {}

function readiness({ child, exited, signal, readyLimit, onMessage }) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NotReady(`was not ready after ${readyLimit / 1000} s`)), readyLimit);
    const abort = () => reject(signal.reason);
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    signal?.addEventListener('abort', abort, { once: true });
    child.on('message', (message) => {
      if (message?.type !== 'ready') return void onMessage(message);
      settle();
      return resolve(message);
    });
    const ended = async () => {
      const outcome = await exited;
      settle();
      reject(new NotReady(`ended ${howItEnded(outcome)} before it was ready`));
    };
    void ended();
  });
}

function eachLine(stream, take) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('error', () => {});
  stream.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach(take);
  });
  stream.on('close', () => {
    if (rest) take(rest);
  });
}

async function closeAfter(exited, descriptor) {
  await exited;
  fs.closeSync(descriptor);
}

/** `with code 1`, `by SIGKILL`. */
function howItEnded({ code, signal }) {
  return signal ? `by ${signal}` : `with code ${code ?? 'unknown'}`;
}

module.exports = { launchChild, howItEnded };
