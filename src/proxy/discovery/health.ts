/**
 * Keeps the {@link DiscoveryHealth} of a source, and tells of a failure when it begins, when its reason changes, and when
 * it is over: a source that retries for an hour writes two log lines, not thousands.
 */
import { Clock } from '../runtime/clock';
import { DiscoveryHealth } from './source';

/** Tells the log what happened; `fields` are of that event alone. */
export type OnEvent = (name: DiscoveryEvent, fields: Readonly<Record<string, string | number>>) => void;

/**
 * `discovery_failing`: endpoints are not known to be up to date. `discovery_recovered`: they are again.
 * `discovery_relist`: the server forgot what was asked for, and everything is read again, which is normal.
 * `discovery_ignored`: something that was read can't be used. `discovery_fallback`: another source stands in until this one
 * delivers for the first time. `discovery_fallback_over`: it has.
 */
export type DiscoveryEvent =
  | 'discovery_failing' | 'discovery_recovered' | 'discovery_relist' | 'discovery_ignored' | 'discovery_fallback' | 'discovery_fallback_over';

export class HealthTracker implements DiscoveryHealth {
  synced = false;
  lastConfirmedAt: number | undefined;
  failures = 0;
  lastError: string | undefined;

  constructor(private readonly clock: Clock, private readonly onEvent: OnEvent) {}

  /** A snapshot was delivered. */
  deliver(): void {
    this.synced = true;
  }

  /** What was delivered is up to date at this moment. */
  confirm(): void {
    this.deliver();
    this.lastConfirmedAt = this.clock.now();
  }

  /** Something failed; `error` reads well after the name of the source. */
  fail(error: string): void {
    this.failures++;
    const changed = error !== this.lastError;
    this.lastError = error;
    if (changed) this.onEvent('discovery_failing', { error, failures: this.failures });
  }

  /** The failures are over. */
  recover(): void {
    if (this.failures === 0) return;
    this.onEvent('discovery_recovered', { failures: this.failures });
    this.failures = 0;
    this.lastError = undefined;
  }
}
