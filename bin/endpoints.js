'use strict';
// `<data dir>/run/endpoints.json`: every port and every account's URL of a running instance, for its owner's eyes alone.
const fs = require('node:fs');
const path = require('node:path');

function file({ runDirectory }) {
  return path.join(runDirectory, 'endpoints.json');
}

/** What the last start has written, or an empty object. */
function readEndpoints(settings) {
  try {
    return JSON.parse(fs.readFileSync(file(settings), 'utf8'));
  } catch {
    return {};
  }
}

/** Writes where everything of this instance is to be found. `administrator` is known for a private database only. */
function writeEndpoints(settings, { urls, administrator, databasePort, amqpPort }) {
  const endpoints = {
    oms: { url: `http://127.0.0.1:${settings.port}`, port: settings.port },
    ...(amqpPort && { sandbox: { url: `http://127.0.0.1:${settings.sandboxPort}`, port: settings.sandboxPort, amqpPort } }),
    database: { ...(databasePort && { port: databasePort }), ...(administrator && { admin: administrator }), ...urls },
  };
  const target = file(settings);
  fs.writeFileSync(`${target}.new`, `${JSON.stringify(endpoints, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(`${target}.new`, target);
}

module.exports = { readEndpoints, writeEndpoints };
