'use strict';
// Passwords and tokens of an instance: given by the environment, or made on the first start and kept in `<data dir>/credentials.json`.
const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const { Stop } = require('./project');

/** The callers of our endpoints and the variables of their tokens. */
const TOKENS = {
  mulesoft: 'OMS_TOKEN_MULESOFT',
  serviceBus: 'OMS_TOKEN_SERVICE_BUS',
  printStation: 'OMS_TOKEN_PRINT_STATION',
  reader: 'OMS_TOKEN_READER',
  operator: 'OMS_TOKEN_OPERATOR',
};

/**
 * `{variables, admin}`: the variables that the server needs, and the editor's account. With real partners the tokens must be in the environment, which the
 * check of the environment has seen to.
 */
function provideCredentials(file, env = process.env) {
  const kept = read(file);
  const credentials = {
    admin: { user: kept.admin?.user ?? 'admin', password: kept.admin?.password ?? secret(12) },
    tokens: Object.fromEntries(Object.keys(TOKENS).map((caller) => [caller, kept.tokens?.[caller] ?? secret(24)])),
  };
  write(file, credentials);
  const admin = { user: env.OMS_ADMIN_USER || credentials.admin.user, password: env.OMS_ADMIN_PASSWORD || credentials.admin.password };
  const variables = { OMS_ADMIN_USER: admin.user, OMS_ADMIN_PASSWORD: admin.password };
  for (const [caller, variable] of Object.entries(TOKENS)) variables[variable] = env[variable] || credentials.tokens[caller];
  return { variables, admin };
}

function secret(bytes) {
  return randomBytes(bytes).toString('base64url');
}

function read(file) {
  if (!fs.existsSync(file)) return {};
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Stop(`${file} cannot be read (${error.message}): repair it, or remove it to have new passwords and tokens made.`);
  }
}

function write(file, credentials) {
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 });
  fs.renameSync(`${file}.new`, file);
}

module.exports = { provideCredentials };
