/**
 * What a peer may still send of bodies (RFC 9113 section 5.2): it gets credit back in steps of half a window. A stream gives none while its
 * receiver takes no more; the connection always does, for all that is held of its streams is bounded by theirs.
 */
import type { Socket } from 'node:net';
import { DEFAULT_WINDOW } from './frames';
import { writeWindowUpdate } from './frame-writer';
import type { Http2Stream } from './stream';

export interface Windows {
  readonly streamWindowBytes: number;
  readonly connectionWindowBytes: number;
}

export class Inflow {
  private window: number;
  private uncredited = 0;

  constructor(private readonly socket: Socket, private readonly windows: Windows) {
    this.window = Math.max(DEFAULT_WINDOW, windows.connectionWindowBytes);
  }

  /** Tells the peer how large the connection's window is. */
  open(): void {
    if (this.window > DEFAULT_WINDOW) writeWindowUpdate(this.socket, 0, this.window - DEFAULT_WINDOW);
  }

  /** So many bytes have come. False: more than the connection's window allows. */
  take(bytes: number): boolean {
    if (bytes > this.window) return false;
    this.window -= bytes;
    this.uncredited += bytes;
    if (this.uncredited * 2 >= this.windows.connectionWindowBytes) {
      writeWindowUpdate(this.socket, 0, this.uncredited);
      this.window += this.uncredited;
      this.uncredited = 0;
    }
    return true;
  }

  /** The same of a stream. */
  takeOf(stream: Http2Stream, bytes: number): boolean {
    if (bytes > stream.receiveWindow) return false;
    stream.receiveWindow -= bytes;
    stream.uncredited += bytes;
    return true;
  }

  /** Gives back what a stream's receiver has taken, if that is enough by now. */
  credit(stream: Http2Stream): void {
    if (stream.closed || stream.remoteEnded || stream.uncredited * 2 < this.windows.streamWindowBytes) return;
    writeWindowUpdate(this.socket, stream.id, stream.uncredited);
    stream.receiveWindow += stream.uncredited;
    stream.uncredited = 0;
  }
}
