'use strict';
// The database of an instance: the one that the environment names, or a private MariaDB; and its schema.
const path = require('node:path');
const { lastLines, run } = require('./command');
const { startMariadb } = require('./mariadb');
const { createService } = require('./service');
const { root, Stop } = require('./project');

/** Whether the environment leaves the database to us. */
function isPrivate(env = process.env) {
  return !env.OMS_DATABASE_URL && !env.OMS_DATABASE_APP_URL;
}

/** The private MariaDB as a service; what it starts as has the `url` for the migration. */
function privateDatabase({ dataDirectory, onInstall, event }) {
  return createService({
    name: 'MariaDB',
    event,
    launch: ({ signal, again }) => startMariadb({ dataDirectory, onInstall, signal, keepPort: again }),
  });
}

/**
 * Brings the database up to date and resolves to the URLs of its accounts, `{app, report, import}`. Those that the site has made itself and put into the
 * environment go before; with them alone, without OMS_DATABASE_URL, the site migrates too.
 */
async function migrate({ node, url, dataDirectory, env = process.env, signal }) {
  const given = { app: env.OMS_DATABASE_APP_URL, report: env.OMS_DATABASE_REPORT_URL, import: env.OMS_DATABASE_IMPORT_URL };
  const made = url ? await runMigration({ node, url, dataDirectory, env, signal }) : {};
  const urls = { app: given.app || made.app, report: given.report || made.report, import: given.import || made.import };
  if (!urls.report) throw new Stop('OMS_DATABASE_REPORT_URL has to be set beside OMS_DATABASE_APP_URL (or OMS_DATABASE_URL, from which both are made).');
  return urls;
}

async function runMigration({ node, url, dataDirectory, env, signal }) {
  const { status, stdout, output } = await run(node, [path.join(root, 'dist', 'migrate.js')], {
    cwd: root,
    env: { ...env, OMS_DATABASE_URL: url, OMS_DATA_DIR: dataDirectory },
    signal,
  });
  if (status !== 0) throw new Stop(lastLines(output) || 'The database could not be prepared.');
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

module.exports = { isPrivate, privateDatabase, migrate };
