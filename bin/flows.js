'use strict';
// `bin/run lint:flows` and `bin/run flows:diff`: the flow files against the rules, and against an earlier revision of git.
const path = require('node:path');
const { run } = require('./command');
const { build } = require('./gates');
const { chooseNode } = require('./node');
const { root, Stop } = require('./project');

/** Checks the flow files; `--write` first writes them as a deploy would. Throws a Stop that names file, node and reason. */
async function lintFlows(args = []) {
  await program('lint', args);
}

/** Says in words what has changed in the flow files since a revision of git, or between two. */
async function diffFlows(args = []) {
  await program('diff', args);
}

async function program(name, args) {
  await build();
  const env = { ...process.env, OMS_FLOWS_DIR: path.resolve(root, process.env.OMS_FLOWS_DIR || 'flows') };
  const { status, stdout, output } = await run(chooseNode(), [path.join(root, 'dist', 'nodes', 'flows', 'command.js'), name, ...args], { cwd: process.cwd(), env });
  if (status !== 0) throw new Stop(output.trim());
  process.stdout.write(stdout);
}

module.exports = { lintFlows, diffFlows };
