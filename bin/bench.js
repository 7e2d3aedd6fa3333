'use strict';
// `npm run bench [-- name … --option]`: compiles what has changed and runs the benchmarks of bench/.
const path = require('node:path');
const { run } = require('./command');
const { build } = require('./gates');
const { chooseNode } = require('./node');
const { root } = require('./project');

async function bench(args) {
  await build();
  const { status } = await run(chooseNode(), [path.join(root, 'dist', 'bench', 'main.js'), ...args], { cwd: root, show: true });
  return status;
}

module.exports = { bench };
