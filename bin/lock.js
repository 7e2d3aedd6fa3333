'use strict';
// One at a time over processes: two starts in the same checkout must not install or compile over each other.
const crypto = require('node:crypto');
const os = require('node:os');
const { claimPid, removePid } = require('./pidfile');
const { root } = require('./project');

/** Runs `work` while no other process of this checkout holds the lock of that name; a dead holder does not count. */
async function withLock(name, work, { directory = os.tmpdir(), signal } = {}) {
  const checkout = crypto.createHash('sha256').update(root).digest('hex').slice(0, 12);
  const lock = `oms-${checkout}-${name}`;
  while (claimPid(directory, lock)) {
    signal?.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  try {
    return await work();
  } finally {
    removePid(directory, lock);
  }
}

module.exports = { withLock };
