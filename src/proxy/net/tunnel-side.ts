/**
 * One side of a tunnel: a socket, or a stream of HTTP/2 (../http2/stream-side.ts). What is read of it goes straight to whom the side was made
 * for; this is about everything else.
 */
import type { Socket } from 'node:net';
import { reset } from '../tls/socket';
import { end, heldBytes, holdsBack } from './direct-write';
import { writeCopy } from './shared-read';

const EMPTY = Buffer.alloc(0);

/** Hears of a side. */
export interface SideListener {
  /** It sends no more. */
  onEnd(): void;
  /** It takes bytes again. */
  onDrain(): void;
  /** It is over. @param clean both directions have come to their end */
  onClose(clean: boolean): void;
}

export interface TunnelSide {
  /** It has sent its end. */
  readonly ended: boolean;
  readonly closed: boolean;
  /** So many bytes wait for it to take them that `onDrain` is to come. */
  readonly holdsBack: boolean;
  /** Bytes that wait for it to take them. */
  readonly heldBytes: number;
  /** To be called once. */
  listen(listener: SideListener): void;
  /**
   * @param bytes valid during the call only
   * @returns false: hold back until `onDrain`
   */
  write(bytes: Buffer): boolean;
  /** Nothing more is sent to it. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Breaks it off, so that it can't be taken for an end. */
  reset(): void;
}

export class SocketSide implements TunnelSide {
  constructor(private readonly socket: Socket) {}

  get ended(): boolean { return this.socket.readableEnded; }
  get closed(): boolean { return this.socket.destroyed; }
  get holdsBack(): boolean { return holdsBack(this.socket); }
  get heldBytes(): number { return heldBytes(this.socket); }

  listen(listener: SideListener): void {
    const { socket } = this;
    socket.on('end', () => listener.onEnd());
    socket.on('drain', () => listener.onDrain());
    socket.on('close', (hadError: boolean) => listener.onClose(!hadError && socket.readableEnded && socket.writableFinished));
  }

  write(bytes: Buffer): boolean { return writeCopy(this.socket, EMPTY, bytes); }
  end(): void { end(this.socket); }
  pause(): void { this.socket.pause(); }
  resume(): void { this.socket.resume(); }
  reset(): void { reset(this.socket); }
}
