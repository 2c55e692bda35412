/**
 * Peers that speak in bytes: a client and a backend over real sockets which send what they are told to and record what
 * they get, with no HTTP library in between that would mend or hide anything.
 */
import { AddressInfo, connect, createServer, Server, Socket } from 'node:net';

/** Looks that {@link until} takes at once, before it waits between them. */
const ROUNDS = 50;

/** Waits until `condition` holds; fails, saying what for, when it does not within `ms`. */
export async function until(what: string | (() => string), condition: () => boolean, ms = 5_000): Promise<void> {
  const end = Date.now() + ms;
  for (let looks = 1; !condition(); looks += 1) {
    if (Date.now() > end) throw new Error(`gave up waiting until ${typeof what === 'string' ? what : what()}`);
    // What comes by loopback comes within a few rounds of the event loop.
    await new Promise((resolve) => { if (looks < ROUNDS) setImmediate(resolve); else setTimeout(resolve, 2); });
  }
}

/** One connection, from either side. */
export class RawConnection {
  received = '';
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => { this.received += chunk.toString('latin1'); });
    socket.on('end', () => { this.ended = true; });
    socket.on('error', (error) => { this.error = error; });
    socket.on('close', () => { this.closed = true; });
  }

  send(text: string | Buffer): void {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
  }

  /** Sends each byte in a packet of its own. */
  async sendSlowly(text: string): Promise<void> {
    for (const byte of Buffer.from(text, 'latin1')) {
      this.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => { setImmediate(resolve); });
    }
  }

  async receives(text: string | RegExp, ms?: number): Promise<string> {
    const found = (): boolean => (typeof text === 'string' ? this.received.includes(text) : text.test(this.received));
    await until(() => `${String(text)} arrives; so far ${JSON.stringify(this.received.slice(-500))}`, found, ms);
    return this.received;
  }

  async closes(ms?: number): Promise<string> {
    await until(() => `the connection closes; so far ${JSON.stringify(this.received.slice(-500))}`, () => this.closed || this.ended, ms);
    return this.received;
  }

  end(): void { this.socket.end(); }
  reset(): void { this.socket.resetAndDestroy(); }
}

/** @param from the address that it comes from; absent, the kernel's choice */
export async function rawClient(port: number, host = '127.0.0.1', from?: string): Promise<RawConnection> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true, ...(from !== undefined && { localAddress: from }) });
  await new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject); });
  return new RawConnection(socket);
}

/** A backend: `onConnection` says what it does with each connection. */
export class RawBackend {
  readonly connections: RawConnection[] = [];

  private constructor(private readonly server: Server) {}

  get port(): number { return (this.server.address() as AddressInfo).port; }

  static async start(onConnection: (connection: RawConnection) => void = () => {}, host = '127.0.0.1', port = 0): Promise<RawBackend> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new RawConnection(socket);
      backend.connections.push(connection);
      onConnection(connection);
    });
    const backend = new RawBackend(server);
    await new Promise<void>((resolve, reject) => { server.listen(port, host, resolve).once('error', reject); });
    return backend;
  }

  /** Answers every request, read by its head alone, with what `answer` returns. */
  static answering(answer: (head: string, connection: RawConnection) => string): Promise<RawBackend> {
    return RawBackend.start((connection) => {
      // By itself: to search all that was received each time would take longer and longer.
      let unread = '';
      connection.socket.on('data', (chunk) => {
        unread += chunk.toString('latin1');
        for (;;) {
          const end = unread.indexOf('\r\n\r\n') + 4;
          if (end < 4) return;
          const head = unread.slice(0, end);
          unread = unread.slice(end);
          connection.send(answer(head, connection));
        }
      });
    });
  }

  /** All that was received, over all connections. */
  get received(): string {
    return this.connections.map((connection) => connection.received).join('');
  }

  async connection(index = 0): Promise<RawConnection> {
    await until(`connection ${index} is made`, () => this.connections.length > index);
    return this.connections[index]!;
  }

  async close(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => { this.server.close(resolve); });
  }
}
