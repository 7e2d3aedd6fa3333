'use strict';
// Saves flows and dies by SIGKILL just before its n-th operation on the file system; without dying it prints the operations.
// Arguments: whole | naive, the folder of the flows, the file with the new ones, n (0: lives).
const fs = require('node:fs/promises');
const path = require('node:path');

const [how, dir, wanted, n] = process.argv.slice(2);
const operations = [];

function before(operation, target) {
  operations.push([operation, path.relative(dir, String(target))]);
  if (operations.length === Number(n)) process.kill(process.pid, 'SIGKILL');
}

for (const name of ['mkdir', 'rename', 'rmdir', 'unlink', 'writeFile']) {
  const original = fs[name];
  fs[name] = (target, ...rest) => {
    before(name, name === 'rename' ? rest[0] : target);
    return original(target, ...rest);
  };
}
const { open } = fs;
fs.open = async (target, flags, ...rest) => {
  if (flags !== 'r') before('open', target);
  const handle = await open(target, flags, ...rest);
  for (const name of ['writeFile', 'sync']) {
    const original = handle[name].bind(handle);
    handle[name] = (...args) => {
      before(name, target);
      return original(...args);
    };
  }
  return handle;
};

const { readFileSync } = require('node:fs');
const { splitFlows } = require('../../dist/nodes/flows/files');
const { FlowFiles } = require('../../dist/nodes/flows/flow-files');

async function main() {
  const flows = JSON.parse(readFileSync(wanted, 'utf8'));
  if (how === 'naive') {
    // As a storage without a journal does it: each file in turn.
    const { files } = splitFlows(flows);
    for (const [file, text] of files) {
      await fs.mkdir(path.dirname(path.join(dir, file)), { recursive: true });
      await fs.writeFile(path.join(dir, file), text);
    }
  } else {
    const files = new FlowFiles(dir);
    files.load();
    const save = await files.stage(flows);
    const unfinished = await save.commit();
    if (unfinished) throw unfinished;
  }
  process.stdout.write(JSON.stringify(operations));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
