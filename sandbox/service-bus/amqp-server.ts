import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo, Server, Socket } from 'node:net';
import { type Connection, type Container, create_container, type EventContext, message as amqp, type Sender, types } from 'rhea';
import type { FaultTable, Misfortune } from '../faults/fault-table';
import type { Broker } from './broker';
import { type EventTopic, eventTopicName } from './event-topic';
import { isRequestAddress, Management } from './management';
import { Pump } from './pump';
import type { MessageQueue } from './queue';
import { attachOf, cut, cutSocket, deliveryOf, messageOf, outcomes, partsOf, receiverOf, senderOf } from './rhea-parts';
import { Settlement } from './settlement';
import { notFound, refusals, ticksOf } from './wire';

/** A partner that takes what is sent to a topic at once. */
export interface Inlet {
  readonly topic: string;
  /** The operation of each message, by which a fault can be narrowed to it. */
  operationsOf(encoded: readonly Buffer[]): readonly string[];
  /** Takes the messages of one send, durably. */
  take(encoded: readonly Buffer[]): void;
}

const batchFormat = 0x80013700;
const sessionFilter = 'com.microsoft:session-filter';
const largestMessage = 262_144;

/** The Service Bus as a client sees it: AMQP 1.0 over plain TCP (`UseDevelopmentEmulator=true`). */
export class AmqpServer {
  readonly #brokers: readonly Broker[];
  readonly #events: EventTopic;
  readonly #printFloor: Inlet;
  readonly #faults: FaultTable;
  readonly #management: Management;
  readonly #settlement: Settlement;
  readonly #pumps: Map<MessageQueue, Pump>;
  /** By link: the queue it takes messages from. */
  readonly #queues = new WeakMap<Sender, MessageQueue>();
  /** By link: the session that it has for itself. */
  readonly #sessions = new Map<Sender, { queue: MessageQueue; id: string }>();
  /** By connection and address: the link for answers. */
  readonly #answerLinks = new WeakMap<Connection, Map<string, Sender>>();
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  constructor({ brokers, events, printFloor, faults }: { brokers: readonly Broker[]; events: EventTopic; printFloor: Inlet; faults: FaultTable }) {
    this.#brokers = brokers;
    this.#events = events;
    this.#printFloor = printFloor;
    this.#faults = faults;
    this.#management = new Management((address) => this.#find(address));
    this.#settlement = new Settlement(faults);
    const queues = [...brokers.flatMap((broker) => [broker.subscription, broker.deadLetters].map((queue) => ({ queue, broker }))), { queue: events.subscription, broker: undefined }];
    this.#pumps = new Map(queues.map(({ queue, broker }) => [queue, new Pump(queue, broker, faults)]));
  }

