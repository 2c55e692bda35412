/**
 * What the persistence of sessions records, for one listener. Counters are bound when they are needed first: most listeners
 * keep no sessions.
 */
import { FAMILIES } from './catalog';
import { LazyCounters } from './lazy-counters';
import type { Counter } from './metrics';
import type { MetricRegistry } from './registry';

export class SessionInstruments {
  private readonly byFate = new LazyCounters((session) => this.registry.counter(FAMILIES.sessionResponses, { listener: this.listener, session }));
  private readonly byCause = new LazyCounters((cause) => this.registry.counter(FAMILIES.sessionCookiesRefused, { listener: this.listener, cause }));

  constructor(private readonly registry: MetricRegistry, private readonly listener: string) {}

  /** Responses by what became of their session. */
  responses(session: 'kept' | 'new' | 'moved' | 'strayed' | 'none'): Counter {
    return this.byFate.get(session);
  }

  /** Cookies that were not believed. */
  refused(cause: 'malformed' | 'too_long' | 'forged' | 'expired' | 'foreign'): Counter {
    return this.byCause.get(cause);
  }
}
