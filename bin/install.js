'use strict';
// The packages: `npm ci` when what is installed is not what the lock file says.
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./command');
const { withLock } = require('./lock');
const { needsBundledNode } = require('./node');
const { root, Stop } = require('./project');

/** Installs the packages when the lock file changed since the last time; resolves to whether it did. */
function installPackages({ projectRoot = root, signal, announce = () => {} } = {}) {
  if (isInstalled(projectRoot)) return Promise.resolve(false);
  return withLock('install', async () => {
    if (isInstalled(projectRoot)) return false;
    announce();
    await npmCi(projectRoot, signal);
    writeStamp(projectRoot);
    return true;
  }, { signal });
}

/** Whether node_modules holds what package-lock.json names. Also after a person's own `npm install`. */
function isInstalled(projectRoot = root) {
  if (needsBundledNode({ projectRoot })) return false;
  if (read(stampFile(projectRoot)) === stamp(projectRoot)) return true;
  if (!matchesLock(projectRoot)) return false;
  writeStamp(projectRoot);
  return true;
}

function stampFile(projectRoot) {
  return path.join(projectRoot, 'node_modules', '.oms-lock');
}

function stamp(projectRoot) {
  const lock = fs.readFileSync(path.join(projectRoot, 'package-lock.json'));
  return crypto.createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex');
}

function writeStamp(projectRoot) {
  fs.writeFileSync(stampFile(projectRoot), stamp(projectRoot));
}

// npm writes node_modules/.package-lock.json last, as the list of what it really installed.
function matchesLock(projectRoot) {
  const installed = read(path.join(projectRoot, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return false;
  const have = JSON.parse(installed).packages;
  const want = JSON.parse(fs.readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8')).packages;
  const missing = Object.entries(want).some(([place, entry]) => place !== '' && (have[place] ? have[place].integrity !== entry.integrity : !entry.optional));
  return !missing && Object.keys(have).every((place) => want[place]);
}

async function npmCi(projectRoot, signal) {
  const [command, ...first] = npm();
  const { status, output } = await run(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: projectRoot, env: environment(), signal });
  if (status === 0) return;
  if (/\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED)\b/.test(output)) {
    throw new Stop(`The packages could not be installed, because the package registry cannot be reached (npm ci: ${RegExp.lastMatch}).`);
  }
  throw new Stop(`The packages could not be installed; npm ci says:\n${complaint(output)}`);
}

// npm puts the cause first and its manual after it.
function complaint(output) {
  const lines = output.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, ''));
  return lines.filter((line) => line.trim() !== '').slice(0, 10).join('\n');
}

/** The npm that is there, run by the Node that it runs on: the bundled one lies in the directory that `npm ci` empties first. */
function npm() {
  const script = process.env.npm_execpath;
  if (script && /npm(-cli)?(\.[cm]?js)?$/.test(script) && !script.includes(`${path.sep}node_modules${path.sep}.bin${path.sep}`)) {
    return [process.env.npm_node_execpath ?? process.execPath, script];
  }
  return ['npm'];
}

// A surrounding npm hands its own settings on; of these none may leave out a part of the packages.
function environment() {
  const env = { ...process.env };
  for (const name of ['NODE_ENV', 'npm_config_omit', 'npm_config_production', 'npm_config_only', 'npm_config_dry_run']) delete env[name];
  return env;
}

function read(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

module.exports = { installPackages, isInstalled };
