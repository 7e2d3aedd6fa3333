import type { System } from '../../support/system';
import { quantile } from '../../../bench/rig/measure';

/** How soon an order moves again after the death of the process that worked on it. */
export class Recovery {
  readonly #system: System;
  readonly #struck: { order: number; version: number; at: number }[] = [];

  constructor(system: System) {
    this.#system = system;
  }

  /** To be called when the process has just died, before it starts again. */
  async struck(): Promise<void> {
    const rows = await this.#system.sql<{ order: number; version: number; at: string }>(
      'SELECT order_id AS `order`, version, UNIX_TIMESTAMP(NOW(6)) AS at FROM order_status WHERE claimed_by IS NOT NULL',
    );
    this.#struck.push(...rows.map((row) => ({ ...row, at: Number(row.at) })));
  }

  /** Orders that were in work at a death; those that moved again, by their own audits; and how soon 95 in 100 of them did, in seconds. */
  async figures(): Promise<{ struck: number; moved: number; p95: number }> {
    const audits = await this.#system.sql<{ order: number; version: number; at: string }>(
      'SELECT order_id AS `order`, version, UNIX_TIMESTAMP(at) AS at FROM order_audits WHERE order_id IN (?)',
      [this.#struck.length > 0 ? [...new Set(this.#struck.map(({ order }) => order))] : [0]],
    );
    const at = new Map(audits.map((audit) => [`${audit.order} ${audit.version}`, Number(audit.at)]));
    const seconds = this.#struck.flatMap(({ order, version, at: death }) => {
      const moved = at.get(`${order} ${version + 1}`);
      return moved === undefined ? [] : [moved - death];
    });
    return { struck: this.#struck.length, moved: seconds.length, p95: quantile(seconds, 0.95) };
  }
}
