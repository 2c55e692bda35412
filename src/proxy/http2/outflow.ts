/**
 * What a session sends of bodies, as far as the peer's windows and the socket let it (RFC 9113 section 5.2). What they don't waits in its
 * stream. Streams that wait for the connection's window take turns.
 */
import type { Socket } from 'node:net';
import { holdsBack } from '../net/direct-write';
import { DEFAULT_WINDOW, MAX_PAYLOAD_BYTES, MAX_WINDOW } from './frames';
import { writeData } from './frame-writer';
import type { Http2Stream } from './stream';

/**
 * Frames that an honest peer may send for each frame of data that it gets, as Envoy counts them. They don't add up without end: a peer that
 * got much is no more welcome to a flood.
 */
const REPLIES_A_FRAME = 10;
const MOST_REPLIES = 10_000;

export class Outflow {
  /** The window of a new stream. */
  firstWindow = DEFAULT_WINDOW;
  /** Of the connection. */
  private window = DEFAULT_WINDOW;
  /** Streams with bytes that wait for the connection's window, or for the socket, in the order in which they began to. */
  private readonly starving = new Set<Http2Stream>();
  private replies = REPLIES_A_FRAME;

  constructor(private readonly socket: Socket) {}

  /** @returns false: hold back until `onWritable` */
  send(stream: Http2Stream, data: Buffer): boolean {
    const sent = stream.waitingBytes > 0 ? 0 : this.sendSome(stream, data);
    if (sent === data.length) return !holdsBack(this.socket) || stream.owe();
    stream.waiting.push(Buffer.from(data.subarray(sent)));
    stream.waitingBytes += data.length - sent;
    if (stream.sendWindow > 0) this.starving.add(stream);
    return stream.owe();
  }

  /** Sends the last bytes of a stream, and its end, in one frame. False: that is not possible now, and nothing was sent. */
  sendWhole(stream: Http2Stream, data: Buffer): boolean {
    if (stream.waitingBytes > 0 || data.length > Math.min(MAX_PAYLOAD_BYTES, stream.sendWindow, this.window)) return false;
    this.write(stream, data, true);
    return true;
  }

  /** The peer takes more of the connection. False: more than there can be. */
  widen(bytes: number): boolean {
    if (this.window + bytes > MAX_WINDOW) return false;
    this.window += bytes;
    this.sendStarving();
    return true;
  }

  /** The same of one stream. */
  widenStream(stream: Http2Stream, bytes: number): boolean {
    if (stream.sendWindow + bytes > MAX_WINDOW) return false;
    stream.sendWindow += bytes;
    if (stream.waitingBytes > 0) this.sendWaiting(stream);
    return true;
  }

  /** The peer changes the first window, and with it those of all streams, which may become negative (RFC 9113 section 6.9.2). */
  changeFirstWindow(bytes: number, streams: Iterable<Http2Stream>): boolean {
    const change = bytes - this.firstWindow;
    this.firstWindow = bytes;
    for (const stream of streams) if (!this.widenStream(stream, change)) return false;
    return true;
  }

  /** The socket takes bytes again: first those that wait, then those of senders that were told to hold back. */
  onDrain(streams: Iterable<Http2Stream>): void {
    this.sendStarving();
    for (const stream of streams) {
      // What has waited may have filled the socket again. A sender that was told now would find that, and hear of it no more.
      if (holdsBack(this.socket)) return;
      if (stream.waitingBytes === 0) stream.payWritable();
    }
  }

  /** Drops what waits. */
  forget(stream: Http2Stream): void {
    if (stream.waitingBytes > 0) stream.waiting = [];
    stream.waitingBytes = 0;
    stream.ending = undefined;
    this.starving.delete(stream);
  }

  /** The peer has sent a frame in answer to data. False: more of them than there was data for. */
  takeReply(): boolean {
    if (this.replies === 0) return false;
    this.replies -= 1;
    return true;
  }

  /** Sends as much as both windows allow. Returns how much that was. */
  private sendSome(stream: Http2Stream, data: Buffer): number {
    let sent = 0;
    while (sent < data.length) {
      const bytes = Math.min(data.length - sent, MAX_PAYLOAD_BYTES, stream.sendWindow, this.window);
      if (bytes <= 0) break;
      this.write(stream, bytes === data.length ? data : data.subarray(sent, sent + bytes), false);
      sent += bytes;
    }
    return sent;
  }

  private write(stream: Http2Stream, data: Buffer, isLast: boolean): void {
    writeData(this.socket, stream.id, data, isLast);
    stream.sendWindow -= data.length;
    this.window -= data.length;
    this.replies = Math.min(MOST_REPLIES, this.replies + REPLIES_A_FRAME);
  }

  /** Each of those that wait gets a turn. One that does not get all of its bytes out goes to the end. */
  private sendStarving(): void {
    if (this.starving.size === 0) return;
    for (const stream of [...this.starving]) {
      if (this.window === 0 || holdsBack(this.socket)) return;
      this.starving.delete(stream);
      this.sendWaiting(stream);
    }
  }

  /** Sends what waits, until a window is empty or the socket holds back. */
  private sendWaiting(stream: Http2Stream): void {
    while (stream.waitingBytes > 0 && !holdsBack(this.socket)) {
      const first = stream.waiting[0]!;
      const sent = this.sendSome(stream, first);
      stream.waitingBytes -= sent;
      if (sent < first.length) {
        stream.waiting[0] = first.subarray(sent);
        break;
      }
      stream.waiting.shift();
    }
    if (stream.waitingBytes > 0) {
      if (stream.sendWindow > 0) this.starving.add(stream);
      else this.starving.delete(stream);
      return;
    }
    this.starving.delete(stream);
    const { ending } = stream;
    stream.ending = undefined;
    if (ending) ending();
    else if (!holdsBack(this.socket)) stream.payWritable();
  }
}
