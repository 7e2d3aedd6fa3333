'use strict';
// Each run of the tests has a database server of its own, in a temporary directory that names the run.
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { endMariadb } = require('../mariadb');
const { runningProcess, writePid } = require('../pidfile');

const PREFIX = 'oms-test-';
/** A younger directory may belong to a run that is just about to write its name into it. */
const UNNAMED_LIMIT = 60_000;

/** Makes the directory of this run. */
function createDirectory() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), PREFIX));
  fs.mkdirSync(path.join(directory, 'run'));
  writePid(path.join(directory, 'run'), 'jest', process.pid);
  return directory;
}

/** Ends the server in a directory and removes it. */
async function removeDirectory(directory) {
  await endMariadb(directory);
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes what runs that were killed have left behind. */
async function sweep() {
  for (const name of fs.readdirSync(os.tmpdir())) {
    const directory = path.join(os.tmpdir(), name);
    if (!name.startsWith(PREFIX) || runningProcess(path.join(directory, 'run'), 'jest')) continue;
    const made = fs.statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - made > UNNAMED_LIMIT) await removeDirectory(directory);
  }
}

module.exports = { createDirectory, removeDirectory, sweep };
