/**
 * Writes bytes to a socket past the bookkeeping of Node's streams: a request object, a callback and a turn of a queue for each
 * small message, and most of what it leaves to collect. (bench/socket-io.mjs measures it.) Mostly
 * the kernel takes a message at once, and then there is nothing to keep books of. What it does not take waits in the socket's own
 * queue, in order; until it has left, the socket holds back, and says so as a stream does: `write` returns false, and 'drain' follows.
 *
 * The price: the call is Node's own, below what its documentation promises. Its presence is checked once, and without it
 * sockets are written to as usual: slower, with the same result. The same goes for TLS and for a socket whose stream has
 * bytes already.
 */
// The global of this name is a getter, which costs the hot path a call each time.
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { afterOneRound } from '../runtime/clock';
import { isTls } from '../tls/socket';

/** What the kernel did not take at once. */
interface WriteRequest {
  buffer?: Buffer;
  oncomplete?: (status: number) => void;
}

interface StreamHandle {
  /** @returns 0, or the error's number */
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
}

const binding = streamBinding();

/** Serves every write that the kernel takes at once. */
let spare = binding && new binding.WriteWrap();

/** Bytes of a direct write that the kernel has not taken yet. */
interface Held {
  /** So many at most. */
  readonly bytes: number;
  /** A write has returned false because of them. */
  owesDrain: boolean;
  /** What is to be done when they have left. */
  readonly behind: (() => void)[];
}

const held = new Map<Socket, Held>();

/**
 * Writes bytes, which must stay as they are until they have left.
 *
 * @returns false: as much is held back as the socket may hold, and 'drain' says when it no longer is
 */
export function write(socket: Socket, bytes: Buffer): boolean {
  if (gatherer === socket) flush();
  const before = heldOf(socket);
  if (before) return socket.write(bytes) && hasRoom(socket, before);
  const handle = (socket as unknown as { readonly _handle?: StreamHandle | null })._handle;
  if (!spare || !handle || socket.writableLength > 0 || socket.writableCorked > 0 || isTls(socket)) return socket.write(bytes);
  const request = spare;
  const failed = handle.writeBuffer(request, bytes) !== 0;
  if (!failed && binding!.streamBaseState[binding!.kLastWriteWasAsync] === 0) return true;
  spare = new binding!.WriteWrap();
  return failed ? writeLater(socket, bytes) : hold(socket, request, bytes);
}

/** Room for what one read brings as chunks, and the head before them. What is more leaves in several writes. */
const GATHER_BYTES = 98_304;

let room = Buffer.allocUnsafeSlow(GATHER_BYTES);
let gathered = 0;
/** Whose bytes are in the room. */
let gatherer: Socket | undefined;

/**
 * Copies bytes to others of the same turn, with which they leave in one write, before anything else that is written. There is one
 * room for all sockets: it is free again when the kernel has taken what was in it, which is the rule.
 *
 * @returns false: as much is held back as the socket may hold, and 'drain' says when it no longer is
 */
export function gather(socket: Socket, bytes: Buffer): boolean {
  if (bytes.length > GATHER_BYTES) return write(socket, Buffer.from(bytes));
  makeRoom(socket, bytes.length);
  gathered += bytes.copy(room, gathered);
  return !holdsBack(socket);
}

/** The same for a short text of ASCII. */
export function gatherText(socket: Socket, text: string): void {
  makeRoom(socket, text.length);
  gathered += room.write(text, gathered, 'latin1');
}

function makeRoom(socket: Socket, length: number): void {
  if (gatherer === socket && gathered + length <= GATHER_BYTES) return;
  flush();
  gatherer = socket;
  process.nextTick(flush);
}

function flush(): void {
  const socket = gatherer;
  const length = gathered;
  gatherer = undefined;
  gathered = 0;
  if (!socket || length === 0 || socket.destroyed) return;
  // TLS tells only later that it is done with what it was given.
  if (isTls(socket) || holdsBytes(socket)) write(socket, Buffer.from(room.subarray(0, length)));
  else {
    write(socket, room.subarray(0, length));
    if (holdsBytes(socket)) room = Buffer.allocUnsafeSlow(GATHER_BYTES);
  }
}

/**
 * After a write that failed: the stream finds out by itself what is wrong, and tells of it as it always does, but only when the
 * loop has come round. What the peer has said before it closed, perhaps why, has arrived by then and is read first; the stream
 * would throw it away.
 */
function writeLater(socket: Socket, bytes: Buffer): boolean {
  socket.cork();
  afterOneRound(() => socket.uncork());
  return socket.write(bytes);
}

/**
 * Ends the socket's side behind what is held. The stream does not know of that: it would begin the end at once, and a socket
 * that is ending while bytes wait can't be reset any more.
 */
export function end(socket: Socket, done?: () => void): void {
  if (gatherer === socket) flush();
  const entry = heldOf(socket);
  if (entry) entry.behind.push(() => end(socket, done));
  else socket.end(done);
}

/** The same, and closes the socket when that is done. */
export function destroySoon(socket: Socket): void {
  if (gatherer === socket) flush();
  const entry = heldOf(socket);
  if (entry) entry.behind.push(() => destroySoon(socket));
  else socket.destroySoon();
}

/** So many bytes wait for the kernel to take them that 'drain' is to come. */
export function holdsBack(socket: Socket): boolean {
  return socket.writableNeedDrain || heldOf(socket)?.owesDrain === true;
}

/** Bytes wait for the kernel to take them, though perhaps not many. */
export function holdsBytes(socket: Socket): boolean {
  return socket.writableLength > 0 || heldOf(socket) !== undefined || (gatherer === socket && gathered > 0);
}

/** How many bytes wait for the kernel to take them, at most. */
export function heldBytes(socket: Socket): number {
  return socket.writableLength + (heldOf(socket)?.bytes ?? 0) + (gatherer === socket ? gathered : 0);
}

function heldOf(socket: Socket): Held | undefined {
  return held.size > 0 ? held.get(socket) : undefined;
}

function hold(socket: Socket, request: WriteRequest, bytes: Buffer): boolean {
  const entry: Held = { bytes: bytes.length, owesDrain: false, behind: [] };
  held.set(socket, entry);
  request.buffer = bytes;
  request.oncomplete = (status) => {
    held.delete(socket);
    if (socket.destroyed) return;
    if (status < 0) socket.destroy(Object.assign(new Error('write failed'), { code: getSystemErrorName(status) }));
    else if (entry.owesDrain && !socket.writableNeedDrain) socket.emit('drain');
    if (!socket.destroyed) for (const task of entry.behind) task();
  };
  return hasRoom(socket, entry);
}

function hasRoom(socket: Socket, entry: Held): boolean {
  if (entry.bytes + socket.writableLength < socket.writableHighWaterMark) return true;
  entry.owesDrain = true;
  return false;
}

/** Undefined where this Node, or what it was started with, has no such thing. */
function streamBinding(): StreamBinding | undefined {
  try {
    const found = (process as unknown as { binding(name: string): Partial<StreamBinding> }).binding('stream_wrap');
    return found.WriteWrap && found.streamBaseState && found.kLastWriteWasAsync !== undefined ? found as StreamBinding : undefined;
  } catch {
    return undefined;
  }
}
