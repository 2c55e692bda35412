import type { ConcurrencyLimit } from './concurrency-limit';

/** A limit that somebody knows. */
export class FixedLimit implements ConcurrencyLimit {
  constructor(readonly limit: number) {}

  allows(inFlight: number): boolean { return inFlight < this.limit; }
  enter(): number { return 0; }
  end(): void {}
  forget(): void {}
}
