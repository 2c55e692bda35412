/** The requests that have come to callers and not ended: what each is, and how often it was tried. */
import { column, NONE, Slots } from './slots';

export class Requests extends Slots {
  caller = column.integers();
  startedAt = column.numbers();
  /** How large its work is, as the share of requests whose work is smaller. */
  work = column.numbers();
  hash = column.hashes();
  /** May be executed twice. */
  repeatable = column.bytes();
  /** In use. */
  open = column.bytes();
  /** Attempts so far, and how many of them were made because others had failed. */
  sent = column.bytes();
  retries = column.bytes();
  /** A second attempt was begun beside the first; it is done once. */
  hedged = column.bytes();
  /** The attempts under way, {@link NONE} where there is none. */
  first = column.integers();
  second = column.integers();
  /** The endpoint that it waits for, and whether it waits: it counts in its caller's budget then. */
  target = column.integers();
  waits = column.bytes();

  /** A place for a request that comes now. */
  begin(caller: number, now: number): number {
    const request = this.take();
    this.caller[request] = caller;
    this.startedAt[request] = now;
    this.open[request] = 1;
    this.sent[request] = 0;
    this.retries[request] = 0;
    this.hedged[request] = 0;
    this.first[request] = NONE;
    this.second[request] = NONE;
    this.waits[request] = 0;
    return request;
  }

  override release(request: number): void {
    this.open[request] = 0;
    super.release(request);
  }
}
