/**
 * What the persistence of sessions records, for one listener. Counters are bound when they are needed first: most listeners
 * keep no sessions.
 */
import { FAMILIES } from './catalog';
import type { Counter } from './metrics';
import type { MetricRegistry } from './registry';

export class SessionInstruments {
  private readonly byFate = new Map<string, Counter>();
  private readonly byCause = new Map<string, Counter>();

  constructor(private readonly registry: MetricRegistry, private readonly listener: string) {}

  /** Responses by what became of their session. */
  responses(session: 'kept' | 'new' | 'moved' | 'strayed' | 'none'): Counter {
    let counter = this.byFate.get(session);
    if (!counter) {
      counter = this.registry.counter(FAMILIES.sessionResponses, { listener: this.listener, session });
      this.byFate.set(session, counter);
    }
    return counter;
  }

  /** Cookies that were not believed. */
  refused(cause: 'malformed' | 'too_long' | 'forged' | 'expired' | 'foreign'): Counter {
    let counter = this.byCause.get(cause);
    if (!counter) {
      counter = this.registry.counter(FAMILIES.sessionCookiesRefused, { listener: this.listener, cause });
      this.byCause.set(cause, counter);
    }
    return counter;
  }
}
