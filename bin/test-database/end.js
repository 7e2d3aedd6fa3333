'use strict';
// jest globalTeardown: ends the private MariaDB of the run.
const { removeDirectory } = require('./directory');

module.exports = async function endTestDatabase() {
  if (globalThis.omsTestDirectory) await removeDirectory(globalThis.omsTestDirectory);
};
