/** Writes frames. What is written in one turn of the event loop leaves in one write, however many streams it is of. */
import type { Socket } from 'node:net';
import { gather } from '../net/direct-write';
import { ErrorCode, Flag, FRAME_HEAD_BYTES, FrameType, MAX_PAYLOAD_BYTES, PREFACE, Setting } from './frames';

/** The largest frame that has its payload written here. */
const room = Buffer.allocUnsafeSlow(FRAME_HEAD_BYTES + 64);
const EMPTY = Buffer.alloc(0);

function head(type: FrameType, flags: number, streamId: number, length: number): void {
  room[0] = length >>> 16;
  room[1] = length >>> 8;
  room[2] = length;
  room[3] = type;
  room[4] = flags;
  room.writeUInt32BE(streamId, 5);
}

function send(socket: Socket, payloadBytes: number): boolean {
  return gather(socket, room.subarray(0, FRAME_HEAD_BYTES + payloadBytes));
}

/** @param entries identifiers and values in turn */
export function writeSettings(socket: Socket, entries: readonly (readonly [Setting, number])[], isClient: boolean): void {
  if (isClient) gather(socket, PREFACE);
  head(FrameType.SETTINGS, Flag.NONE, 0, entries.length * 6);
  entries.forEach(([id, value], i) => {
    room.writeUInt16BE(id, FRAME_HEAD_BYTES + i * 6);
    room.writeUInt32BE(value, FRAME_HEAD_BYTES + i * 6 + 2);
  });
  send(socket, entries.length * 6);
}

export function writeSettingsAck(socket: Socket): void {
  head(FrameType.SETTINGS, Flag.END_STREAM_OR_ACK, 0, 0);
  send(socket, 0);
}

/** The payload of a ping that need not be told from others. */
export const NO_PAYLOAD = Buffer.alloc(8);

/** @param payload eight bytes */
export function writePing(socket: Socket, payload: Buffer, isAck: boolean): void {
  head(FrameType.PING, isAck ? Flag.END_STREAM_OR_ACK : Flag.NONE, 0, 8);
  payload.copy(room, FRAME_HEAD_BYTES, 0, 8);
  send(socket, 8);
}

export function writeGoAway(socket: Socket, lastStreamId: number, code: ErrorCode): void {
  head(FrameType.GOAWAY, Flag.NONE, 0, 8);
  room.writeUInt32BE(lastStreamId, FRAME_HEAD_BYTES);
  room.writeUInt32BE(code, FRAME_HEAD_BYTES + 4);
  send(socket, 8);
}

export function writeReset(socket: Socket, streamId: number, code: ErrorCode): void {
  head(FrameType.RST_STREAM, Flag.NONE, streamId, 4);
  room.writeUInt32BE(code, FRAME_HEAD_BYTES);
  send(socket, 4);
}

/** @param streamId 0 is the connection */
export function writeWindowUpdate(socket: Socket, streamId: number, bytes: number): void {
  head(FrameType.WINDOW_UPDATE, Flag.NONE, streamId, 4);
  room.writeUInt32BE(bytes, FRAME_HEAD_BYTES);
  send(socket, 4);
}

/** @returns false: as much is held back as the socket may hold */
export function writeData(socket: Socket, streamId: number, data: Buffer, isLast: boolean): boolean {
  head(FrameType.DATA, isLast ? Flag.END_STREAM_OR_ACK : Flag.NONE, streamId, data.length);
  const open = send(socket, 0);
  return data.length === 0 ? open : gather(socket, data);
}

export function writeDataEnd(socket: Socket, streamId: number): void {
  writeData(socket, streamId, EMPTY, true);
}

/** A header block, in as many frames as it needs. They follow each other, so nothing can come between them. */
export function writeHeaders(socket: Socket, streamId: number, block: Buffer, isLast: boolean): boolean {
  let type = FrameType.HEADERS;
  let flags = isLast ? Flag.END_STREAM_OR_ACK : Flag.NONE;
  let start = 0;
  for (;;) {
    const end = Math.min(block.length, start + MAX_PAYLOAD_BYTES);
    if (end === block.length) flags |= Flag.END_HEADERS;
    head(type, flags, streamId, end - start);
    send(socket, 0);
    const open = gather(socket, start === 0 && end === block.length ? block : block.subarray(start, end));
    if (end === block.length) return open;
    type = FrameType.CONTINUATION;
    flags = Flag.NONE;
    start = end;
  }
}
