'use strict';
// Claims of a process that nobody looks after: what it had claimed when it died stays claimed.
const { Processes } = require('../../../../dist/nodes/work/processes.js');

Processes.prototype.start = async () => undefined;
Object.defineProperty(Processes.prototype, 'id', { get: () => process.pid });
