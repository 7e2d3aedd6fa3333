'use strict';
// `<data dir>/run/<name>.pid` tells a person the pid; `<name>.json` beside it holds pid and start time, which is what the project trusts.
const fs = require('node:fs');
const path = require('node:path');
const { identify, isAlive } = require('./process');

function files(runDirectory, name) {
  return { pid: path.join(runDirectory, `${name}.pid`), identity: path.join(runDirectory, `${name}.json`) };
}

/** Records a running process under a name; returns its identity, or undefined when it is already gone. */
function writePid(runDirectory, name, pid) {
  const identity = identify(pid);
  if (identity) writeIdentity(runDirectory, name, identity);
  return identity;
}

function writeIdentity(runDirectory, name, identity) {
  const file = files(runDirectory, name);
  replace(file.identity, `${JSON.stringify(identity)}\n`);
  replace(file.pid, `${identity.pid}\n`);
}

// A reader never sees half a file.
function replace(file, text) {
  fs.writeFileSync(`${file}.new`, text);
  fs.renameSync(`${file}.new`, file);
}

/** The process recorded under a name if it still runs, else undefined. */
function runningProcess(runDirectory, name) {
  try {
    const identity = JSON.parse(fs.readFileSync(files(runDirectory, name).identity, 'utf8'));
    return isAlive(identity) ? identity : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the name for this process: returns undefined when it has it, else the running process that had it before. */
function claimPid(runDirectory, name) {
  const file = files(runDirectory, name);
  const own = identify(process.pid);
  const draft = `${file.identity}.${process.pid}`;
  fs.writeFileSync(draft, `${JSON.stringify(own)}\n`);
  try {
    for (;;) {
      try {
        fs.linkSync(draft, file.identity);
        replace(file.pid, `${own.pid}\n`);
        return undefined;
      } catch (error) {
        if (error.code !== 'EEXIST') throw error;
        const holder = runningProcess(runDirectory, name);
        if (holder) return holder;
        fs.rmSync(file.identity, { force: true });
      }
    }
  } finally {
    fs.rmSync(draft, { force: true });
  }
}

/** Forgets the process recorded under a name. */
function removePid(runDirectory, name) {
  for (const file of Object.values(files(runDirectory, name))) fs.rmSync(file, { force: true });
}

module.exports = { writePid, runningProcess, claimPid, removePid };
