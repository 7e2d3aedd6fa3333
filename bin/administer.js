'use strict';
// Runs one of our programs on the instance's database with the account of the migration; also beside a running instance.
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./command');
const { isPrivate } = require('./database');
const { build } = require('./gates');
const { startMariadb } = require('./mariadb');
const { chooseNode } = require('./node');
const { dataDirectory, root, shown, Stop } = require('./project');

/** `program`: of dist/. Writes what it said; throws a Stop with it where it failed. A private database that does not run is started for it. */
async function administer(program, args, { env = process.env, output = process.stdout } = {}) {
  const data = dataDirectory(env);
  if (isPrivate(env) && !fs.existsSync(path.join(data, 'database'))) throw new Stop(`There is no database in ${shown(data)}: nothing was started there yet.`);
  await build();
  const database = isPrivate(env) ? await startMariadb({ dataDirectory: data }) : undefined;
  try {
    const url = database?.url ?? env.OMS_DATABASE_URL ?? '';
    const { status, stdout, output: said } = await run(chooseNode(), [path.join(root, 'dist', program), ...args], { cwd: root, env: { ...env, OMS_DATABASE_URL: url } });
    if (status !== 0) throw new Stop(said.trim());
    output.write(stdout);
  } finally {
    if (database && !database.adopted) await database.stop();
  }
}

module.exports = { administer };
