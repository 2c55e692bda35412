/** What sources that ask a server again and again have in common: the state that they report, their snapshots, and the back-off. */
import type { Cancel, Clock } from '../runtime/clock';
import { Backoff } from './backoff';
import { HealthTracker, OnEvent } from './health';
import { SnapshotOutput } from './snapshot';
import type { DiscoveryHealth, DiscoverySource, EndpointSnapshot } from './source';

export abstract class LiveSource implements DiscoverySource {
  readonly health: DiscoveryHealth;
  protected readonly tracker: HealthTracker;
  protected readonly output = new SnapshotOutput();
  protected readonly backoff: Backoff;
  protected closed = false;
  /** Stops the request or timer that is under way; there is one at a time. */
  protected cancel: Cancel = () => undefined;

  constructor(
    protected readonly clock: Clock, protected readonly random: () => number, protected readonly onEvent: OnEvent,
    { baseMs, capMs }: { readonly baseMs: number; readonly capMs: number },
  ) {
    this.tracker = new HealthTracker(clock, onEvent);
    this.health = this.tracker;
    this.backoff = new Backoff(baseMs, capMs, random);
  }

  start(onSnapshot: (snapshot: EndpointSnapshot) => void): void {
    this.output.open(onSnapshot);
    this.ask();
  }

  close(): void {
    this.closed = true;
    this.cancel();
    this.output.close();
  }

  /** Asks the server for the endpoints. */
  protected abstract ask(): void;
}
