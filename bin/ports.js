'use strict';
// TCP ports: whether one is free, and free ones for what nobody needs to know the number of.
const net = require('node:net');
const { Stop } = require('./project');

// Below the range from which Linux takes the ports of outgoing connections (32768 and up), so that a client that reconnects while the server
// is down can neither take the server's port nor connect to itself.
const FIRST = 20_000;
const LAST = 32_000;

/** Tries to listen; undefined when the port is free, else the error's code (`EADDRINUSE`, `EACCES` …). */
async function refusal(port) {
  return (await tryListen(port, undefined)) ?? (await tryListen(port, '127.0.0.1'));
}

function tryListen(port, host) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error) => resolve(error.code));
    server.listen({ port, host }, () => server.close(() => resolve(undefined)));
  });
}

/** Throws a clear line when the port that `variable` names cannot be used. */
async function demandFree(port, variable) {
  const code = await refusal(port);
  if (code === undefined) return;
  if (code === 'EADDRINUSE') throw new Stop(`Port ${port} is already in use: end what uses it, or choose another port with ${variable}=<port>.`);
  if (code === 'EACCES') throw new Stop(`Port ${port} may not be used by this user: choose one above 1023 with ${variable}=<port>.`);
  throw new Stop(`Port ${port} (${variable}) cannot be used: ${code}.`);
}

/** A free port: `preferred` when that is given and free, else another. */
async function freePort(preferred) {
  if (preferred && (await refusal(preferred)) === undefined) return preferred;
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if ((await refusal(port)) === undefined) return port;
  }
  throw new Stop(`No free TCP port found between ${FIRST} and ${LAST}.`);
}

module.exports = { demandFree, freePort };
