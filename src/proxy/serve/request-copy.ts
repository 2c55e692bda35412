/**
 * What is kept of a request so that it can be sent, and sent again. Each piece of it is kept until it was sent; and after that
 * for as long as the whole of it fits the route's `maxReplayBytes`. Beyond, what was sent is forgotten, and the request can be
 * sent no second time.
 */
import type { Attempt } from './attempt';

const EMPTY = Buffer.alloc(0);

export class RequestCopy {
  /** All that came so far is here: it can be sent from the beginning. */
  replayable = false;
  /** Head, and as much of the body as came with it. */
  private message: Buffer = EMPTY;
  /** Where the proxy's own last field lines begin in `message`, and where they end. */
  private addedAt = 0;
  private addedEnd = 0;
  /** Octets of the body that came later, framed. */
  private pieces: Buffer[] = [];
  private pieceBytes = 0;
  private maxReplayBytes = 0;
  private sent = false;

  /**
   * @param message     head and first octets of the body
   * @param addedBytes  length of the field lines that are the last ones of the head, and differ from attempt to attempt
   * @param bodyBytes   length of the body in `message`
   * @param totalBytes  length of the whole body, as far as it is known
   */
  begin(message: Buffer, addedBytes: number, bodyBytes: number, totalBytes: number, maxReplayBytes: number): void {
    this.message = message;
    this.addedEnd = message.length - bodyBytes - 2;
    this.addedAt = this.addedEnd - addedBytes;
    this.maxReplayBytes = maxReplayBytes;
    this.pieceBytes = bodyBytes;
    this.sent = false;
    this.replayable = Math.max(totalBytes, bodyBytes) <= maxReplayBytes;
  }

  /** It can be sent: because it can be sent again, or was not sent yet. */
  get atHand(): boolean { return this.replayable || !this.sent; }

  /** Octets that are kept. */
  get heldOctets(): number { return this.message.length + (this.pieces.length === 0 ? 0 : this.pieceBytes); }

  /** It will be sent again: until then, whatever comes is kept. */
  rewind(): void {
    this.sent = false;
  }

  /** Whether another piece of this length would be kept beyond its sending. */
  keeps(bytes: number): boolean {
    return this.replayable && this.pieceBytes + bytes <= this.maxReplayBytes;
  }

  /** A piece of the body that is valid beyond this call. To be called before it is sent. */
  add(piece: Buffer): void {
    if (this.replayable && this.pieceBytes + piece.length > this.maxReplayBytes) this.forget();
    if (this.replayable || !this.sent) {
      this.pieces.push(piece);
      this.pieceBytes += piece.length;
    }
  }

  /** A piece of the body that is sent without being kept. */
  skip(): void {
    this.forget();
  }

  /** Sends all that is here. False: hold back until the attempt drains. */
  sendOn(attempt: Attempt, toHead: boolean): boolean {
    this.sent = true;
    let open = attempt.send(this.message, toHead);
    for (const piece of this.pieces) open = attempt.sendBody(piece);
    if (!this.replayable) this.drop();
    return open;
  }

  /** Puts other field lines of the proxy's own in the place of those that were there. */
  rehead(added: string): void {
    const { message } = this;
    const lines = Buffer.from(added, 'latin1');
    this.message = Buffer.concat([message.subarray(0, this.addedAt), lines, message.subarray(this.addedEnd)]);
    this.addedEnd = this.addedAt + lines.length;
  }

  /** The request is over. */
  clear(): void {
    this.replayable = false;
    this.drop();
  }

  private forget(): void {
    this.replayable = false;
    if (this.sent) this.drop();
  }

  private drop(): void {
    this.message = EMPTY;
    if (this.pieces.length > 0) this.pieces = [];
  }
}
