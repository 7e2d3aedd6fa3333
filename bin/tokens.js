'use strict';
// `npm run tokens`: the callers' tokens, listed, added and revoked.
const { administer } = require('./administer');

const tokens = (args, options) => administer('nodes/edge/tokens-command.js', args, options);

module.exports = { tokens };
