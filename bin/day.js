'use strict';
// `npm run demo:day [-- --orders N --seed N]`: compiles what has changed and runs the mixed day of test/day.
const path = require('node:path');
const { run } = require('./command');
const { build } = require('./gates');
const { chooseNode } = require('./node');
const { root } = require('./project');

async function day(args) {
  await build();
  const { status } = await run(chooseNode(), [path.join(root, 'dist', 'test', 'day', 'main.js'), ...args], { cwd: root, show: true });
  return status;
}

module.exports = { day };
