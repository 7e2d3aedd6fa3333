'use strict';
// Log files of the processes: appended to, and put aside when a start finds them large.
const fs = require('node:fs');
const path = require('node:path');

const LARGE = 20 * 1024 * 1024;

/** Opens a log for appending and returns its descriptor. One larger than 20 MB becomes `<name>.old` first, in place of the one before. */
function openLog(file, large = LARGE) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > large) fs.renameSync(file, `${file}.old`);
  return fs.openSync(file, 'a', 0o600);
}

module.exports = { openLog };
