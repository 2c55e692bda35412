/** Runs outlier detection of one cluster on a clock: it looks at the endpoints once an interval, for as long as there are several. */
import type { OutlierDetectionConfig } from '../../contract';
import type { Scheduler } from '../endpoints/picker';
import { MonitoredEndpoint, OutlierDetector, OutlierListener } from './outlier-detector';
import type { Ending } from './outlier-state';

export class OutlierWatch<E extends MonitoredEndpoint> {
  private readonly detector: OutlierDetector<E>;
  private endpoints: readonly E[] = [];
  private cancelLook: (() => void) | undefined;

  constructor(private config: Required<OutlierDetectionConfig>, private readonly runtime: Scheduler, listener: OutlierListener<E>) {
    this.detector = new OutlierDetector(config, runtime, listener);
  }

  /** Takes over a new configuration. What is known of the endpoints stays. */
  reconfigure(config: Required<OutlierDetectionConfig>): void {
    this.config = config;
    this.detector.reconfigure(config);
    this.lookInTime();
  }

  /** Endpoints came or went, or one became eligible or ceased to be. */
  update(endpoints: readonly E[]): void {
    this.endpoints = endpoints;
    this.detector.update(endpoints);
    if (!this.cancelLook) this.lookInTime();
  }

  stop(): void {
    this.update([]);
    this.cancelLook?.();
  }

  /** A request that was sent at `startedAt` ended; the endpoint's `stats` count it already. */
  ended(endpoint: E, ending: Ending, startedAt: number): void {
    this.detector.ended(endpoint, ending, startedAt);
  }

  /** The same for one that says nothing of the endpoint. */
  abandoned(endpoint: E, startedAt: number): void {
    this.detector.abandoned(endpoint, startedAt);
  }

  /** Whether a request that is about to be sent to an endpoint that is probing is the one that may be. */
  claim(endpoint: E): boolean {
    return this.detector.claim(endpoint);
  }

  /** An endpoint without others has nobody to be compared with. */
  private lookInTime(): void {
    this.cancelLook?.();
    const isOn = this.config.mode !== 'off' && this.endpoints.length > 1;
    this.cancelLook = isOn ? this.runtime.after(this.detector.intervalMs, () => {
      this.detector.look();
      this.lookInTime();
    }) : undefined;
  }
}
