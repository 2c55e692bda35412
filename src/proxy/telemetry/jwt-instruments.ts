/** What the tokens of one listener come to. */
import { FAMILIES } from './catalog';
import { LazyCounters } from './lazy-counters';
import type { Counter } from './metrics';
import type { MetricRegistry } from './registry';

export type TokenResult =
  | 'verified' | 'remembered' | 'ambiguous' | 'too_long' | 'malformed' | 'unknown_issuer' | 'unknown_key' | 'algorithm' | 'signature' | 'audience'
  | 'expired' | 'not_yet_valid';

export class JwtInstruments {
  private readonly byResult = new LazyCounters((result) => this.registry.counter(FAMILIES.jwtTokens, { listener: this.listener, result }));

  constructor(private readonly registry: MetricRegistry, private readonly listener: string) {}

  tokens(result: TokenResult): Counter {
    return this.byResult.get(result);
  }
}
