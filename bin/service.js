'use strict';
// A process that is to run as long as the system does: started again when it dies, more patiently each time.
const { setTimeout: delay } = require('node:timers/promises');
const { howItEnded } = require('./child');

/** First and longest pause before a restart, and how long a process has to have run for the next pause to be the first again. */
const BACKOFF = { first: 500, longest: 15_000, steadyAfter: 10_000 };

/**
 * @param {object} service
 * @param service.name what a person calls it
 * @param service.launch starts the process: `({signal, again}) => Promise<{pid, exited, stop, kill?}>`; `again` is true for a restart
 * @param service.event takes a line for the person at the terminal
 */
function createService({ name, launch, event = () => {}, backoff = BACKOFF }) {
  const stopping = new AbortController();
  const { signal } = stopping;
  let current;
  let watching = Promise.resolve();

  async function watch() {
    let pause = backoff.first;
    while (!signal.aborted) {
      const since = Date.now();
      const outcome = await current.exited;
      current = undefined;
      if (signal.aborted) return;
      if (Date.now() - since >= backoff.steadyAfter) pause = backoff.first;
      let news = `${name} ended ${howItEnded(outcome)}`;
      while (!current) {
        event(`${news}; starting it again in ${pause / 1000} s`);
        try {
          await delay(pause, undefined, { signal });
          pause = Math.min(pause * 2, backoff.longest);
          current = await launch({ signal, again: true });
          event(`${name} runs again`);
        } catch (error) {
          if (signal.aborted) return;
          news = `${name} did not start: ${error.message}`;
        }
      }
    }
  }

  return {
    name,
    /** Starts it for the first time and resolves to the running process; a failure is not repeated but thrown. */
    async start() {
      current = await launch({ signal, again: false });
      watching = watch();
      return current;
    },
    /** Ends it, whatever it is doing at the moment; resolves when nothing of it runs. */
    async stop() {
      const running = current;
      stopping.abort(new Error(`${name} is being stopped`));
      await running?.stop();
      await watching;
      if (current !== running) await current?.stop();
    },
    /** Gives up waiting for a clean end, where that loses nothing. */
    kill() {
      current?.kill?.();
    },
  };
}

module.exports = { createService };
