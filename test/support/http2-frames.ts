/** Frames of HTTP/2 by hand, for what no client would send. */
import { connect, Socket } from 'node:net';
import { once } from 'node:events';
import { HpackEncoder } from '../../src/proxy/http2/hpack/encoder';

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export function frame(type: number, flags: number, streamId: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(entries.length * 6);
  entries.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  });
  return frame(4, 0, 0, payload);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Literal fields, none of them kept, so that a block means the same whatever came before. */
export function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => {
    const encoder = new HpackEncoder();
    encoder.begin(name.length + value.length + 16);
    const bytes = Buffer.from(name + value, 'latin1');
    encoder.field(bytes, 0, name.length, bytes, name.length, bytes.length);
    const written = Buffer.from(encoder.take());
    // The encoder writes names in lower case; what a test says is sent as it is.
    const at = written.indexOf(name.toLowerCase(), 0, 'latin1');
    if (at >= 0) written.write(name, at, 'latin1');
    return written;
  }));
}

export const GET = [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'catalog']] as const;

/** One end of a connection, which sends what it is told, and collects frames. */
export class FrameEnd {
  readonly frames: Frame[] = [];
  closed = false;
  private rest = Buffer.alloc(0);

  /** @param unread bytes that come first and are no frames */
  private constructor(readonly socket: Socket, private unread: number) {
    socket.on('data', (bytes: Buffer) => this.read(bytes));
    socket.on('error', () => {});
    socket.on('close', () => { this.closed = true; });
  }

  /** The client's end. Absent `first`: what every client begins with. */
  static async to(port: number, ...first: readonly Buffer[]): Promise<FrameEnd> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const client = new FrameEnd(socket, 0);
    client.send(...(first.length > 0 ? first : [PREFACE, settings()]));
    return client;
  }

  /** The server's end of a connection that has been accepted. */
  static at(socket: Socket, ...entries: readonly (readonly [id: number, value: number])[]): FrameEnd {
    const server = new FrameEnd(socket, PREFACE.length);
    server.send(settings(...entries));
    return server;
  }

  send(...bytes: readonly Buffer[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes));
  }

  of(type: number, streamId?: number): readonly Frame[] {
    return this.frames.filter((one) => one.type === type && (streamId === undefined || one.streamId === streamId));
  }

  /** The code of the last GOAWAY; undefined: there was none. */
  get goAway(): number | undefined { return this.of(7).at(-1)?.payload.readUInt32BE(4); }

  /** The code that a stream was reset with; undefined: it was not. */
  resetOf(streamId: number): number | undefined { return this.of(3, streamId)[0]?.payload.readUInt32BE(0); }

  close(): void {
    this.socket.destroy();
  }

  private read(bytes: Buffer): void {
    const skipped = Math.min(this.unread, bytes.length);
    this.unread -= skipped;
    this.rest = Buffer.concat([this.rest, bytes.subarray(skipped)]);
    while (this.rest.length >= 9) {
      const length = this.rest.readUIntBE(0, 3);
      if (this.rest.length < 9 + length) return;
      this.frames.push({
        type: this.rest[3]!, flags: this.rest[4]!, streamId: this.rest.readUInt32BE(5), payload: this.rest.subarray(9, 9 + length),
      });
      this.rest = this.rest.subarray(9 + length);
    }
  }
}
