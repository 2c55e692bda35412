/**
 * What a TLS socket does not do by itself. Two of these need fields of Node's own; their presence is checked, and without
 * them the socket behaves as usual: with smaller buffers, and with a connection that ends where it should break.
 */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

interface Internals {
  /** The TCP socket below. */
  readonly _parent?: Socket;
  readonly _readableState?: { highWaterMark?: number };
  readonly _writableState?: { highWaterMark?: number };
}

/** Whether this is a socket of node:tls, which need not be loaded for the answer. */
export function isTls(socket: Socket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

/** Breaks a connection off, so that the peer can't take it for a regular end. */
export function reset(socket: Socket): void {
  if (!isTls(socket)) {
    socket.resetAndDestroy();
    return;
  }
  const below = (socket as unknown as Internals)._parent;
  if (below?.resetAndDestroy) below.resetAndDestroy();
  // Also when there is nothing below any more.
  socket.destroy();
}

/** Gives a socket that Node has made for a TLS server the room that other sockets get as an option. */
export function holdUpTo(bytes: number, socket: TLSSocket): void {
  const { _readableState, _writableState } = socket as unknown as Internals;
  for (const state of [_readableState, _writableState]) {
    if (state?.highWaterMark !== undefined) state.highWaterMark = bytes;
  }
}
