'use strict';
// The checks that come before the tests, each also a command of its own.
const path = require('node:path');
const compile = require('./build');
const { run } = require('./command');
const { installPackages } = require('./install');
const { chooseNode } = require('./node');
const { root, Stop } = require('./project');

/** Installs what is missing and compiles what has changed. */
async function build() {
  await installPackages();
  await compile.build();
}

/** Checks the types of everything, tests too. */
async function typecheck() {
  await installPackages();
  await demand('typescript/bin/tsc', ['--noEmit'], 'The types do not fit.');
}

/** Checks the code with oxlint, with the rules that know the types. */
async function lint() {
  await installPackages();
  await demand('oxlint/bin/oxlint', ['--type-aware', '--quiet'], 'The linter found errors.');
}

async function demand(program, args, complaint) {
  // With CI set oxlint colours what no terminal will show.
  const { CI: _ci, ...env } = process.env;
  const { status, output } = await run(chooseNode(), [path.join(root, 'node_modules', program), ...args], { cwd: root, env: { ...env, NO_COLOR: '1' } });
  if (status !== 0) throw new Stop(`${output.trim()}\n${complaint}`);
}

module.exports = { build, typecheck, lint };
