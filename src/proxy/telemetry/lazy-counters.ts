/** Counters of one family that differ in one label. Each is bound when it is first asked for, and found in a map after that. */
import type { Counter } from './metrics';

export class LazyCounters {
  private readonly counters = new Map<string, Counter>();

  constructor(private readonly bind: (value: string) => Counter) {}

  get(value: string): Counter {
    let counter = this.counters.get(value);
    if (!counter) {
      counter = this.bind(value);
      this.counters.set(value, counter);
    }
    return counter;
  }
}
