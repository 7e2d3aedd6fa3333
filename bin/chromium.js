'use strict';
// Chromium, in which the browser tests look at the editor: found where systems keep it, or installed where that is ours to do.
const path = require('node:path');
const { aptInstall, isProgram, mayInstall } = require('./apt');

const PACKAGE = 'chromium';
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const INSTALL_LIMIT_MS = 240_000;

/** The path of a Chromium, or undefined. */
function findChromium(searchPath = process.env.PATH) {
  const places = [...(searchPath ?? '').split(path.delimiter).filter(Boolean), '/usr/bin'];
  return places.flatMap((place) => NAMES.map((name) => path.join(place, name))).find(isProgram);
}

/**
 * Looks for Chromium; on Debian and Ubuntu as root a missing one is installed with apt-get, within four minutes. Resolves to `{program}`, or to
 * `{reason}` why there is none: all but the browser tests can do without.
 */
async function provideChromium({ announce = () => {}, find = findChromium, may = mayInstall, install = aptInstall } = {}) {
  const found = find();
  if (found) return { program: found };
  if (!may()) return { reason: `install it for the browser tests: apt-get install ${PACKAGE}` };
  announce();
  const said = await install([PACKAGE], { signal: AbortSignal.timeout(INSTALL_LIMIT_MS) }).catch((error) => error.message);
  const installed = find();
  return installed ? { program: installed } : { reason: `apt-get could not install ${PACKAGE}: ${said ?? 'it is not there afterwards'}` };
}

module.exports = { findChromium, provideChromium };
