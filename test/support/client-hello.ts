/** ClientHellos, made part by part, so that each can be wrong; and those of real clients. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect, ConnectionOptions } from 'node:tls';

const u8 = (value: number): Buffer => Buffer.from([value & 0xff]);
const u16 = (value: number): Buffer => Buffer.from([value >> 8 & 0xff, value & 0xff]);
const u24 = (value: number): Buffer => Buffer.from([value >> 16 & 0xff, value >> 8 & 0xff, value & 0xff]);
const vector8 = (bytes: Buffer): Buffer => Buffer.concat([u8(bytes.length), bytes]);
const vector16 = (bytes: Buffer): Buffer => Buffer.concat([u16(bytes.length), bytes]);

export interface Extension {
  readonly type: number;
  readonly data: Buffer;
}

/** A list of server names. @param type of each: 0 is a host name */
export function serverNames(names: readonly (string | Buffer)[], type = 0): Extension {
  const entries = names.map((name) => Buffer.concat([u8(type), vector16(Buffer.from(name as string, 'latin1'))]));
  return { type: 0, data: vector16(Buffer.concat(entries)) };
}

export interface HelloParts {
  readonly extensions?: readonly Extension[] | undefined;
  readonly sessionId?: Buffer;
  readonly ciphers?: Buffer;
  readonly compression?: Buffer;
  readonly version?: number;
  /** Of the message. */
  readonly type?: number;
  /** What its length says beyond what it is. */
  readonly lengthOff?: number;
}

/** The message, without records. */
export function helloMessage({
  extensions = [], sessionId = Buffer.alloc(32, 1), ciphers = Buffer.from([0x13, 0x01, 0x13, 0x02]), compression = Buffer.from([0]),
  version = 0x0303, type = 1, lengthOff = 0,
}: HelloParts): Buffer {
  const list = Buffer.concat(extensions.map((extension) => Buffer.concat([u16(extension.type), vector16(extension.data)])));
  const body = Buffer.concat([
    u16(version), Buffer.alloc(32, 7), vector8(sessionId), vector16(ciphers), vector8(compression),
    ...(extensions.length > 0 ? [vector16(list)] : []),
  ]);
  return Buffer.concat([u8(type), u24(body.length + lengthOff), body]);
}

/** A message in records of these sizes, and the rest in one more. */
export function inRecords(message: Buffer, sizes: readonly number[] = []): Buffer {
  const records: Buffer[] = [];
  let at = 0;
  for (const size of [...sizes, message.length]) {
    if (at >= message.length) break;
    records.push(record(message.subarray(at, at + size)));
    at += size;
  }
  return Buffer.concat(records);
}

export function record(bytes: Buffer, type = 22): Buffer {
  return Buffer.concat([u8(type), u16(0x0301), vector16(bytes)]);
}

/** One record with a ClientHello that asks for a name. */
export function helloFor(name: string): Buffer {
  return inRecords(helloMessage({ extensions: [serverNames([name])] }));
}

/** What Node's client, which is OpenSSL, sends first. */
export async function helloOfNode(options: ConnectionOptions): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const first = new Promise<Buffer>((resolve) => {
    server.once('connection', (socket) => {
      socket.once('data', (bytes: Buffer) => {
        resolve(bytes);
        socket.destroy();
      });
    });
  });
  const client = connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port, rejectUnauthorized: false, ...options });
  client.on('error', () => {});
  const bytes = await first;
  client.destroy();
  await new Promise((resolve) => { server.close(resolve); });
  return bytes;
}
