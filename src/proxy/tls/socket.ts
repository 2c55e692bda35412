/**
 * What sockets and servers of TLS do not do by themselves. This needs fields of Node's own; their presence is checked. Without them a socket
 * has smaller buffers, and ends a connection where it should break it; a server without them is an error.
 */
import type { Socket } from 'node:net';
import type { SecureContext, Server, TLSSocket } from 'node:tls';

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

/**
 * Makes a server use a context from now on. `setSecureContext` makes one of its own, in which options that are newer than it are
 * missing (allowPartialTrustChain).
 */
export function useContext(context: SecureContext, server: Server): void {
  if (!('_sharedCreds' in server)) throw new Error('this version of Node keeps the context of a TLS server elsewhere');
  server._sharedCreds = context;
}
