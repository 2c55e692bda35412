/** What the service that a listener asks about its requests says, and how long that takes. */
import { FAMILIES, NOT_APPLICABLE } from './catalog';
import type { Histogram } from './metrics';
import type { MetricRegistry } from './registry';
import type { ReasonCode } from './reasons';

/** Why there was no answer. */
export type AskFailure = 'timeout' | 'limit' | 'status' | 'proxy' | ReasonCode;

export class ExternalAuthorizationInstruments {
  private durations: Histogram | undefined;

  constructor(private readonly registry: MetricRegistry, private readonly listener: string) {}

  answered(result: 'allowed' | 'denied'): void {
    this.count(result, NOT_APPLICABLE);
  }

  /** @param passed the request passed all the same */
  failed(cause: AskFailure, passed: boolean): void {
    this.count(passed ? 'failure_mode_allowed' : 'failed', cause);
  }

  waited(seconds: number): void {
    this.durations ??= this.registry.histogram(FAMILIES.externalAuthorizationDuration, { listener: this.listener });
    this.durations.record(seconds);
  }

  /** One more waits, or one fewer. */
  pending(change: 1 | -1): void {
    this.registry.gauge(FAMILIES.externalAuthorizationsPending, { listener: this.listener }).value += change;
  }

  private count(result: string, cause: string): void {
    this.registry.counter(FAMILIES.externalAuthorizations, { listener: this.listener, result, cause }).value += 1;
  }
}
