/**
 * What sockets and servers of TLS do not do by themselves. This needs fields of Node's own; their presence is checked. Without them a socket
 * has smaller buffers, and ends a connection where it should break it; a server without them is an error.
 */
import type { Socket } from 'node:net';
import type { SecureContext, Server, TLSSocket } from 'node:tls';

interface TcpHandle {
  close(done: () => void): void;
  /** @returns 0, or the error's number */
  reset(done: () => void): number;
}

interface Internals {
  /** The TCP socket below one of a server. */
  readonly _parent?: Socket;
  /** That of TLS; one of a client has that of TCP below it. */
  readonly _handle?: { readonly _parent?: Partial<TcpHandle> } | null;
  readonly _readableState?: { highWaterMark?: number };
  readonly _writableState?: { highWaterMark?: number };
}

/** Whether this is a socket of node:tls, which need not be loaded for the answer. */
export function isTls(socket: Socket): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}

/** The socket of TCP below one of a TLS server; undefined when it is closed. */
export function tcpBelow(socket: TLSSocket): Socket | undefined {
  return (socket as unknown as Internals)._parent;
}

/** Breaks a connection off at once, so that the peer can't take it for a regular end. */
export function reset(socket: Socket): void {
  if (!isTls(socket)) {
    resetTcp(socket);
    return;
  }
  const { _parent: below, _handle: handle } = socket as unknown as Internals;
  if (below) resetTcp(below);
  else if (handle?._parent?.reset) resetOnClose(handle._parent as TcpHandle);
  // Also when there is nothing below any more.
  socket.destroy();
}

/** TLS of a client has no socket of TCP below it, only its handle, which is closed with it. */
function resetOnClose(handle: TcpHandle): void {
  const close = handle.close.bind(handle);
  handle.close = (done) => { if (handle.reset(done) !== 0) close(done); };
}

/** One whose end is just being sent is closed: Node can neither reset it nor close it then, and all that was written has left. */
function resetTcp(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
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
