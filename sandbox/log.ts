/** Writes one line of the log. Details hold no personal data. */
export type Log = (message: string, details?: Record<string, unknown>) => void;

/** Logs JSON lines to the standard output. */
export const logToStdout: Log = (message, details = {}) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), name: 'sandbox', msg: message, ...details })}\n`);
};
