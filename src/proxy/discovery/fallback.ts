/**
 * A source with another one that stands in for it at the start: EndpointSlices, and DNS while the Kubernetes API can't be
 * asked. A proxy that starts during an outage of the API knows no endpoint that it could keep; without a stand-in it would
 * answer every request with an error that a pod without a mesh would not have had.
 *
 * Both are one-way streets. The stand-in begins once, when the first source says that it fails, or has delivered nothing within the
 * wait, and ends for good with that source's first snapshot, which takes the place of the stand-in's endpoints in one step:
 * endpoints that are in both stay with their connections, the others finish what they have. Afterwards the last known
 * endpoints stay through every failure. DNS would know no better then, for cluster DNS reads the same API; and two sources
 * that take turns would make traffic swing.
 */
import { Cancel, Clock } from '../runtime/clock';
import { OnEvent } from './health';
import { DiscoveryHealth, DiscoverySource, EndpointSnapshot } from './source';

export class FallbackSource implements DiscoverySource {
  private readonly source: DiscoverySource;
  private standIn: DiscoverySource | undefined;
  /** The stand-in was begun and is not over. */
  private standing = false;
  private cancelWait: Cancel = () => undefined;
  private begin: () => void = () => undefined;

  /**
   * @param makeSource makes the source that is wanted, which tells of each failure
   * @param standIn    not started yet, and closed by this
   * @param afterMs    how long the source may say nothing
   */
  constructor(
    makeSource: (onFailure: () => void) => DiscoverySource,
    standIn: DiscoverySource,
    private readonly afterMs: number,
    private readonly clock: Clock,
    private readonly onEvent: OnEvent,
  ) {
    this.source = makeSource(() => this.begin());
    this.standIn = standIn;
  }

  start(onSnapshot: (snapshot: EndpointSnapshot) => void): void {
    const startedAt = this.clock.now();
    this.begin = () => {
      if (this.standing || !this.standIn) return;
      this.cancelWait();
      this.standing = true;
      this.onEvent('discovery_fallback', { waitedMs: Math.round(this.clock.now() - startedAt), ...this.reason() });
      this.standIn.start(onSnapshot);
    };
    this.cancelWait = this.clock.after(this.afterMs, () => this.begin());
    this.source.start((snapshot) => {
      const returned = this.standing;
      this.endStandIn();
      if (returned) this.onEvent('discovery_fallback_over', { endpoints: snapshot.length });
      onSnapshot(snapshot);
    });
  }

  close(): void {
    this.source.close();
    this.endStandIn();
  }

  /** Failures are those of the source that is wanted; the age is that of the endpoints in use. */
  get health(): DiscoveryHealth {
    const wanted = this.source.health;
    if (!this.standing || !this.standIn) return wanted;
    const { synced, lastConfirmedAt, failures, lastError } = this.standIn.health;
    return {
      synced,
      lastConfirmedAt,
      failures: Math.max(wanted.failures, failures),
      lastError: [wanted.lastError, lastError].filter((error) => error !== undefined).join('; ') || undefined,
      fallback: true,
    };
  }

  private endStandIn(): void {
    this.cancelWait();
    this.standing = false;
    this.standIn?.close();
    this.standIn = undefined;
  }

  private reason(): { readonly error?: string } {
    const { lastError } = this.source.health;
    return lastError === undefined ? {} : { error: lastError };
  }
}
