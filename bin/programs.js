'use strict';
// The two programs of the project as services: what each is run with, and what a person gets to read of it.
const path = require('node:path');
const { launchChild } = require('./child');
const { root } = require('./project');
const { sandboxVariables } = require('./sandbox');
const { createService } = require('./service');

/** Only the migration signs in with these. */
const MIGRATION_ONLY = ['OMS_DATABASE_URL', 'OMS_DATABASE_IMPORT_URL'];
/** Lines of a process's stderr that are shown in ten seconds; the rest is in the log. */
const SHOWN_LINES = 5;

/** Node-RED with our nodes and the HTTP edge in front of it. It drains on SIGTERM. */
function serverService({ node, settings, credentials, urls, amqpPort, prepared, event }) {
  const log = prepared ? undefined : path.join(settings.logDirectory, 'oms.log');
  return createService({
    name: 'Node-RED',
    event,
    launch: ({ signal }) =>
      launchChild({
        name: 'node-red',
        runDirectory: settings.runDirectory,
        command: node,
        // Keeps the process near 340 MB at no loss of rate.
        args: ['--max-semi-space-size=16', '--max-old-space-size=1024', path.join(root, 'dist', 'server.js')],
        cwd: root,
        env: {
          ...commonVariables(settings),
          NODE_ENV: process.env.NODE_ENV || 'production',
          OMS_FLOWS_DIR: settings.flowsDirectory,
          OMS_DATABASE_APP_URL: urls.app,
          OMS_DATABASE_REPORT_URL: urls.report,
          ...credentials.variables,
          ...(amqpPort && sandboxVariables({ port: settings.sandboxPort, amqpPort })),
          OMS_SANDBOX_MODE: amqpPort ? 'on' : 'off',
        },
        log,
        onLine: limited((line) => event(line), (count) => event(`… ${count} more lines${log ? ` in ${log}` : ''}`)),
        onMessage: (message) => message?.type === 'notice' && event(String(message.text)),
        signal,
      }),
  });
}

/**
 * The stand-ins for the partners. A process group of its own keeps a Ctrl-C from it: it has to answer until the server has finished its work. It ends by
 * itself when its connection to us breaks.
 */
function sandboxService({ node, settings, credentials, amqpPort, prepared, event }) {
  return createService({
    name: 'the sandbox',
    event,
    launch: ({ signal }) =>
      launchChild({
        name: 'sandbox',
        runDirectory: settings.runDirectory,
        command: node,
        args: [path.join(root, 'dist', 'sandbox', 'main.js')],
        cwd: root,
        env: {
          ...commonVariables(settings),
          OMS_URL: `http://127.0.0.1:${settings.port}`,
          OMS_SANDBOX_AMQP_PORT: String(amqpPort),
          OMS_TOKEN_MULESOFT: credentials.variables.OMS_TOKEN_MULESOFT,
          OMS_TOKEN_SERVICE_BUS: credentials.variables.OMS_TOKEN_SERVICE_BUS,
          OMS_TOKEN_PRINT_STATION: credentials.variables.OMS_TOKEN_PRINT_STATION,
        },
        log: prepared ? undefined : path.join(settings.logDirectory, 'sandbox.log'),
        detached: true,
        readyLimit: 30_000,
        stopLimit: 3_000,
        signal,
      }),
  });
}

function commonVariables(settings) {
  const env = {
    ...process.env,
    OMS_PORT: String(settings.port),
    OMS_SANDBOX_PORT: String(settings.sandboxPort),
    OMS_DATA_DIR: settings.dataDirectory,
    OMS_SUPERVISED: '1',
  };
  for (const name of MIGRATION_ONLY) delete env[name];
  return env;
}

/** Passes on the first few calls of any ten seconds and says afterwards how many there were more. */
function limited(pass, sayMore) {
  let count = 0;
  return (line) => {
    if (count === 0) {
      setTimeout(() => {
        if (count > SHOWN_LINES) sayMore(count - SHOWN_LINES);
        count = 0;
      }, 10_000).unref();
    }
    count += 1;
    if (count <= SHOWN_LINES) pass(line);
  };
}

module.exports = { serverService, sandboxService };
