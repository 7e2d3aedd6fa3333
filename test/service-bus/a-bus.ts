import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Socket } from 'node:net';
import { type Container, create_container, type EventContext, message as messages, type Sender, types } from 'rhea';
import { portOf } from '../runtime/a-server';

export interface Settlement {
  readonly id: string;
  readonly outcome: 'complete' | 'abandon' | 'dead-letter';
  readonly reason?: string;
}

interface Waiting {
  readonly id: string;
  readonly body: Buffer;
  deliveries: number;
}

/** What the tests need of Azure Service Bus: one subscription in peek-lock, over AMQP 1.0 as the SDK speaks it. */
export class FakeBus {
  readonly settlements: Settlement[] = [];
  /** Emits `settled` after each settlement, `attached` when a receiver comes. */
  readonly events = new EventEmitter();
  /** Ids whose lock is lost when they are settled. */
  readonly lost = new Set<string>();
  /** Ids whose settlement gets no answer. */
  readonly unanswered = new Set<string>();
  private readonly waiting: Waiting[] = [];
  private readonly locked = new Map<string, Waiting>();
  private readonly receivers = new Set<Sender>();
  private readonly sockets = new Set<Socket>();
  private readonly connections = new Set<object>();

  private constructor(
    private readonly container: Container,
    private readonly listening: ReturnType<Container['listen']>,
    private readonly entity: string,
  ) {}

  static async start(entity: string, port = 0): Promise<FakeBus> {
    const container = create_container({ id: 'bus' });
    const options = {
      transport: 'tcp' as const,
      port,
      host: '127.0.0.1',
      receiver_options: { autoaccept: false, credit_window: 0 },
      sender_options: { autosettle: true, treat_modified_as_released: false },
    };
    const listening = container.listen(options);
    const bus = new FakeBus(container, listening, entity);
    listening.on('connection', (socket: Socket) => {
      socket.setNoDelay(true);
      bus.sockets.add(socket);
      socket.on('close', () => bus.sockets.delete(socket));
    });
    bus.listen();
    await once(listening, 'listening');
    return bus;
  }

  get port(): number {
    return portOf(this.listening);
  }

  get connectionString(): string {
    return `Endpoint=sb://127.0.0.1:${this.port};SharedAccessKeyName=oms;SharedAccessKey=key;UseDevelopmentEmulator=true`;
  }

