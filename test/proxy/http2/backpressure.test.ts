/** When senders are told that there is room again: only while there is. */
import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ClientSession, ResponseStreamListener } from '../../../src/proxy/http2/client-session';
import { FrameType } from '../../../src/proxy/http2/frames';
import type { Http2Stream } from '../../../src/proxy/http2/stream';
import { holdsBack } from '../../../src/proxy/net/direct-write';
import { frame, settings, uint32 } from '../../support/http2-frames';

const INITIAL_WINDOW_SIZE = 4;
const HEAD = Buffer.from('POST / HTTP/1.1\r\nhost: catalog\r\n\r\n');
const LIMITS = {
  maxConcurrentStreams: 100, streamWindowBytes: 65_536, connectionWindowBytes: 262_144, maxHeadBytes: 16_384,
  maxStreamResets: 100, maxIdleFrames: 100,
};
const none = (): void => {};

/** A socket that takes something whenever it is told to. */
class SlowSocket extends Duplex {
  private taken: (() => void) | undefined;

  constructor() {
    super({ writableHighWaterMark: 65_536 });
  }

  override _read(): void {}
  override _write(_bytes: Buffer, _encoding: string, taken: () => void): void { this.taken = taken; }

  accept(): void {
    const { taken } = this;
    this.taken = undefined;
    taken?.();
  }
}

it('a sender hears of room only while the socket has some, and does hear of it', async () => {
  const socket = new SlowSocket() as unknown as Socket & SlowSocket;
  const owner = { onStreamClosed: none, onLeaving: none, onCapacity: none, onFault: none };
  const session = new ClientSession(socket, { ...LIMITS, now: () => 0 }, owner, false);
  socket.on('drain', () => session.onDrain());
  /** Whether the socket held bytes back when a sender was told. */
  const told: boolean[] = [];
  const request = (onWritable: () => void): Http2Stream => session.request(HEAD, false, {
    onWritable, onHead: () => undefined, onData: none, onTrailers: none, onReset: none, onFault: none, onBroken: none, onUnprocessed: none,
  } satisfies ResponseStreamListener);
  session.feed(Buffer.concat([settings([INITIAL_WINDOW_SIZE, 100_000]), frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(10_000_000))]));
  const large = request(none);
  const small = request(() => { told.push(holdsBack(socket)); });

  // Fills the socket, and more of it waits for credit, which comes while the socket is full.
  session.sendData(large, Buffer.alloc(500_000));
  await nextTurn();
  expect(session.sendData(small, Buffer.from('a'))).toBe(false);
  session.feed(frame(FrameType.WINDOW_UPDATE, 0, large.id, uint32(1_000_000)));
  for (let turn = 0; turn < 50; turn += 1) {
    socket.accept();
    await nextTurn();
  }

  expect(large.waitingBytes).toBe(0);
  expect(told).toEqual([false]);
});
