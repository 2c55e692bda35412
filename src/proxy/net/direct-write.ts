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
import { afterOneRound, atEndOfRound } from '../runtime/clock';
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
  flushOf(socket);
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

/** Sockets for which bytes are gathered at a time. For another one, those of the first leave at once. */
const MAX_ROOMS = 8;

/** Bytes of one socket that leave together. */
interface Room {
  bytes: Buffer;
  length: number;
  socket: Socket;
}

/** Those in use, and behind them those that are free. Each is free again when the kernel has taken what was in it, which is the rule. */
const rooms: Room[] = [];
let used = 0;
let isDue = false;

/**
 * Copies bytes to others of the same round of the event loop, with which they leave in one write, before anything else that is written. So
 * what several connections bring for one other leaves together.
 *
 * @returns false: as much is held back as the socket may hold, and 'drain' says when it no longer is
 */
export function gather(socket: Socket, bytes: Buffer): boolean {
  if (bytes.length > GATHER_BYTES) return write(socket, Buffer.from(bytes));
  const room = makeRoom(socket, bytes.length);
  room.length += bytes.copy(room.bytes, room.length);
  return !holdsBack(socket);
}

/** The same for a short text of ASCII. */
export function gatherText(socket: Socket, text: string): void {
  const room = makeRoom(socket, text.length);
  room.length += room.bytes.write(text, room.length, 'latin1');
}

function roomOf(socket: Socket): Room | undefined {
  for (let i = 0; i < used; i += 1) if (rooms[i]!.socket === socket) return rooms[i];
  return undefined;
}

function makeRoom(socket: Socket, length: number): Room {
  const own = roomOf(socket);
  if (own) {
    if (own.length + length <= GATHER_BYTES) return own;
    flush(own);
  } else if (used === MAX_ROOMS) {
    flush(rooms[0]!);
  }
  if (!isDue) {
    isDue = true;
    atEndOfRound(flushAll);
  }
  const room = rooms[used] ??= { bytes: Buffer.allocUnsafeSlow(GATHER_BYTES), length: 0, socket };
  room.socket = socket;
  used += 1;
  return room;
}

function flushAll(): void {
  isDue = false;
  while (used > 0) flush(rooms[used - 1]!);
}

function flush(room: Room): void {
  const { socket, length } = room;
  // The last one takes its place among those in use.
  used -= 1;
  rooms[rooms.indexOf(room)] = rooms[used]!;
  rooms[used] = room;
  room.length = 0;
  if (length === 0 || socket.destroyed) return;
  // TLS tells only later that it is done with what it was given.
  if (isTls(socket) || holdsBytes(socket)) write(socket, Buffer.from(room.bytes.subarray(0, length)));
  else {
    write(socket, room.bytes.subarray(0, length));
    if (holdsBytes(socket)) room.bytes = Buffer.allocUnsafeSlow(GATHER_BYTES);
  }
}

function gatheredOf(socket: Socket): number {
  return used === 0 ? 0 : roomOf(socket)?.length ?? 0;
}

function flushOf(socket: Socket): void {
  const room = used === 0 ? undefined : roomOf(socket);
  if (room) flush(room);
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
  flushOf(socket);
  const entry = heldOf(socket);
  if (entry) entry.behind.push(() => end(socket, done));
  else socket.end(done);
}

/** The same, and closes the socket when that is done. */
export function destroySoon(socket: Socket): void {
  flushOf(socket);
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
  return socket.writableLength > 0 || heldOf(socket) !== undefined || gatheredOf(socket) > 0;
}

/** How many bytes wait for the kernel to take them, at most. */
export function heldBytes(socket: Socket): number {
  return socket.writableLength + (heldOf(socket)?.bytes ?? 0) + gatheredOf(socket);
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
