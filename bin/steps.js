'use strict';
// What a person at the terminal reads: each step with the time it took, then a quiet line per notable thing.

/** Prints steps as `  12.3 s  what was done`. */
function createSteps(write = (text) => process.stdout.write(text)) {
  return {
    /** Does the work, then prints what it was and how long it took. `title` may be made from the result. */
    step: async (title, work) => {
      const start = performance.now();
      const result = await work();
      write(`${seconds(performance.now() - start)}  ${typeof title === 'function' ? title(result) : title}\n`);
      return result;
    },
    /** Says at once that something takes longer. */
    note: (text) => write(`           ${text}\n`),
    /** A line with the time of day, for what happens later. */
    event: (text) => write(`${new Date().toTimeString().slice(0, 8)}  ${text}\n`),
    print: (text = '') => write(`${text}\n`),
  };
}

function seconds(milliseconds) {
  return `${(milliseconds / 1000).toFixed(1).padStart(7)} s`;
}

module.exports = { createSteps };
