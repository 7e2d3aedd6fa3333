import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { camelRouter } from './camel/router';
import { CamelState } from './camel/callbacks';
import { deliveries } from './camel/deliveries';
import { Dispatcher } from './camel/dispatcher';
import { type OmsAccess, OmsClient } from './camel/oms-client';
import { Plans } from './camel/plans';
import { controlRouter } from './control/router';
import { FaultTable } from './faults/fault-table';
import { application } from './http/application';
import { listen } from './http/server';
import { EffectLog } from './journal/effects';
import { EventLog } from './journal/events';
import { Ledger } from './journal/ledger';
import { type Log, logToStdout } from './log';
import { NavDocuments } from './nav/documents';
import { navRouter } from './nav/router';
import { AmqpServer } from './service-bus/amqp-server';
import { Broker, partnersTopics } from './service-bus/broker';
import { PrintFloor } from './print-station/print-floor';
import { PrintPlans } from './print-station/print-plans';
import { EventTopic } from './service-bus/event-topic';
import { OrderFile } from './sfcc/order-file';
import { sfccRouter } from './sfcc/router';
import { Storefront } from './sfcc/storefront';
import { Tokens } from './sfcc/tokens';

export interface SandboxOptions {
  /** HTTP port; 0: any. */
  port: number;
  /** AMQP port; 0: any. */
  amqpPort: number;
  /** The sandbox keeps its state in the folder `sandbox` below this. */
  dataDir: string;
  /** Where the partners call the OMS, and with which tokens. */
  oms: OmsAccess;
  /** Multiplies the partners' delays; 0: at once. */
  pace?: number;
  /** Lifetime of a storefront token. */
  tokenSeconds?: number;
  /** How long the Service Bus keeps a message locked. */
  lockMs?: number;
  log?: Log;
}

export interface Sandbox {
  port: number;
  amqpPort: number;
  /** Stops serving and calling; what is owed is kept for the next start. */
  close(): Promise<void>;
}

/**
 * Starts every outside system on the loopback interface, with the state that an earlier run left in the data directory.
 * @throws an error with code EADDRINUSE when a port is taken
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { pace = 1, tokenSeconds = 1800, lockMs = 30_000, log = logToStdout } = options;
  const http = await listen(options.port);
  const closers: (() => unknown)[] = [() => http.close()];
  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed()) await closer();
  };
  try {
    const directory = path.join(options.dataDir, 'sandbox');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const ledger = new Ledger(path.join(directory, 'journal.jsonl'));
    const orderFile = new OrderFile(path.join(directory, 'orders.jsonl'));
    const events = new EventLog(path.join(directory, 'events.jsonl'));
    closers.push(() => ledger.close(), () => orderFile.close(), () => events.close());

    const effects = new EffectLog();
    ledger.own('effect', effects);
    const faults = new FaultTable();
    const storefront = new Storefront(ledger, orderFile);
    const documents = new NavDocuments(ledger);
    const broker = new Broker(ledger, { ...partnersTopics.cirro, lockMs, maxDeliveries: 10 });
    const printAnswers = new Broker(ledger, { ...partnersTopics.printFloor, lockMs, maxDeliveries: 10 });
    const state = new CamelState(ledger);
    const plans = new Plans(state, pace);
    const printFloor = new PrintFloor({ ledger, plans: new PrintPlans(state, pace), log });
    broker.onThrough = (requestId) => plans.ship(requestId);
    const veryFirst = ledger.replay() === 0;

    const oms = new OmsClient(options.oms);
    const dispatcher = new Dispatcher({ state, ledger, faults, plans, log, deliveries: deliveries(oms, { cirro: broker, printFloor: printAnswers }, plans) });
    closers.push(() => oms.close(), () => dispatcher.stop());
    broker.open();
    printAnswers.open();
    const topic = new EventTopic(events, { lockMs });
    const amqp = new AmqpServer({ brokers: [broker, printAnswers], events: topic, printFloor, faults });
    const amqpPort = await amqp.listen(options.amqpPort);
    closers.push(() => amqp.close());
    if (veryFirst) await makeHandful(storefront);
    dispatcher.start();

    const reset = (): void => {
      faults.clear();
      dispatcher.forget();
      ledger.reset();
      orderFile.clear();
      topic.reset();
    };
    http.serve(application({
      '/control': controlRouter({ storefront, effects, events, faults, reset }),
      '/sfcc': sfccRouter(storefront, new Tokens(tokenSeconds), faults),
      '/nav': navRouter({ documents, plans, dispatcher, faults }),
      '/camel': camelRouter({ state, plans, ledger, faults }),
    }, log));
    return { port: http.port, amqpPort, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Something to look at: twelve good orders over the three storefronts and a bad one. */
async function makeHandful(storefront: Storefront): Promise<void> {
  await storefront.create(12, 'finished', 'handful');
  await storefront.create(1, 'bad', 'handful');
}
