'use strict';
// Without what the gate looks at: requests reach the parsers and nodes of Node-RED as they came.
const body = require('../../../../dist/nodes/edge/body.js');
const envelope = require('../../../../dist/nodes/edge/envelope.js');
const malformed = require('../../../../dist/nodes/edge/malformed.js');

body.parseInto = () => undefined;
envelope.wrongWith = () => undefined;
malformed.answerMalformed = () => {};
