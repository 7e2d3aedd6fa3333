'use strict';
// `npm run faults [-- scenario … --seed N --orders N --kills N --naive]`: compiles what has changed and runs the scenarios of test/faults.
const path = require('node:path');
const { run } = require('./command');
const { build } = require('./gates');
const { chooseNode } = require('./node');
const { root } = require('./project');
const endDatabase = require('./test-database/end');
const startDatabase = require('./test-database/start');

async function faults(args) {
  await build();
  await startDatabase();
  try {
    const { status } = await run(chooseNode(), [path.join(root, 'dist', 'test', 'faults', 'rig', 'main.js'), ...args], { cwd: root, show: true });
    return status;
  } finally {
    await endDatabase();
  }
}

module.exports = { faults };
