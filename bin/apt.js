'use strict';
// Packages of Debian and Ubuntu: installed where that is ours to do, that is as root.
const { accessSync, constants, existsSync } = require('node:fs');
const { lastLines, run } = require('./command');

const APT_GET = '/usr/bin/apt-get';

function mayInstall() {
  return process.platform === 'linux' && process.getuid() === 0 && existsSync('/etc/debian_version') && isProgram(APT_GET);
}

/** Installs packages without what they only recommend; resolves to undefined, or to what apt-get says when it could not. */
async function aptInstall(packages, { signal } = {}) {
  const aptGet = (...args) => run(APT_GET, ['-q', '-y', '-o', 'DPkg::Lock::Timeout=120', ...args], { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, signal });
  const update = await aptGet('update');
  const install = await aptGet('install', '--no-install-recommends', ...packages);
  if (install.status === 0) return undefined;
  return lastLines(`${update.status === 0 ? '' : update.output}${install.output}`);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

module.exports = { mayInstall, aptInstall, isProgram };
