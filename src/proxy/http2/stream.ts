/**
 * What a session knows of one of its streams: who hears of it, how far each side has come, and how many bytes each may still send.
 */
import type { ErrorCode, Http2Fault } from './frames';

/** Hears of a stream. Buffers are valid during a call only. */
export interface StreamListener {
  /**
   * Bytes of the body.
   *
   * @param isLast the peer sends no more
   */
  onData(data: Buffer, isLast: boolean): void;
  /** The peer has broken it off. It is gone. */
  onReset(code: ErrorCode): void;
  /** The peer has broken the protocol, on it or on its session. It is gone. */
  onFault(fault: Http2Fault): void;
  /** Its session is over, and it with that. */
  onBroken(detail: string): void;
  /** More can be sent. */
  onWritable(): void;
}

export class Http2Stream {
  /** The peer sends no more of it; this side sends no more of it. */
  remoteEnded = false;
  localEnded = false;
  /** It is over, for the session. */
  closed = false;
  /** What the peer has sent for which it has no credit back. */
  uncredited = 0;
  /** No credit is given for now. */
  paused = false;
  /** Bytes that wait for the peer to give credit, in order, and how many they are. */
  waiting: Buffer[] = [];
  waitingBytes = 0;
  /** What follows the bytes that wait: an end, or trailers with it; undefined: nothing yet. */
  ending: (() => void) | undefined;
  /** A call has returned false, so `onWritable` is owed. */
  owesWritable = false;
  /** Bytes of the body that have come, and how many were announced; -1: none were. */
  received = 0;
  announced = -1;
  /** Of a request: the head of its final response has come. */
  answered = false;
  /** It is one side of a tunnel: each direction has an end of its own, and neither has trailers. */
  tunnels = false;
  private onClosed: (() => void) | undefined;

  /**
   * @param sendWindow    what the peer lets this side send
   * @param receiveWindow what this side lets the peer send
   */
  constructor(readonly id: number, public sendWindow: number, public receiveWindow: number, public listener: StreamListener) {}

  /** From now on it is a tunnel's. @param onClosed it is over */
  beginTunnel(listener: StreamListener, onClosed: () => void): void {
    this.listener = listener;
    this.tunnels = true;
    this.onClosed = onClosed;
  }

  /** It is over, for the session. */
  end(): void {
    this.closed = true;
    this.onClosed?.();
  }

  /** What was sent is more than should be held: returns false, as who sent it is to. */
  owe(): false {
    this.owesWritable = true;
    return false;
  }

  /** There is room again. */
  payWritable(): void {
    if (!this.owesWritable || this.closed) return;
    this.owesWritable = false;
    this.listener.onWritable();
  }
}
