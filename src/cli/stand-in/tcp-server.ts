/**
 * An app to stand in for one that speaks plain TCP. It says who it is in a line of JSON as soon as somebody connects, as protocols do in which
 * the server speaks first, and then sends back whatever it gets. What it is told of latency is how long the line takes; connections that are to
 * fail are reset in its place.
 */
import { createServer, Server, Socket } from 'node:net';
import { createServer as createTlsServer, TlsOptions } from 'node:tls';
import { reset } from '../../proxy/tls/socket';
import { Behaviour, drawLatency } from './behaviour';
import type { Identity } from './server';

export class TcpStandIn {
  readonly server: Server;
  private readonly open = new Set<Socket>();

  /** Behaves as `behaviour()` says at the moment of each connection. @param tls absent: without TLS */
  constructor(
    private readonly identity: Identity, private readonly behaviour: () => Behaviour, private readonly random: () => number,
    private readonly after: (ms: number, task: () => void) => unknown = (ms, task) => setTimeout(task, ms), tls?: TlsOptions,
  ) {
    const options = { allowHalfOpen: true };
    const take = (socket: Socket): void => this.take(socket);
    this.server = tls ? createTlsServer({ ...options, ...tls }, take) : createServer(options, take);
  }

  /** Takes no connections any more, and ends those that there are. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.open) socket.end();
    await closed;
  }

  private take(socket: Socket): void {
    this.open.add(socket);
    socket.on('close', () => this.open.delete(socket));
    socket.on('error', () => socket.destroy());
    const { latency, failureRate } = this.behaviour();
    const fails = this.random() < failureRate;
    const delay = drawLatency(latency, this.random);
    const answer = (): void => {
      if (fails) {
        reset(socket);
        return;
      }
      socket.write(`${JSON.stringify(this.identity)}\n`);
      socket.pipe(socket);
    };
    if (delay > 0) this.after(delay, answer);
    else answer();
  }
}