  /** Listens on the loopback interface and tells the port. @throws the error of `listen` */
  async listen(port: number): Promise<number> {
    const container = create_container({ id: 'sandbox' });
    (container.sasl_server_mechanisms as { enable_anonymous(): void }).enable_anonymous();
    this.#handle(container);
    const server = container.listen({
      port,
      host: '127.0.0.1',
      max_frame_size: 65_536,
      channel_max: 4999,
      receiver_options: { autoaccept: false, credit_window: 0 },
      sender_options: { autosettle: true, treat_modified_as_released: false },
    } as unknown as Parameters<Container['listen']>[0]);
    this.#server = server;
    server.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    if (!server.listening) {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.once('listening', resolve);
      });
    }
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      if (this.#server) this.#server.close(() => resolve());
      else resolve();
    });
    for (const socket of this.#sockets) cutSocket(socket);
    await closed;
  }

  #handle(container: Container): void {
    container.on('receiver_open', (context: EventContext) => this.#openInlet(context));
    container.on('sender_open', (context: EventContext) => this.#openOutlet(context));
    container.on('sendable', (context: EventContext) => this.#pumpOf(senderOf(context))?.deliver());
    container.on('sender_draining', (context: EventContext) => {
      const link = senderOf(context);
      this.#pumpOf(link)?.deliver();
      link.set_drained(true);
    });
    container.on('message', (context: EventContext) => this.#take(context));
    for (const event of ['accepted', 'released', 'modified', 'rejected']) {
      container.on(event, (context: EventContext) => {
        const queue = this.#queues.get(senderOf(context));
        if (queue) void this.#settlement.settle(context, queue);
      });
    }
    container.on('sender_close', (context: EventContext) => this.#forget((link) => link === senderOf(context)));
    container.on('disconnected', ({ connection }: EventContext) => this.#forget((link) => link.connection === connection));
    for (const event of ['connection_error', 'session_error', 'sender_error', 'receiver_error', 'protocol_error', 'error']) {
      container.on(event, () => {});
    }
  }

  #find(address: string): MessageQueue | undefined {
    for (const broker of this.#brokers) {
      const queue = broker.find(address);
      if (queue) return queue;
    }
    return this.#events.find(address);
  }

  /** The client wants to send: to a topic, or requests. */
  #openInlet(context: EventContext): void {
    const link = receiverOf(context);
    const address = link.target?.address ?? '';
    const attach = attachOf(link);
    attach.max_message_size = largestMessage;
    attach.snd_settle_mode = link.snd_settle_mode;
    attach.rcv_settle_mode = link.rcv_settle_mode;
    link.set_target({ address });
    link.set_source({} as Parameters<typeof link.set_source>[0]);
    if (isRequestAddress(address)) link.add_credit(100);
    else if (!this.#management.isAdmitted(context.connection)) link.close(refusals.noToken);
    else if ([...this.#brokers.map(({ topic }) => topic), eventTopicName, this.#printFloor.topic].includes(address.toLowerCase())) link.add_credit(100);
    else link.close(notFound(address));
  }

  /** The client wants to receive: messages, or answers. */
  #openOutlet(context: EventContext): void {
    const link = senderOf(context);
    const address = link.source?.address ?? '';
    const attach = attachOf(link);
    attach.snd_settle_mode = link.snd_settle_mode;
    attach.rcv_settle_mode = link.rcv_settle_mode;
    link.set_source(link.source);
    link.set_target(link.target?.address === undefined ? ({} as typeof link.target) : { address: link.target.address });
    if (isRequestAddress(address)) return this.#keepForAnswers(context.connection, link);
    const queue = this.#find(address);
    const pump = queue && this.#pumps.get(queue);
    if (!this.#management.isAdmitted(context.connection)) return link.close(refusals.noToken);
    if (!queue || !pump) return link.close(notFound(address));
    const session = this.#sessionOf(link, queue);
    if (session === null) return;
    this.#queues.set(link, queue);
    pump.attach({ link, deletes: link.snd_settle_mode === 1, ...(session !== undefined && { session }) });
  }

  /** The session that a link is opened for; null where there is none for it, and undefined where it asks for none. The real bus waits a while for one. */
  #sessionOf(link: Sender, queue: MessageQueue): string | null | undefined {
    const filter = link.source?.filter as Record<string, unknown> | undefined;
    if (!filter || !(sessionFilter in filter)) return undefined;
    const wanted = typeof filter[sessionFilter] === 'string' ? filter[sessionFilter] : undefined;
    const session = queue.acceptSession(wanted, () => link.close(refusals.sessionLockLost));
    if (!session) {
      link.close(wanted === undefined ? refusals.noSession : refusals.sessionTaken);
      return null;
    }
    link.set_source({ address: link.source.address, filter: { [sessionFilter]: session.id } });
    attachOf(link)['properties'] = { 'com.microsoft:locked-until-utc': types.wrap_long(ticksOf(session.until)) };
    this.#sessions.set(link, { queue, id: session.id });
    return session.id;
  }

  #keepForAnswers(connection: Connection, link: Sender): void {
    const links = this.#answerLinks.get(connection) ?? new Map<string, Sender>();
    this.#answerLinks.set(connection, links);
    links.set(link.name, link);
    if (link.target?.address !== undefined) links.set(link.target.address, link);
  }

  #take(context: EventContext): void {
    const link = receiverOf(context);
    const delivery = deliveryOf(context);
    const address = link.target?.address ?? '';
    const message = messageOf(context);
    if (!isRequestAddress(address)) return void this.#publish(context, address);
    link.add_credit(1);
    delivery.update(true, outcomes.accepted().described());
    const answers = this.#answerLinks.get(context.connection)?.get(String(message.reply_to));
    if (answers) this.#management.answer(context.connection, address, message, answers);
  }

  /** Takes a message or, as Azure's client sends them, a batch: a message whose data sections are messages. Accepted once it is kept. */
  async #publish(context: EventContext, address: string): Promise<void> {
    const [delivery, message] = [deliveryOf(context), messageOf(context)];
    const encoded = Buffer.isBuffer(message) && delivery.format === batchFormat ? partsOf(amqp.decode(message)) : [amqp.encode(message)];
    const strikes = [this.#faults.strike('service-bus', 'publish'), ...this.#strikesOf(address, encoded)];
    const delayMs = strikes.reduce((sum, strike) => sum + strike.delayMs, 0);
    const fault = strikes.find((strike) => strike.fault !== undefined)?.fault;
    if (delayMs > 0) await sleep(delayMs);
    if (fault === 'drop-before') return cut(context.connection);
    const refusal = { error: refusals.failure, throttle: refusals.busy, reject: refusals.unauthorized }[String(fault)];
    if (!refusal) this.#keep(address, encoded);
    if (fault === 'drop-after') return cut(context.connection);
    receiverOf(context).add_credit(1);
    delivery.update(true, (refusal ? outcomes.rejected({ error: refusal }) : outcomes.accepted()).described());
  }

  #strikesOf(address: string, encoded: readonly Buffer[]): Misfortune[] {
    if (address.toLowerCase() !== this.#printFloor.topic) return [];
    return this.#printFloor.operationsOf(encoded).map((operation) => this.#faults.strike('print-station', operation));
  }

  #keep(address: string, encoded: readonly Buffer[]): void {
    const asked = address.toLowerCase();
    if (asked === eventTopicName) return this.#events.publish(encoded);
    if (asked === this.#printFloor.topic) return this.#printFloor.take(encoded);
    const broker = this.#brokers.find(({ topic }) => topic === asked);
    broker?.publish(...encoded.map((one) => broker.publishingEncoded(String(amqp.decode(one).message_id ?? randomBytes(16).toString('hex')), one)));
  }

  #pumpOf(link: Sender): Pump | undefined {
    const queue = this.#queues.get(link);
    return queue && this.#pumps.get(queue);
  }

  #forget(isGone: (link: Sender) => boolean): void {
    for (const [link, { queue, id }] of this.#sessions) if (isGone(link) && this.#sessions.delete(link)) queue.leaveSession(id);
    for (const pump of this.#pumps.values()) pump.detach(isGone);
  }
}
