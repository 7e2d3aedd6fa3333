'use strict';
// A process is known by its pid *and* the moment it started: a pid alone may belong to somebody else by now.
const { execFileSync } = require('node:child_process');
const { readFileSync } = require('node:fs');

/**
 * What a process started at, as an opaque text that no later process with the same pid shares; undefined when there is no such process
 * (a zombie counts as gone).
 */
function startedAt(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return process.platform === 'linux' ? startedAtLinux(pid) : startedAtElsewhere(pid);
}

// proc(5): the command stands in parentheses and may hold any character; state is field 3, starttime (ticks since boot) field 22.
function startedAtLinux(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return `${bootId()}:${fields[19]}`;
  } catch {
    return undefined;
  }
}

function bootId() {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function startedAtElsewhere(pid) {
  try {
    const [state, ...started] = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim().split(/\s+/);
    return state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}

/** The identity of a process that runs now: `{pid, started}`, or undefined when it is gone. */
function identify(pid) {
  const started = startedAt(pid);
  return started === undefined ? undefined : { pid, started };
}

/** Whether exactly this process still runs, not another one that got its pid. */
function isAlive(identity) {
  return identity !== undefined && identity.started !== undefined && startedAt(identity.pid) === identity.started;
}

/** Resolves to true once the process is gone, to false when `limit` milliseconds have passed before. */
async function gone(identity, limit = Infinity) {
  const latest = Date.now() + limit;
  while (isAlive(identity)) {
    if (Date.now() >= latest) return false;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return true;
}

/** Ends a process that need not be our child: SIGTERM, and SIGKILL when it has not gone after `limit` milliseconds. */
async function end(identity, limit) {
  if (!signal(identity, 'SIGTERM')) return;
  if (await gone(identity, limit)) return;
  signal(identity, 'SIGKILL');
  await gone(identity, 5_000);
}

/** Sends a signal to exactly this process; false when it is gone. */
function signal(identity, name) {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch {
    return false;
  }
}

module.exports = { identify, isAlive, gone, end, signal };
