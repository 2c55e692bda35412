/** What a connection carries may be cut anywhere on its way: it means the same wherever that is. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { FrameReader } from '../../../src/proxy/http2/frame-reader';
import { ErrorCode, Flag, FrameType } from '../../../src/proxy/http2/frames';
import { cleanupsAfterEach } from '../../support/cleanups';
import { block, Frame, frame, FrameEnd, PREFACE, settings, uint32 } from '../../support/http2-frames';
import { startProxy } from '../../support/proxy';
import { until } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

const HEAD = block([[':method', 'POST'], [':scheme', 'http'], [':path', '/a'], [':authority', 'catalog'], ['x-one', 'two']]);
const PADDED = Flag.PADDED as number;
const BODY = 'hello';

/** A request with every kind of frame that a client may send. */
const FRAMES = [
  settings([1, 0]),
  frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1_000)),
  frame(FrameType.HEADERS, PADDED | Flag.PRIORITY, 1, Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 7]), HEAD.subarray(0, 20), Buffer.alloc(3)])),
  frame(FrameType.CONTINUATION, 0, 1, HEAD.subarray(20, 30)),
  frame(FrameType.CONTINUATION, Flag.END_HEADERS, 1, HEAD.subarray(30)),
  frame(FrameType.PRIORITY, 0, 3, Buffer.concat([uint32(0), Buffer.from([7])])),
  frame(FrameType.DATA, PADDED, 1, Buffer.concat([Buffer.from([4]), Buffer.from(BODY.slice(0, 2)), Buffer.alloc(4)])),
  frame(FrameType.PING, 0, 0, Buffer.alloc(8)),
  frame(FrameType.DATA, Flag.END_STREAM_OR_ACK, 1, Buffer.from(BODY.slice(2))),
  frame(0x77, 0xff, 0, Buffer.from('a frame of a kind that is not known')),
];

function framesOf(...chunks: readonly Buffer[]): readonly Frame[] {
  const frames: Frame[] = [];
  const reader = new FrameReader({
    onFrame: (type, flags, streamId, buffer, start, end) => {
      frames.push({ type, flags, streamId, payload: Buffer.from(buffer.subarray(start, end)) });
      return undefined;
    },
  });
  for (const chunk of chunks) expect(reader.feed(chunk)).toBeUndefined();
  expect(reader.heldBytes).toBe(0);
  return frames;
}

describe('frames', () => {
  const all = Buffer.concat(FRAMES);
  const whole = framesOf(all);

  it('are read where they lie', () => {
    expect(whole.map(({ type }) => type)).toEqual([4, 8, 1, 9, 9, 2, 0, 6, 0, 0x77]);
    expect(Buffer.concat(whole.map(({ type, flags, streamId, payload }) => frame(type, flags, streamId, payload)))).toEqual(all);
  });

  it('are the same when they come in two pieces, cut at any byte', () => {
    for (let at = 0; at <= all.length; at += 1) expect(framesOf(all.subarray(0, at), all.subarray(at))).toEqual(whole);
  });

  it('are the same when they come in three pieces, cut at any two bytes of the first frames', () => {
    const few = Buffer.concat(FRAMES.slice(0, 3));
    const expected = whole.slice(0, 3);
    for (let first = 0; first <= few.length; first += 1) {
      for (let second = first; second <= few.length; second += 1) {
        expect(framesOf(few.subarray(0, first), few.subarray(first, second), few.subarray(second))).toEqual(expected);
      }
    }
  });

  it('are the same when they come byte by byte', () => {
    expect(framesOf(...Array.from(all, (byte) => Buffer.from([byte])))).toEqual(whole);
  });

  it('that are too large are refused as soon as their length is known, however it comes', () => {
    const large = frame(FrameType.DATA, 0, 1, Buffer.alloc(16_385));
    for (let at = 0; at <= 9; at += 1) {
      const reader = new FrameReader({ onFrame: () => undefined });
      expect([reader.feed(large.subarray(0, at)), reader.feed(large.subarray(at, 9))].find((fault) => fault)?.code).toBe(ErrorCode.FRAME_SIZE_ERROR);
    }
  });
});

it('a request is answered whatever byte its connection is cut at', async () => {
  const app = createServer((request, response) => {
    response.setHeader('x-one', String(request.headers['x-one']));
    request.pipe(response);
  });
  await new Promise<void>((resolve) => { app.listen(0, '127.0.0.1', resolve); });
  cleanups.push(() => { app.closeAllConnections(); app.close(); });
  const { proxy, port } = await startProxy([(app.address() as AddressInfo).port], { protocol: 'http2' });
  cleanups.push(() => proxy.close());
  const all = Buffer.concat([PREFACE, ...FRAMES]);

  const answerTo = async (at: number): Promise<string> => {
    const client = await FrameEnd.to(port, all.subarray(0, at));
    client.socket.setNoDelay(true);
    await nextTurn();
    client.send(all.subarray(at));
    const isOver = (): boolean => client.frames.some(({ flags, streamId }) => streamId === 1 && (flags & Flag.END_STREAM_OR_ACK) !== 0);
    await until(`the request that is cut at ${at} is answered`, () => isOver() || client.closed);
    client.close();
    return Buffer.concat(client.of(FrameType.DATA, 1).map(({ payload }) => payload)).toString();
  };
  for (let at = 1; at < all.length; at += 1) expect([at, await answerTo(at)]).toEqual([at, BODY]);
});
