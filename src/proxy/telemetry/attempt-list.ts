/** What was tried for one request after another, when somebody wants to know. Nearly all have one attempt: the memory is used again. */
import { AttemptRecord, NO_ATTEMPTS } from './attempt-record';

export class AttemptList {
  /** Somebody wants to know of this request. */
  wanted = false;
  /** Attempts of this request; those behind are of requests before it. */
  count = 0;
  private readonly kept: { -readonly [Field in keyof AttemptRecord]: AttemptRecord[Field] }[] = [];

  clear(): void {
    this.wanted = false;
    this.count = 0;
  }

  add(endpoint: string, outcome: AttemptRecord['outcome'], milliseconds: number): void {
    const record = this.kept[this.count];
    if (record) {
      record.endpoint = endpoint;
      record.outcome = outcome;
      record.milliseconds = milliseconds;
    } else {
      this.kept.push({ endpoint, outcome, milliseconds });
    }
    this.count += 1;
  }

  /** What is there now, in order. */
  copy(): readonly AttemptRecord[] {
    return this.count === 0 ? NO_ATTEMPTS : this.kept.slice(0, this.count).map((record) => ({ ...record }));
  }
}
