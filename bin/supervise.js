'use strict';
// The life of a running system: from the first signal that asks it to end to the last process gone.

/** A terminal's Ctrl-C reaches us once from the terminal and once more through npm: later than that, it is a person's second one. */
const SECOND_WISH = 1_000;

class Interrupted extends Error {
  constructor() {
    super('interrupted');
  }
}

/**
 * Runs `work({signal, add, ended})` and ends what it added, the last added first, however it comes out. `signal` is aborted (with an Interrupted) when
 * SIGINT, SIGTERM or SIGHUP asks for the end; `add(service)` registers something with `stop()` before it is started; `ended` resolves with the first signal. A second
 * Ctrl-C kills what can be killed without losing anything. Resolves to undefined after a signal, else to the work's result.
 */
async function supervise(work, { event = () => {}, onStopping = () => {} } = {}) {
  const interruption = new AbortController();
  const added = [];
  let askedAt;
  let announceEnd;
  const ended = new Promise((resolve) => {
    announceEnd = resolve;
  });
  const ask = () => {
    if (askedAt === undefined) {
      askedAt = Date.now();
      onStopping();
      interruption.abort(new Interrupted());
      announceEnd();
    } else if (Date.now() - askedAt > SECOND_WISH) {
      event('ending at once');
      for (const service of added) service.kill?.();
    }
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of signals) process.on(name, ask);
  // Whoever reads our output may be gone (a closed terminal, an ended npm): what has to be ended is ended all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    return await work({ signal: interruption.signal, ended, add: (service) => added.unshift(service) });
  } catch (error) {
    if (interruption.signal.aborted) return undefined;
    throw error;
  } finally {
    for (const service of added) await service.stop();
    for (const name of signals) process.removeListener(name, ask);
  }
}

module.exports = { supervise };