  publish(id: string, body: unknown): void {
    this.waiting.push({ id, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), deliveries: 0 });
    this.deliver();
  }

  /** Cuts every connection, as a failing network does. Locks end with it. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.receivers.clear();
    this.waiting.unshift(...[...this.locked.values()].map((one) => ({ ...one, deliveries: one.deliveries + 1 })));
    this.locked.clear();
  }

  async close(): Promise<void> {
    this.listening.close();
    this.cut();
    await once(this.listening, 'close');
    // rhea may arm its heartbeat once more after its socket has gone.
    for (const connection of this.connections) clearTimeout(Reflect.get(connection, 'heartbeat_out'));
  }

  /** Waits until so many messages are settled. */
  async settled(count: number): Promise<Settlement[]> {
    while (this.settlements.length < count) await once(this.events, 'settled');
    return this.settlements;
  }

  private listen(): void {
    const { container } = this;
    const replies = new Map<string, Sender>();
    container.sasl_server_mechanisms['enable_anonymous']();
    container.on('connection_open', ({ connection }: EventContext) => this.connections.add(connection));
    container.on('receiver_open', ({ receiver }: EventContext) => {
      receiver?.set_target({ address: receiver.target.address });
      receiver?.add_credit(100);
    });
    container.on('sender_open', ({ sender }: EventContext) => {
      if (sender === undefined) return;
      const address: string = sender.source.address;
      sender.set_source({ address });
      // $cbs is to be answered on the link of the name in reply_to, $management at the address in it.
      if (address.includes('$')) replies.set(sender.name, sender).set(sender.target.address, sender);
      // The SDK refuses a link whose settle modes are not those it asked for.
      Object.assign(Reflect.get(Reflect.get(sender, 'local'), 'attach'), { snd_settle_mode: sender.snd_settle_mode, rcv_settle_mode: sender.rcv_settle_mode });
      if (address.toLowerCase() !== this.entity.toLowerCase()) return;
      this.receivers.add(sender);
      this.events.emit('attached');
    });
    container.on('sendable', () => this.deliver());
    container.on('sender_draining', ({ sender, connection }: EventContext) => {
      sender?.set_drained(true);
      Reflect.get(connection, '_register').call(connection);
    });
    container.on('message', ({ message, delivery, receiver }: EventContext) => {
      delivery?.accept();
      receiver?.add_credit(1);
      const isLogin = receiver?.target.address === '$cbs';
      // Anything else is a settlement of a message whose connection is gone, and with it the lock.
      replies.get(String(message?.reply_to))?.send({
        correlation_id: String(message?.message_id),
        application_properties: isLogin
          ? { 'status-code': types.wrap_int(202) }
          : { statusCode: types.wrap_int(410), statusDescription: 'lost', errorCondition: types.wrap_symbol('com.microsoft:message-lock-lost') },
        body: {},
      });
    });
    container.on('sender_close', ({ sender }: EventContext) => sender !== undefined && this.receivers.delete(sender));
    for (const ignored of ['disconnected', 'connection_error', 'protocol_error', 'session_error', 'sender_error', 'receiver_error', 'error']) {
      container.on(ignored, () => undefined);
    }
    container.on('accepted', (context: EventContext) => this.settle(context, 'complete'));
    container.on('modified', (context: EventContext) => this.settle(context, 'abandon'));
    container.on('rejected', (context: EventContext) => this.settle(context, 'dead-letter'));
  }

  private deliver(): void {
    for (const receiver of this.receivers) {
      while (receiver.sendable() && this.waiting.length > 0) {
        const next = this.waiting.shift();
        if (next === undefined) return;
        const tag = randomBytes(16);
        this.locked.set(tag.toString('hex'), next);
        const annotations = { 'x-opt-sequence-number': types.wrap_long(1), 'x-opt-locked-until': new Date(Date.now() + 30_000) };
        receiver.send(
          { message_id: next.id, delivery_count: next.deliveries, message_annotations: annotations, body: messages.data_section(next.body) },
          tag,
        );
      }
    }
  }

  private settle({ delivery }: EventContext, outcome: Settlement['outcome']): void {
    if (delivery === undefined || !Buffer.isBuffer(delivery.tag)) return;
    const key = delivery.tag.toString('hex');
    const settled = this.locked.get(key);
    if (settled === undefined) return;
    if (this.unanswered.delete(settled.id)) {
      this.events.emit('unanswered');
      return;
    }
    this.locked.delete(key);
    const error: unknown = Reflect.get(Object(delivery.remote_state), 'error');
    const info: unknown = Reflect.get(Object(error), 'info');
    if (this.lost.has(settled.id)) {
      const lockLost = { condition: 'com.microsoft:message-lock-lost', description: 'The lock supplied is invalid.' };
      delivery.update(true, Reflect.get(messages, 'rejected')({ error: lockLost }).described());
      return;
    }
    delivery.update(true, Reflect.get(messages, outcome === 'complete' ? 'accepted' : outcome === 'abandon' ? 'modified' : 'rejected')({}).described());
    const reason: unknown = Reflect.get(Object(info), 'DeadLetterReason');
    this.settlements.push({ id: settled.id, outcome, ...(typeof reason === 'string' && { reason }) });
    if (outcome === 'abandon') this.waiting.push({ ...settled, deliveries: settled.deliveries + 1 });
    this.events.emit('settled');
    this.deliver();
  }
}
