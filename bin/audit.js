'use strict';
// `npm run audit:verify`: recomputes the hash chain of the audits with its key, which only the account of the migration may read.
const { administer } = require('./administer');

/** Says how many rows were looked at; throws a Stop that names the first one that was tampered with. */
const verifyAudits = (_args, options) => administer('nodes/lifecycle/verify-audits.js', [], options);

module.exports = { verifyAudits };
