'use strict';
// `npm run audit:verify`: recomputes the hash chain of the audits with its key, which only the account of the migration may read.
const fs = require('node:fs');
const path = require('node:path');
const { run } = require('./command');
const { isPrivate } = require('./database');
const { build } = require('./gates');
const { startMariadb } = require('./mariadb');
const { chooseNode } = require('./node');
const { dataDirectory, root, shown, Stop } = require('./project');

/** Says how many rows were looked at; throws a Stop that names the first one that was tampered with. Also beside a running instance. */
async function verifyAudits(_args, { env = process.env, output = process.stdout } = {}) {
  const data = dataDirectory(env);
  if (isPrivate(env) && !fs.existsSync(path.join(data, 'database'))) throw new Stop(`There is no database in ${shown(data)}: nothing was started there yet.`);
  await build();
  const database = isPrivate(env) ? await startMariadb({ dataDirectory: data }) : undefined;
  try {
    const url = database?.url ?? env.OMS_DATABASE_URL ?? '';
    const program = path.join(root, 'dist', 'nodes', 'lifecycle', 'verify-audits.js');
    const { status, stdout, output: said } = await run(chooseNode(), [program], { cwd: root, env: { ...env, OMS_DATABASE_URL: url } });
    if (status !== 0) throw new Stop(said.trim());
    output.write(stdout);
  } finally {
    if (database && !database.adopted) await database.stop();
  }
}

module.exports = { verifyAudits };
