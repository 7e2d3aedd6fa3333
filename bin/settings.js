'use strict';
// What the start script itself has to know before anything is installed or compiled.
const path = require('node:path');
const { dataDirectory, root, Stop } = require('./project');

/** `{port, sandboxPort, dataDirectory, runDirectory, logDirectory, flowsDirectory}`. Throws a Stop for a port that is none. */
function readSettings(env = process.env) {
  const port = portOf(env, 'OMS_PORT', 1880);
  const sandboxPort = portOf(env, 'OMS_SANDBOX_PORT', 18_880);
  if (port === sandboxPort) throw new Stop(`OMS_PORT and OMS_SANDBOX_PORT are both ${port}: they have to differ.`);
  const data = dataDirectory(env);
  return {
    port,
    sandboxPort,
    dataDirectory: data,
    runDirectory: path.join(data, 'run'),
    logDirectory: path.join(data, 'logs'),
    flowsDirectory: path.resolve(root, env.OMS_FLOWS_DIR || 'flows'),
  };
}

function portOf(env, variable, usual) {
  const text = env[variable];
  if (text === undefined || text === '') return usual;
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new Stop(`${variable} must be a port number from 1 to 65535, not "${text}".`);
}

module.exports = { readSettings };
