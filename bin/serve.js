'use strict';
// What a container runs: the same system on packages and code that are there already, and on a database that is given.
const { start } = require('./start');

/** Migrates the database, then runs the server (and the sandbox, unless a partner is real) until it is asked to end. */
function serve(args) {
  return start(args, { prepared: true });
}

module.exports = { serve };
