/**
 * The request, so that it can be sent, and sent again. It is written when its first attempt is sent, straight from the parsed head;
 * a request that has to wait for that is written before the call ends in which the head is valid. What was written is what is kept.
 * Only the proxy's own last field lines differ from attempt to attempt, and from a cluster of the mesh to one outside of it.
 *
 * Pieces of the body are kept until they were sent, and after that for as long as the whole request fits the route's
 * `maxReplayBytes`. Beyond, what was sent is forgotten, and the request can be sent no second time.
 */
import type { OutgoingRequest, RequestCarrier } from '../../cluster/carrier';
import { Framing } from '../../http1/framing';
import { Method, RequestHead } from '../../http1/request-head';
import { keepChunk, Marks, serializeRequest, ViaFields, withoutMeshVia } from '../../http1/serialize';
import { owned } from '../../net/shared-read';
import type { Attempt } from './attempt';

const EMPTY = Buffer.alloc(0);

/** What is written before the field lines that differ from attempt to attempt. */
export interface RequestForm {
  readonly via: ViaFields;
  /** Which fields say that it has passed here. `MESH_VIA` is left out where an attempt leaves the mesh. */
  readonly marks: Marks;
  readonly offersUpgrade: boolean;
  /** Field lines that are the same for each attempt. */
  readonly added: Buffer;
}

export class ReplayBuffer implements OutgoingRequest {
  /** All that came so far is here: it can be sent from the beginning. */
  replayable = false;
  toHead = false;
  unknownLength = false;
  whole = false;
  /** What follows the body; undefined: nothing, or it has not come. */
  trailers: Buffer | undefined;

  /** Until it is written; valid during the call that began it. */
  private head: RequestHead | undefined;
  private source: Buffer = EMPTY;
  private body: Buffer = EMPTY;
  private form!: RequestForm;
  /** Head, and as much of the body as came with it. */
  private message: Buffer = EMPTY;
  /** Where the proxy's own last field lines begin in `message`, and where they end. */
  private linesAt = 0;
  private linesEnd = 0;
  /** Those of the next attempt, and whether it stays within the mesh. */
  private lines: Buffer = EMPTY;
  private meshed = false;
  /** Pieces of the body that came later. */
  private pieces: Buffer[] = [];
  private bodyBytes = 0;
  private maxReplayBytes = 0;
  private sent = false;

  /**
   * @param source the bytes in which `head` was parsed
   * @param body   the body's first bytes; none when its length is not known
   */
  begin(source: Buffer, head: RequestHead, body: Buffer, form: RequestForm, maxReplayBytes: number): void {
    this.head = head;
    this.source = source;
    this.body = body;
    this.form = form;
    this.toHead = head.method === Method.HEAD;
    this.unknownLength = head.framing === Framing.CHUNKED;
    this.maxReplayBytes = maxReplayBytes;
    this.bodyBytes = body.length;
    this.trailers = undefined;
    this.sent = false;
    this.replayable = Math.max(head.length, body.length) <= maxReplayBytes;
  }

  /** It can be sent: because it can be sent again, or was not sent yet. */
  get atHand(): boolean { return this.replayable || !this.sent; }

  get offersUpgrade(): boolean { return this.form.offersUpgrade; }

  /** Bytes that are kept. */
  get heldBytes(): number { return this.message.length + (this.pieces.length === 0 ? 0 : this.bodyBytes) + (this.trailers?.length ?? 0); }

  /**
   * For the next attempt.
   *
   * @param meshed it goes to a cluster of the mesh
   * @param lines  the proxy's own field lines, each with its CRLF
   */
  address(meshed: boolean, lines: Buffer): void {
    this.meshed = meshed;
    this.lines = lines;
  }

  /** The call is about to end in which the head is valid. */
  hold(): void {
    if (this.head) this.write();
  }

  http1(): Buffer {
    if (this.head) this.write();
    else if (!this.isLabelled()) this.relabel();
    return this.meshed || (this.form.marks & Marks.MESH_VIA) === 0 ? this.message : withoutMeshVia(this.message, this.linesAt);
  }

  /** It will be sent again: until then, whatever comes is kept. */
  rewind(): void {
    this.sent = false;
  }

  /**
   * A piece of the body, without framing: sent if it can be, kept if it must be.
   *
   * @param carrier undefined while there is no connection
   * @returns false: hold back until the carrier can take more
   */
  pass(data: Buffer, carrier: RequestCarrier | undefined): boolean {
    const fits = this.replayable && this.bodyBytes + data.length <= this.maxReplayBytes;
    if (!fits) this.forget();
    if (carrier && !fits) return carrier.sendBody(data, false);
    const piece = this.unknownLength ? keepChunk(data) : owned(data);
    if (fits || !this.sent) {
      this.pieces.push(piece);
      this.bodyBytes += piece.length;
    }
    return carrier !== undefined && carrier.sendBody(piece, true);
  }

  /**
   * Sends all that is here.
   *
   * @param complete that is all of the request
   * @returns false: hold back until the attempt can take more
   */
  sendOn(attempt: Attempt, complete: boolean): boolean {
    this.sent = true;
    this.whole = complete && this.pieces.length === 0 && !this.trailers;
    let open = attempt.send(this);
    const carrier = attempt.carrier!;
    for (const piece of this.pieces) open = carrier.sendBody(piece, true);
    if (complete) carrier.endBody(this.trailers);
    if (!this.replayable) this.drop();
    return open;
  }

  /** It is sent no more. */
  clear(): void {
    this.replayable = false;
    this.trailers = undefined;
    this.drop();
  }

  private write(): void {
    const { form, lines, body } = this;
    this.message = serializeRequest(this.source, this.head!, form.via, form.marks, form.offersUpgrade, form.added, lines, body);
    this.linesEnd = this.message.length - body.length - 2;
    this.linesAt = this.linesEnd - lines.length;
    this.forgetSource();
  }

  private isLabelled(): boolean {
    const { lines, linesAt, linesEnd } = this;
    return lines.length === linesEnd - linesAt && lines.compare(this.message, linesAt, linesEnd) === 0;
  }

  private relabel(): void {
    const { message, lines } = this;
    this.message = Buffer.concat([message.subarray(0, this.linesAt), lines, message.subarray(this.linesEnd)]);
    this.linesEnd = this.linesAt + lines.length;
  }

  /** It can be sent no second time. */
  private forget(): void {
    this.replayable = false;
    if (this.sent) this.drop();
  }

  private drop(): void {
    this.forgetSource();
    this.message = EMPTY;
    if (this.pieces.length > 0) this.pieces = [];
  }

  private forgetSource(): void {
    this.head = undefined;
    this.source = EMPTY;
    this.body = EMPTY;
  }
}
