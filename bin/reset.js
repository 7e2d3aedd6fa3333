'use strict';
// `npm run reset`: an instance forgets everything.
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline/promises');
const { endMariadb } = require('./mariadb');
const { runningProcess } = require('./pidfile');
const { dataDirectory, shown, Stop } = require('./project');

/** At least one of these lies in every directory that a start has used. */
const SIGNS = ['run', 'credentials.json', 'database.json'];

/** Empties the data directory after asking, with `--yes` without. */
async function reset(args, { env = process.env, input = process.stdin, output = process.stdout } = {}) {
  const directory = dataDirectory(env);
  const contents = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
  if (contents.length === 0) {
    output.write(`${shown(directory)} is empty already.\n`);
    return;
  }
  if (!SIGNS.some((sign) => contents.includes(sign))) throw new Stop(`${directory} does not look like a data directory of this system: nothing was removed.`);
  const runDirectory = path.join(directory, 'run');
  const running = runningProcess(runDirectory, 'oms');
  if (running) throw new Stop(`An instance runs on ${shown(directory)} (pid ${running.pid}): end it first. Nothing was removed.`);
  // npm takes a --yes that does not stand behind -- for itself and passes it on as a variable.
  const agreed = args.includes('--yes') || env.npm_config_yes === 'true' || (await ask(directory, input, output));
  if (!agreed) {
    output.write('Nothing was removed.\n');
    return;
  }
  await endMariadb(directory);
  for (const name of contents) fs.rmSync(path.join(directory, name), { recursive: true, force: true });
  output.write(`${shown(directory)} is empty now.\n`);
}

async function ask(directory, input, output) {
  if (!input.isTTY) throw new Stop(`Nobody can be asked here: "npm run reset -- --yes" removes everything in ${shown(directory)} without asking.`);
  const prompt = readline.createInterface({ input, output });
  try {
    const answer = await prompt.question(`Remove all orders, passwords and logs in ${shown(directory)}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}

module.exports = { reset };
