'use strict';
// Compiles the sources into dist/, with everything that lies beside them, when one of them has changed.
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./command');
const { withLock } = require('./lock');
const { chooseNode } = require('./node');
const { root, Stop } = require('./project');

/** What is compiled. Directories are read whole, missing ones skipped. */
const SOURCES = ['nodes', 'sandbox', 'bench', 'test/day', 'test/faults', 'test/flows', 'test/support'];
/** What else decides about the result. */
const SETTINGS = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];

/** Compiles when a source has been changed, added or removed since the last time; resolves to whether it did. */
function build({ projectRoot = root, compile = runCompiler, signal } = {}) {
  return withLock('build', async () => {
    const stamp = sourcesStamp(projectRoot);
    const stampFile = path.join(projectRoot, 'dist', '.built');
    if (fs.existsSync(stampFile) && fs.readFileSync(stampFile, 'utf8') === stamp) return false;
    await buildAnew(projectRoot, compile, stamp, signal);
    return true;
  }, { signal });
}

// Beside dist/ and then in its place: nothing of a deleted source stays, and a failed compile leaves the last good one.
async function buildAnew(projectRoot, compile, stamp, signal) {
  const draft = path.join(projectRoot, 'dist.new');
  fs.rmSync(draft, { recursive: true, force: true });
  fs.mkdirSync(draft);
  try {
    fs.writeFileSync(path.join(draft, '.gitignore'), '*\n');
    await compile({ projectRoot, outDirectory: draft, signal });
    for (const directory of SOURCES) copyOthers(path.join(projectRoot, directory), path.join(draft, directory));
    fs.writeFileSync(path.join(draft, '.built'), stamp);
    fs.rmSync(path.join(projectRoot, 'dist'), { recursive: true, force: true });
    fs.renameSync(draft, path.join(projectRoot, 'dist'));
  } finally {
    fs.rmSync(draft, { recursive: true, force: true });
  }
}

async function runCompiler({ projectRoot, outDirectory, signal }) {
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status, output } = await run(chooseNode(), [compiler, '-p', 'tsconfig.build.json', '--outDir', outDirectory], { cwd: projectRoot, signal });
  if (status !== 0) throw new Stop(`The sources do not compile:\n${output.trim()}`);
}

/** Editor pages, SQL, WSDL, schemas, locales and examples go where the compiled code looks for them. */
function copyOthers(from, to) {
  if (!fs.existsSync(from)) return;
  fs.cpSync(from, to, { recursive: true, filter: (file) => !isTypeScript(file) });
}

function isTypeScript(file) {
  return /\.[cm]?ts$/.test(file);
}

function sourcesStamp(projectRoot) {
  const hash = crypto.createHash('sha256');
  const files = [...topLevelSources(projectRoot), ...SETTINGS, ...SOURCES.flatMap((directory) => filesIn(projectRoot, directory))];
  files.sort((one, other) => (one < other ? -1 : 1));
  for (const file of files) {
    const absolute = path.join(projectRoot, file);
    if (fs.existsSync(absolute)) hash.update(`${file}\0`).update(fs.readFileSync(absolute)).update('\0');
  }
  return hash.digest('hex');
}

function topLevelSources(projectRoot) {
  return fs.readdirSync(projectRoot).filter((name) => isTypeScript(name));
}

function filesIn(projectRoot, directory) {
  const absolute = path.join(projectRoot, directory);
  if (!fs.existsSync(absolute)) return [];
  return fs
    .readdirSync(absolute, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesIn(projectRoot, path.join(directory, entry.name)) : [path.join(directory, entry.name)]));
}

module.exports = { build };
