import { type FaultKind, type System, takesEffect } from './kinds';

/** A fault as it was asked for. */
export interface FaultOrder {
  system: System;
  operation?: string | undefined;
  /** One of the system's endpoints; without it the fault strikes at all. */
  endpoint?: string | undefined;
  fault: FaultKind;
  /** Share of the requests that are hit, 0 < rate <= 1. */
  rate: number;
  /** How many times it happens before it is gone; undefined: until it is deleted. */
  count?: number | undefined;
  /** Milliseconds, for the faults that delay. */
  ms?: number | undefined;
}

/** A fault in force. */
export interface ActiveFault extends FaultOrder {
  id: number;
  fired: number;
}

/** What happens to one request. */
export interface Misfortune {
  /** Milliseconds to wait first; 0 without a `latency` fault. */
  delayMs: number;
  /** The one other fault that hits this request. */
  fault?: FaultKind;
  /** Its `ms`, where given. */
  ms?: number | undefined;
  /** How often this fault has struck, from 1. */
  nth: number;
}

const defaultLatencyMs = 2000;

/** The faults in force. Kept in memory only: a restart of the sandbox ends them all. */
export class FaultTable {
  #faults: ActiveFault[] = [];
  #nextId = 1;

  add(order: FaultOrder): ActiveFault {
    const fault = { ...order, id: this.#nextId, fired: 0 };
    this.#nextId += 1;
    this.#faults.push(fault);
    return fault;
  }

  list(): ActiveFault[] {
    return [...this.#faults];
  }

  clear(): void {
    this.#faults = [];
  }

  /** Decides what happens to one request. Delays add up; of the other faults the first that strikes is the only one. */
  strike(system: System, operation: string, endpoint?: string): Misfortune {
    const misfortune: Misfortune = { delayMs: 0, nth: 0 };
    for (const fault of this.#faults) {
      if (fault.system !== system || (fault.operation ?? operation) !== operation) continue;
      if (fault.endpoint !== undefined && fault.endpoint !== endpoint) continue;
      if (misfortune.fault !== undefined && fault.fault !== 'latency') continue;
      if (!takesEffect(fault.fault, system, operation, fault.operation !== undefined)) continue;
      if (fault.rate < 1 && Math.random() >= fault.rate) continue;
      fault.fired += 1;
      if (fault.fault === 'latency') misfortune.delayMs += fault.ms ?? defaultLatencyMs;
      else Object.assign(misfortune, { fault: fault.fault, ms: fault.ms, nth: fault.fired });
    }
    this.#faults = this.#faults.filter((fault) => fault.count === undefined || fault.fired < fault.count);
    return misfortune;
  }
}
