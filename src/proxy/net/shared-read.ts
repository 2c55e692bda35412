/**
 * All connections read into one buffer. Node's streams allocate 64 KiB for every read and shrink it to what came, which is
 * most of what a small request leaves for the garbage collector; here a read allocates a view and nothing else, and an idle
 * connection holds no memory. (bench/socket-io.mjs measures it.)
 *
 * The price: what is in the buffer is gone with the next read of any connection. Code that keeps bytes beyond the call
 * copies them; {@link owned} does so when needed.
 *
 * For sockets that the proxy opens, Node has an option for it, `onread`. For accepted ones it has none; there the same
 * fields are set that the option sets. They are Node's own, so their presence is checked, and without them such a socket
 * reads as usual: slower, with the same result. TLS sockets have the fields, too, and get what is decrypted that way.
 */
// The global of this name is a getter, which costs the hot path a call each time.
import { Buffer } from 'node:buffer';
import type { OnReadOpts, Socket } from 'node:net';
import { inOneTurn } from '../runtime/clock';
import { holdsBytes, write } from './direct-write';
import { isTls } from '../tls/socket';

/** The size in which libuv reads. */
const READ_BYTES = 65_536;

const buffer = Buffer.allocUnsafeSlow(READ_BYTES);

/** Takes bytes that are valid during the call only. */
export type BytesListener = (bytes: Buffer) => void;

/** The option `onread` of a socket that is going to be opened. */
export function onread(listener: BytesListener): OnReadOpts {
  return {
    buffer,
    callback: (length) => {
      inOneTurn(listener, buffer.subarray(0, length));
      return true;
    },
  };
}

/** Has an accepted socket read into the buffer; to be called before it has read anything. */
export function readShared(socket: Socket, listener: BytesListener): void {
  const fields = fieldsOf(socket);
  const handle = (socket as unknown as { readonly _handle?: { useUserBuffer?(into: Uint8Array): void } })._handle;
  if (!fields || !handle?.useUserBuffer) {
    socket.on('data', listener);
    return;
  }
  const { callback } = onread(listener);
  const internals = socket as unknown as Record<symbol, unknown>;
  internals[fields.buffer] = buffer;
  internals[fields.callback] = callback;
  handle.useUserBuffer(buffer);
}

/** The bytes themselves, or a copy when they lie in the buffer. */
export function owned(bytes: Buffer): Buffer {
  return bytes.buffer === buffer.buffer ? Buffer.from(bytes) : bytes;
}

/** Below this a copy of its own is cheaper than what the slab holds on to when the kernel does not take it at once. */
const SLAB_FROM_BYTES = 16_384;

/** Room for what one read brings and the head of a message before it. */
const SLAB_BYTES = READ_BYTES + 32_768;

let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);

/**
 * Writes bytes of the buffer, behind `head` and in the same write. Large ones are copied through a slab: mostly the
 * kernel takes them at once and the slab is free again, so that a stream of large bodies allocates nothing. When it does
 * not, the socket keeps that slab, and there is a new one.
 *
 * @returns false when the socket holds bytes back, as `write` does
 */
export function writeCopy(socket: Socket, head: Buffer, bytes: Buffer): boolean {
  const length = head.length + bytes.length;
  // TLS tells only later that it is done with what it was given.
  if (length < SLAB_FROM_BYTES || length > SLAB_BYTES || isTls(socket) || holdsBytes(socket)) {
    return write(socket, head.length === 0 ? owned(bytes) : Buffer.concat([head, bytes], length));
  }
  head.copy(slab, 0);
  bytes.copy(slab, head.length);
  const open = write(socket, slab.subarray(0, length));
  if (holdsBytes(socket)) slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
  return open;
}

interface Fields {
  readonly buffer: symbol;
  readonly callback: symbol;
}

let known: Fields | undefined | 'unknown' = 'unknown';

/** Where Node's sockets keep their buffer and its call-back; undefined when this Node does it in another way. */
function fieldsOf(socket: Socket): Fields | undefined {
  if (known === 'unknown') {
    const named = (name: string): symbol | undefined => Object.getOwnPropertySymbols(socket).find(({ description }) => description === name);
    const [kBuffer, kBufferCb] = [named('kBuffer'), named('kBufferCb')];
    known = kBuffer && kBufferCb ? { buffer: kBuffer, callback: kBufferCb } : undefined;
  }
  return known;
}
