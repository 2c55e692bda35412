/**
 * Makes TCP connections to an endpoint: at whichever of its addresses accepts one. Pools and health probes both connect here and nowhere
 * else.
 */
import { connect, OnReadOpts, Socket } from 'node:net';
import { Addresses, Dial } from './addresses';

/** Where to. */
export interface Destination {
  readonly addresses: Addresses;
  readonly port: number;
}

export interface SocketOptions {
  /** How many bytes may wait before the socket holds back. */
  readonly highWaterMark?: number;
  /** The socket stays writable when the endpoint has ended its side. */
  readonly allowHalfOpen?: boolean;
  /** Takes what is read past the stream. */
  readonly onread?: OnReadOpts;
}

/** Hears how the making goes. One call of `onConnected` or `onUnconnected` follows, unless the connecting is cancelled. */
export interface ConnectListener {
  /** There is another socket, on its way to another address, in place of the one before. Called within `start`, too. */
  onSocket(socket: Socket): void;
  onConnected(): void;
  /**
   * No address has accepted the connection.
   *
   * @param detail the system's error, with the addresses when there were several
   */
  onUnconnected(detail: string): void;
}

/** One connection that is being made. */
export class Connecting {
  private socket: Socket | undefined;
  private connected = false;
  private lastError = '';
  private readonly dial: Dial;

  constructor({ addresses, port }: Destination, options: SocketOptions, private readonly listener: ConnectListener) {
    this.dial = new Dial(addresses);
    this.open(port, options);
  }

  /** It has taken too long, or nobody wants it any more; `detail` becomes the reason that the listener hears. */
  cancel(detail: string): void {
    this.lastError = detail;
    this.socket!.destroy();
  }

  private open(port: number, options: SocketOptions): void {
    const socket = connect({ port, noDelay: true, ...options, host: this.dial.address });
    this.socket = socket;
    socket.on('connect', () => {
      this.connected = true;
      this.dial.succeeded();
      this.listener.onConnected();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => { this.lastError = error.code ?? error.message; });
    socket.on('close', () => {
      if (this.connected) return;
      if (this.dial.goesOn(this.lastError)) this.open(port, options);
      else this.listener.onUnconnected(this.dial.describe(this.lastError));
    });
    this.listener.onSocket(socket);
  }
}
