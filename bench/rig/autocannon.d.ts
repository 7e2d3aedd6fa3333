/** What the benchmarks use of autocannon, which brings no types. */
declare module 'autocannon' {
  namespace autocannon {
    interface Request {
      method: string;
      path: string;
      headers?: Record<string, string>;
      body?: string;
    }
    interface Result {
      non2xx: number;
      errors: number;
      /** Milliseconds. */
      latency: { p50: number; p99: number };
    }
  }
  function autocannon(options: {
    url: string;
    connections: number;
    amount: number;
    requests: { setupRequest(before: autocannon.Request): autocannon.Request }[];
  }): Promise<autocannon.Result> & { on(event: 'response', listener: () => void): void };
  export = autocannon;
}
