/** What the authorization of one listener records. Counters are bound when they are needed first. */
import { FAMILIES, NOT_APPLICABLE } from './catalog';
import { LazyCounters } from './lazy-counters';
import type { Counter } from './metrics';
import type { MetricRegistry } from './registry';

export class AuthorizationInstruments {
  private readonly byRule = new Map<string, Counter>();
  private readonly byCause = new LazyCounters((cause) => this.bind('denied', NOT_APPLICABLE, cause));
  private readonly byCauseInDryRun = new LazyCounters((cause) => this.bind('would_deny', NOT_APPLICABLE, cause));

  constructor(private readonly registry: MetricRegistry, private readonly listener: string) {}

  /** Requests that a rule let in. */
  allowed(rule: string): Counter {
    let counter = this.byRule.get(rule);
    if (!counter) this.byRule.set(rule, counter = this.bind('allowed', rule, NOT_APPLICABLE));
    return counter;
  }

  /** Requests that no rule let in; in a dry run they passed all the same. */
  denied(cause: string, dryRun: boolean): Counter {
    return (dryRun ? this.byCauseInDryRun : this.byCause).get(cause);
  }

  /** These are the rules of the configuration: series of others go. */
  keepRules(rules: ReadonlySet<string>): void {
    for (const rule of this.byRule.keys()) {
      if (rules.has(rule)) continue;
      this.byRule.delete(rule);
      this.registry.removeFrom(FAMILIES.authorizationDecisions, { listener: this.listener, rule });
    }
  }

  private bind(decision: string, rule: string, cause: string): Counter {
    return this.registry.counter(FAMILIES.authorizationDecisions, { listener: this.listener, decision, rule, cause });
  }
}
