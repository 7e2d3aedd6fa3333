'use strict';
// For every run that looks at memory: what is garbage is collected when the rig says so.
process.on('SIGUSR2', () => global.gc());
