'use strict';
// jest globalSetup: one private MariaDB for the whole run, unless OMS_TEST_DATABASE_URL names a server.
const { createHash } = require('node:crypto');
const os = require('node:os');
const path = require('node:path');
const { startMariadb } = require('../mariadb');
const { createDirectory, sweep } = require('./directory');

// Flushing once a second outlives the death of every process (not of the machine), which is all that tests kill.
const FASTER = ['--innodb-flush-log-at-trx-commit=2', '--innodb-buffer-pool-size=128M'];

module.exports = async function startTestDatabase() {
  if (process.env.OMS_TEST_DATABASE_URL) {
    const server = createHash('sha256').update(process.env.OMS_TEST_DATABASE_URL).digest('hex').slice(0, 12);
    process.env.TEST_ACCOUNTS_DIR ??= path.join(os.tmpdir(), `oms-accounts-${server}`);
    return;
  }
  await sweep();
  const directory = createDirectory();
  const database = await startMariadb({ dataDirectory: directory, options: FASTER });
  process.env.OMS_TEST_DATABASE_URL = database.serverUrl;
  process.env.TEST_ACCOUNTS_DIR = directory;
  globalThis.omsTestDirectory = directory;
};
