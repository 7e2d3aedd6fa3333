'use strict';
// Where the project lies, and the one kind of error that is shown to a person as a plain line.
const path = require('node:path');

const root = path.resolve(__dirname, '..');

/** A reason to stop that a person can act on: printed as its message alone, without a stack. */
class Stop extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'Stop';
  }
}

/** The directory that holds everything an instance keeps (`OMS_DATA_DIR`, default `.data` in the project). */
function dataDirectory(env = process.env) {
  return path.resolve(root, env.OMS_DATA_DIR || '.data');
}

/** A path as a person in the project's directory would type it. */
function shown(file) {
  const relative = path.relative(process.cwd(), file);
  return relative && !relative.startsWith('..') ? relative : file;
}

module.exports = { root, Stop, dataDirectory, shown };
