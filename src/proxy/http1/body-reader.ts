/**
 * Reads the body of one message after the other by its framing (RFC 9112 section 6.3), from bytes cut anywhere. A connection has one
 * and uses it again; the decoder of chunks is made when the first chunked body comes.
 */
import { ChunkedDecoder, Step } from './chunked';
import type { Fault } from './fault';
import { Framing } from './framing';
import type { HeadLimits } from './head-buffer';

export class BodyReader {
  /** Where reading goes on. To be set for each new buffer. */
  position = 0;
  private dataStart = 0;
  private dataEnd = 0;
  /** All of the body has been read. */
  complete = false;

  private framing: Framing = Framing.NONE;
  private remaining = 0;
  private decoder: ChunkedDecoder | undefined;

  /** @param length what is still to come of a body with a length */
  begin(framing: Framing, length: number): void {
    this.framing = framing;
    this.remaining = length;
    this.complete = framing === Framing.NONE || (framing === Framing.LENGTH && length === 0);
    if (framing === Framing.CHUNKED) (this.decoder ??= new ChunkedDecoder()).reset();
  }

  /** What is wrong with a chunked body. It is known when the data before it is handed out; {@link Step.FAULT} comes behind that. */
  get fault(): Fault | undefined { return this.framing === Framing.CHUNKED ? this.decoder!.fault : undefined; }

  /** Of a chunked body that is complete, in canonical form. */
  get trailers(): Buffer | undefined { return this.framing === Framing.CHUNKED ? this.decoder!.trailers : undefined; }

  /** The end of the connection is the end of the body. */
  get endsWithConnection(): boolean { return this.framing === Framing.CLOSE; }

  /** Goes on to the next thing worth knowing. The last bytes of a body with a length come with {@link complete}; no END follows them. */
  next(buffer: Buffer, limits: HeadLimits): Step {
    if (this.framing === Framing.CHUNKED) return this.nextChunks(buffer, limits);
    const available = buffer.length - this.position;
    if (this.complete || available <= 0) return Step.MORE;
    const taken = this.framing === Framing.LENGTH ? Math.min(available, this.remaining) : available;
    this.dataStart = this.position;
    this.position += taken;
    this.dataEnd = this.position;
    if (this.framing === Framing.LENGTH) {
      this.remaining -= taken;
      this.complete = this.remaining === 0;
    }
    return Step.DATA;
  }

  /** The bytes of the latest {@link Step.DATA}: those of `buffer` that it was read from. */
  dataOf(buffer: Buffer): Buffer {
    return this.dataStart === 0 && this.dataEnd === buffer.length ? buffer : buffer.subarray(this.dataStart, this.dataEnd);
  }

  private nextChunks(buffer: Buffer, limits: HeadLimits): Step {
    const decoder = this.decoder!;
    decoder.position = this.position;
    const step = decoder.next(buffer, buffer.length, limits);
    this.position = decoder.position;
    this.dataStart = decoder.dataStart;
    this.dataEnd = decoder.dataEnd;
    this.complete = step === Step.END;
    return step;
  }
}
