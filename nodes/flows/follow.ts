import type { Log } from '../runtime/log';

const EVERY_MS = 500;
/** After a failure, e.g. of the database. */
const PATIENCE_MS = 5000;

/** Takes what another process on the database has deployed, within a second. */
export class Follower {
  readonly #catchUp: () => Promise<boolean>;
  readonly #log: Log;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  /** @param catchUp loads newer flows where there are any, as quietly as a deploy */
  constructor(catchUp: () => Promise<boolean>, log: Log) {
    this.#catchUp = catchUp;
    this.#log = log;
  }

  start(): void {
    this.#wait(EVERY_MS);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #wait(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#running = this.#catchUp().then(
        () => this.#wait(EVERY_MS),
        (error: Error) => {
          this.#log.warn({ code: 'flows.not-followed', reason: error.message }, 'the current flows could not be taken and are tried again');
          this.#wait(PATIENCE_MS);
        },
      );
    }, ms);
  }
}
