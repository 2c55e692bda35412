/**
 * A listening socket and its client connections. A configuration reload gives it another route; the socket and the
 * connections stay.
 */
import { createServer, Server, Socket } from 'node:net';
import type { ResolvedListener } from '../../contract';
import { ClientConnection } from './client-connection';
import type { ServeContext } from './context';
import type { Route } from './route';

/** Connections that the kernel holds ready while the proxy is busy. */
const BACKLOG = 1_024;

/** Plain numbers, read when metrics are asked for. */
export interface ListenerStats {
  opened: number;
  open: number;
  /** Turned away because of `maxConnections`. */
  refused: number;
  receivedBytes: number;
  sentBytes: number;
}

export class Listener {
  readonly stats: ListenerStats = { opened: 0, open: 0, refused: 0, receivedBytes: 0, sentBytes: 0 };
  /** `address:port`, as a Host field has it. */
  readonly authority: string;
  /** Takes no new connections, and ends those it has after their response. */
  closing = false;

  private readonly server: Server;
  private readonly connections = new Set<ClientConnection>();

  constructor(
    public config: ResolvedListener,
    readonly address: string,
    public route: Route,
    private readonly context: ServeContext,
  ) {
    this.authority = address.includes(':') ? `[${address}]:${config.port}` : `${address}:${config.port}`;
    this.server = createServer({
      allowHalfOpen: true,
      noDelay: true,
      highWaterMark: context.limits.maxBufferedBytes,
    }, (socket) => this.onConnection(socket));
  }

  get name(): string { return this.config.name; }

  /** Binds. Rejects with the system's error when that is not possible. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ host: this.address, port: this.config.port, backlog: BACKLOG }, () => {
        this.server.off('error', reject);
        // Afterwards only accept() can fail, for want of file descriptors: the connection stays in the backlog.
        this.server.on('error', () => {});
        resolve();
      });
    });
  }

  /** Stops accepting; open connections end after the response under way, idle ones when `closeIdle` is called. */
  stopAccepting(): void {
    this.closing = true;
    if (this.server.listening) this.server.close();
  }

  /** Closes connections without a request. */
  closeIdle(): void {
    for (const connection of this.connections) connection.closeIdle();
  }

  /** Breaks off whatever is still open. */
  destroy(): void {
    this.stopAccepting();
    for (const connection of this.connections) connection.destroy();
  }

  /** @internal */
  onConnectionClosed(connection: ClientConnection): void {
    if (!this.connections.delete(connection)) return;
    this.stats.open -= 1;
    this.context.connections -= 1;
    this.context.onConnectionClosed();
  }

  private onConnection(socket: Socket): void {
    const { context, stats } = this;
    stats.opened += 1;
    if (context.connections >= context.limits.maxConnections) {
      stats.refused += 1;
      context.observer.onLimit('maxConnections');
      socket.destroy();
      return;
    }
    stats.open += 1;
    context.connections += 1;
    this.connections.add(new ClientConnection(socket, this, context));
  }
}
