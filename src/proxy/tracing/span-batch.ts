/**
 * The spans of one request to the collector, as its bytes. A span is written when it ends: texts and buffers that live for seconds would
 * be copied by each collection of garbage, and bring the large ones on. The memory is used again, and as large as the largest batch was; it
 * is small at first, for there may be as many batches as spans.
 */
import { ByteLine } from '../telemetry/byte-line';

const COMMA = 0x2c;

export class SpanBatch {
  spans = 0;
  private readonly json = new ByteLine();
  private readonly after: Buffer;
  /** Where the spans begin. */
  private readonly start: number;

  /** @param envelope what is before and behind the spans */
  constructor([before, after]: readonly [before: string, after: string]) {
    this.after = Buffer.from(after);
    this.json.piece(Buffer.from(before));
    this.start = this.json.length;
  }

  /** Returns where to write the next span. It is written whole before anything else is asked of the batch. */
  next(): ByteLine {
    if (this.spans > 0) this.json.byte(COMMA);
    this.spans += 1;
    return this.json;
  }

  /** All of it. Valid until it is restarted or something is added. */
  body(): Buffer {
    const { json } = this;
    const { length } = json;
    json.piece(this.after);
    const body = json.bytes.subarray(0, json.length);
    json.length = length;
    return body;
  }

  /** Forgets the spans. */
  restart(): void {
    this.spans = 0;
    this.json.length = this.start;
  }
}
