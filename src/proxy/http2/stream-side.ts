/** A stream of HTTP/2 that has become one side of a tunnel (RFC 8441): its DATA frames are the bytes, each direction has its own end. */
import type { BytesListener } from '../net/shared-read';
import type { SideListener, TunnelSide } from '../net/tunnel-side';
import type { Http2Stream, StreamListener } from './stream';

/** What it needs of its session. */
interface StreamSession {
  sendData(stream: Http2Stream, data: Buffer): boolean;
  sendEnd(stream: Http2Stream): void;
  pause(stream: Http2Stream): void;
  resume(stream: Http2Stream): void;
  cancel(stream: Http2Stream): void;
}

export class StreamSide implements TunnelSide, StreamListener {
  private listener: SideListener | undefined;

  /**
   * @param onBytes  gets what comes, valid during the call only
   * @param onClosed the stream is over
   */
  constructor(
    private readonly session: StreamSession, private readonly stream: Http2Stream, private readonly onBytes: BytesListener, onClosed?: () => void,
  ) {
    stream.beginTunnel(this, () => {
      this.listener?.onClose(stream.localEnded && stream.remoteEnded);
      onClosed?.();
    });
  }

  get ended(): boolean { return this.stream.remoteEnded; }
  get closed(): boolean { return this.stream.closed; }
  get holdsBack(): boolean { return this.stream.owesWritable; }
  get heldBytes(): number { return this.stream.waitingBytes; }

  listen(listener: SideListener): void { this.listener = listener; }
  write(bytes: Buffer): boolean { return this.session.sendData(this.stream, bytes); }
  end(): void { this.session.sendEnd(this.stream); }
  pause(): void { this.session.pause(this.stream); }
  resume(): void { this.session.resume(this.stream); }
  /** RFC 8441 section 5: what is a reset of TCP for a connection is CANCEL for a stream. */
  reset(): void { this.session.cancel(this.stream); }

  /** @internal */
  onData(data: Buffer, isLast: boolean): void {
    if (data.length > 0) this.onBytes(data);
    if (isLast) this.listener?.onEnd();
  }

  /** @internal */
  onWritable(): void { this.listener?.onDrain(); }

  // That the stream is over, it hears from the stream itself.
  /** @internal */
  onReset(): void {}
  /** @internal */
  onFault(): void {}
  /** @internal */
  onBroken(): void {}
}
