'use strict';
// `npm start`: from a fresh clone to a running system, and back to nothing running.
const fs = require('node:fs');
const path = require('node:path');
const { build } = require('./build');
const { provideCredentials } = require('./credentials');
const { isPrivate, migrate, privateDatabase } = require('./database');
const { readEndpoints, writeEndpoints } = require('./endpoints');
const { installPackages } = require('./install');
const { chooseNode } = require('./node');
const { claimPid, removePid, runningProcess } = require('./pidfile');
const { demandFree, freePort } = require('./ports');
const { end } = require('./process');
const { root, shown, Stop } = require('./project');
const { sandboxService, serverService } = require('./programs');
const { readSettings } = require('./settings');
const { createSteps } = require('./steps');
const { supervise } = require('./supervise');

/**
 * Starts everything and resolves when it has been asked to end and nothing runs any more. `prepared`: packages and code are there already and the database
 * is somebody else's, as in a container; the processes then write to our own stdout instead of to log files.
 */
async function start(_args = [], { prepared = false } = {}) {
  const steps = createSteps();
  const settings = readSettings();
  makeDirectories(settings);
  const holder = claimPid(settings.runDirectory, 'oms');
  if (holder) throw new Stop(`An instance already runs on ${shown(settings.dataDirectory)} (pid ${holder.pid}): end it first, or give this one another OMS_DATA_DIR, OMS_PORT and OMS_SANDBOX_PORT.`);
  let stoppedAt;
  try {
    await supervise((life) => run({ steps, settings, prepared, life }), {
      event: steps.event,
      onStopping() {
        stoppedAt = performance.now();
        steps.print('\nStopping: what is running is finished first.');
      },
    });
  } finally {
    removePid(settings.runDirectory, 'oms');
  }
  if (stoppedAt !== undefined) steps.print(`Stopped after ${((performance.now() - stoppedAt) / 1000).toFixed(1)} s. Nothing is left running.`);
}

async function run({ steps, settings, prepared, life }) {
  const { signal } = life;
  const startedAt = performance.now();
  await endLeftovers(settings);
  await demandFree(settings.port, 'OMS_PORT');
  await demandFree(settings.sandboxPort, 'OMS_SANDBOX_PORT');
  if (!prepared) await prepare(steps, signal);
  const node = chooseNode();
  const environment = checkEnvironment();
  provideFlows(settings, steps);
  const credentials = provideCredentials(path.join(settings.dataDirectory, 'credentials.json'));

  const database = await provideDatabase({ steps, settings, prepared, life });
  const urls = await steps.step('database migrated', () => migrate({ node, url: database?.url ?? process.env.OMS_DATABASE_URL, dataDirectory: settings.dataDirectory, signal }));

  const context = { node, settings, credentials, urls, prepared, event: steps.event };
  if (environment.sandbox) {
    context.amqpPort = await amqpPort(settings);
    const sandbox = sandboxService(context);
    life.add(sandbox);
    const { ready } = await steps.step('sandbox started', () => sandbox.start());
    context.amqpPort = ready.amqpPort ?? context.amqpPort;
  }
  const server = serverService(context);
  life.add(server);
  await steps.step('Node-RED started', () => server.start());
  signal.throwIfAborted();
  const first = readEndpoints(settings).oms === undefined;
  writeEndpoints(settings, { urls, administrator: database?.url, databasePort: database?.port, amqpPort: context.amqpPort });
  greet({ steps, settings, credentials, first, sandbox: environment.sandbox, prepared, took: performance.now() - startedAt });
  await life.ended;
}

async function prepare(steps, signal) {
  await steps.step((did) => (did ? 'packages installed' : 'packages are there'), () => installPackages({ signal, announce: () => steps.note('installing the packages …') }));
  await steps.step((did) => (did ? 'compiled' : 'compiled before'), () => build({ signal }));
}

function makeDirectories({ dataDirectory, runDirectory, logDirectory }) {
  try {
    fs.mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
    for (const directory of [runDirectory, logDirectory]) fs.mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new Stop(`The data directory ${dataDirectory} (OMS_DATA_DIR) cannot be used: ${error.message}`);
  }
}

/** Processes of an earlier start that was killed. Its database is adopted or ended when ours is started. */
async function endLeftovers({ runDirectory }) {
  for (const name of ['node-red', 'sandbox']) {
    const leftover = runningProcess(runDirectory, name);
    if (leftover) await end(leftover, 12_000);
    removePid(runDirectory, name);
  }
}

/** The compiled configuration table decides which variables are right. */
function checkEnvironment() {
  const config = require(path.join(root, 'dist', 'nodes', 'runtime', 'config.js'));
  const check = config.checkEnvironment(process.env);
  if (check.problems.length > 0) throw new Stop(check.problems.join('\n'));
  return check;
}

/** A second instance begins with a copy of the project's flows in the directory it is given. */
function provideFlows({ flowsDirectory }, steps) {
  const own = path.join(root, 'flows');
  if (fs.existsSync(flowsDirectory)) return;
  if (!fs.existsSync(own)) throw new Stop(`There are no flows: ${own} is missing.`);
  fs.cpSync(own, flowsDirectory, { recursive: true });
  steps.note(`flows copied to ${shown(flowsDirectory)}`);
}

async function provideDatabase({ steps, settings, prepared, life }) {
  if (!isPrivate()) return undefined;
  if (prepared) throw new Stop('OMS_DATABASE_URL has to be set: there is no private database here.');
  const service = privateDatabase({ dataDirectory: settings.dataDirectory, event: steps.event, onInstall: () => steps.note('installing MariaDB …') });
  life.add(service);
  return steps.step(({ adopted }) => (adopted ? 'MariaDB still runs' : 'MariaDB started'), () => service.start());
}

/** The Service Bus of the sandbox keeps its port from one start to the next while it is free. */
async function amqpPort(settings) {
  const wanted = Number(process.env.OMS_SANDBOX_AMQP_PORT) || undefined;
  if (wanted) await demandFree(wanted, 'OMS_SANDBOX_AMQP_PORT');
  return wanted ?? freePort(readEndpoints(settings).sandbox?.amqpPort);
}

function greet({ steps, settings, credentials, first, sandbox, prepared, took }) {
  const url = `http://127.0.0.1:${settings.port}`;
  const kept = shown(path.join(settings.dataDirectory, 'credentials.json'));
  const whereIsIt = process.env.OMS_ADMIN_PASSWORD ? 'from OMS_ADMIN_PASSWORD' : `in ${kept}`;
  const password = first && !process.env.OMS_ADMIN_PASSWORD ? credentials.admin.password : whereIsIt;
  steps.print();
  steps.print(`  Ready after ${(took / 1000).toFixed(1)} s.`);
  steps.print();
  steps.print(`  Start page   ${url}/`);
  steps.print(`  Editor       ${url}/editor    user ${credentials.admin.user}, password ${password}`);
  steps.print(`  API          ${url}/api/docs`);
  if (sandbox) steps.print(`  Sandbox      http://127.0.0.1:${settings.sandboxPort}/control    stands in for every partner`);
  if (!prepared) steps.print(`  Logs         ${shown(settings.logDirectory)}/`);
  steps.print();
  steps.print('  Ctrl-C ends everything.');
  steps.print();
}

module.exports = { start };
