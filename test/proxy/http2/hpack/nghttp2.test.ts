/** Header blocks that nghttp2 writes are read here, and those that are written here are read by nghttp2, which is what Node speaks HTTP/2 by. */
import { connect, createServer, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import * as fc from 'fast-check';
import { FieldListener, HpackDecoder } from '../../../../src/proxy/http2/hpack/decoder';
import { HpackEncoder } from '../../../../src/proxy/http2/hpack/encoder';
import { Flag, FrameType } from '../../../../src/proxy/http2/frames';
import { cleanupsAfterEach } from '../../../support/cleanups';
import { frame, FrameEnd } from '../../../support/http2-frames';
import { until } from '../../../support/raw-http';

const cleanups = cleanupsAfterEach();

type Line = readonly [name: string, value: string];

const WHOLE = Flag.END_STREAM_OR_ACK | Flag.END_HEADERS;
const START: readonly Line[] = [[':method', 'GET'], [':scheme', 'http'], [':path', '/'], [':authority', 'catalog']];

/** Lists of fields, in which some come again: that is what tables are for. */
const lists = (): readonly (readonly Line[])[] => {
  // Node joins or drops some fields of known names, so these have none.
  const name = fc.oneof(fc.constantFrom('x-a', 'x-request-id', 'x-tenant'), fc.stringMatching(/^x-[a-z0-9-]{1,30}$/));
  const value = fc.oneof(
    fc.constantFrom('', 'a', 'gzip, deflate, br', 'x'.repeat(1_000), 'y'.repeat(3_900), '~'.repeat(200)),
    fc.stringMatching(/^[!-~]([ -~]{0,60}[!-~])?$/),
    fc.uint8Array({ min: 0x80, max: 0xff, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  );
  const list = fc.uniqueArray(fc.tuple(name, value), { maxLength: 8, selector: ([each]) => each });
  const few = fc.sample(list, { numRuns: 60, seed: 7541 });
  return [...few, ...[...few].reverse(), ...few];
};

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

class Reader implements FieldListener {
  readonly lines: Line[] = [];

  onField(name: Buffer, nameStart: number, nameEnd: number, value: Buffer, valueStart: number, valueEnd: number): void {
    this.lines.push([name.toString('latin1', nameStart, nameEnd), value.toString('latin1', valueStart, valueEnd)]);
  }
}

const sorted = (lines: readonly Line[]): readonly Line[] => [...lines].sort(([a], [b]) => (a < b ? -1 : 1));

it.each([[4_096], [0], [100], [65_536]])('is read as nghttp2 wrote it for a table of %i bytes', async (size) => {
  let server: FrameEnd | undefined;
  const port = await portOf(createTcpServer((socket) => { server = FrameEnd.at(socket, [1, Math.min(size, 4_096)]); }));
  const session = connect(`http://127.0.0.1:${port}`, { settings: { headerTableSize: size } });
  session.on('error', () => {});
  cleanups.push(() => session.destroy());
  await new Promise((resolve) => { session.on('remoteSettings', resolve); });
  const sent = lists();
  for (const list of sent) session.request({ ...Object.fromEntries([...START, ...list]) }).on('error', () => {});
  await until('all have come', () => server!.of(FrameType.HEADERS).length === sent.length);
  const decoder = new HpackDecoder();
  const read = server!.of(FrameType.HEADERS).map(({ flags, payload }) => {
    const reader = new Reader();
    // A block may begin with a priority.
    expect(decoder.decode(payload, (flags & Flag.PRIORITY) === 0 ? 0 : 5, payload.length, reader)).toBeUndefined();
    return sorted(reader.lines);
  });
  expect(read).toEqual(sent.map((list) => sorted([...START, ...list])));
});

it.each([[4_096], [0], [100]])('is read by nghttp2 as it was written here for a table of %i bytes', async (size) => {
  const read: Line[][] = [];
  const server = createServer({ settings: { headerTableSize: size, maxConcurrentStreams: 1_000 } });
  server.on('stream', (stream: ServerHttp2Stream, _headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
    read.push(raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1]!] as const] : [])));
    stream.respond({}, { endStream: true });
  });
  const client = await FrameEnd.to(await portOf(server as unknown as Server));
  cleanups.push(() => client.close());
  await until('its settings are here', () => client.of(FrameType.SETTINGS).length > 0);
  client.send(frame(FrameType.SETTINGS, Flag.END_STREAM_OR_ACK, 0));
  const encoder = new HpackEncoder();
  encoder.resize(size);
  const sent = lists().map((list) => [...START, ...list]);
  sent.forEach((list, i) => {
    encoder.begin(list.reduce((sum, [name, value]) => sum + name.length + value.length + 16, 0));
    for (const [name, value] of list) {
      const bytes = Buffer.from(name + value, 'latin1');
      encoder.field(bytes, 0, name.length, bytes, name.length, bytes.length);
    }
    client.send(frame(FrameType.HEADERS, WHOLE, 2 * i + 1, Buffer.from(encoder.take())));
  });
  await until('all have come', () => read.length === sent.length || client.closed, 10_000);
  expect(read).toEqual(sent);
});
