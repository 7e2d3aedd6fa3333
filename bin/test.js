'use strict';
// `npm test`: every gate in turn, the first failing one ends it.
const path = require('node:path');
const compile = require('./build');
const { provideChromium } = require('./chromium');
const { run } = require('./command');
const { lintFlows } = require('./flows');
const gates = require('./gates');
const { installPackages } = require('./install');
const { provideMariadb } = require('./mariadb-packages');
const { chooseNode } = require('./node');
const { root } = require('./project');
const { createSteps } = require('./steps');

/** Installs, compiles, checks types and style, and runs jest with the given arguments; resolves to the exit code. */
async function test(args) {
  const steps = createSteps();
  await steps.step((did) => (did ? 'packages installed' : 'packages are there'), () => installPackages({ announce: () => steps.note('installing the packages …') }));
  if (!process.env.OMS_TEST_DATABASE_URL) {
    await steps.step('MariaDB is there', () => provideMariadb({ announce: () => steps.note('installing MariaDB …') }));
  }
  await steps.step(({ reason }) => (reason ? `no Chromium; ${reason}` : 'Chromium is there'), () => provideChromium({ announce: () => steps.note('installing Chromium …') }));
  await steps.step((did) => (did ? 'compiled' : 'compiled before'), () => compile.build());
  await steps.step('types checked', gates.typecheck);
  await steps.step('linted', gates.lint);
  await steps.step('flows checked', () => lintFlows());
  return steps.step('tests', () => jest(args));
}

/** `bin/run screens`: the tests' own rig takes the pictures. */
async function screens() {
  await gates.build();
  return jest(['--testMatch', '**/test/browser/screens.ts']);
}

async function jest(args) {
  const { status } = await run(chooseNode(), [path.join(root, 'node_modules/jest/bin/jest.js'), ...args], { cwd: root, env: environment(), show: true });
  return status;
}

// The tests start what they need with variables of their own; those of the person's instance do not reach them.
function environment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (name.startsWith('OMS_') && !/^OMS_(TEST|CONTRACTS)_/.test(name)) delete env[name];
  }
  return env;
}

module.exports = { test, screens };
