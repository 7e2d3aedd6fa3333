'use strict';
// A program that runs to its end: its output kept, or shown as it comes.
const { spawn } = require('node:child_process');

/**
 * Runs a program and resolves to `{status, stdout, output}`; `output` is stdout and stderr as they came. With `show` the program writes to the
 * terminal itself instead. An aborted `signal` sends it SIGTERM and rejects with the reason of the abort. A program that cannot be run has the status 127.
 */
function run(command, args, { cwd, env, show = false, input, signal } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = show ? 'inherit' : [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env, stdio });
    let stdout = '';
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    const abort = () => child.kill('SIGTERM');
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    let failure;
    child.on('error', (error) => {
      failure = error;
      if (child.pid === undefined) finish(127);
    });
    child.on('close', (code) => finish(code ?? 1));
    function finish(status) {
      signal?.removeEventListener('abort', abort);
      if (signal?.aborted) reject(signal.reason);
      else resolve({ status, stdout, output: failure ? `${output}${failure.message}\n` : output });
    }
  });
}

/** The last lines of a program's output, for a message. */
function lastLines(output, count = 5) {
  return output.trim().split('\n').slice(-count).join('\n');
}

module.exports = { run, lastLines };
