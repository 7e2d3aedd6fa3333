/** A deploy that does not happen. Node-RED's admin API answers with the status, and with code and message as JSON. */
export class DeployRefused extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'DeployRefused';
    this.status = status;
    this.code = code;
  }
}

/** The flows that the deploy builds on are not the current ones. The editor answers this status and code with its own dialog: review, merge or ignore. */
export const outOfDate = (message: string): DeployRefused => new DeployRefused(409, 'version_mismatch', message);
