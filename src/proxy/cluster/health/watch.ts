/**
 * Keeps watch over the endpoints of one cluster: puts health checks and outlier detection on the clock, and tells the
 * cluster once when several endpoints changed together, for each change costs it a new picker.
 */
import { Ending, OutlierDetector, Surroundings } from '../../../balancing';
import type { ResolvedHealth } from '../../../contract';
import type { Cancel, Clock } from '../../clock';
import type { ClusterInstruments } from '../../telemetry/instruments';
import type { Endpoint } from '../endpoint';
import { HealthChecker } from './health-checker';
import { probeOf } from './probes';

export class Watch {
  private readonly detector: OutlierDetector<Endpoint>;
  private checker: HealthChecker<Endpoint> | undefined;
  private endpoints: readonly Endpoint[] = [];
  private nextLook: Cancel | undefined;
  private telling: Cancel | undefined;
  private stopped = false;

  /** @param onChange the state of endpoints has changed */
  constructor(
    private config: ResolvedHealth,
    private readonly surroundings: Surroundings & Pick<Clock, 'after'>,
    private readonly instruments: ClusterInstruments,
    private readonly onChange: () => void,
  ) {
    this.detector = new OutlierDetector(config.outlierDetection, surroundings, {
      onOutlier: (_, rule, ejected) => instruments.outliers(rule, ejected),
      onStanding: (endpoint) => {
        // A connection from before says less about the endpoint than a new one.
        if (endpoint.standing === 'ejected') endpoint.pool.closeIdle();
        this.tell();
      },
    });
    this.checker = this.makeChecker();
  }

  /** Takes over a new configuration: what is not another one goes on. */
  reconfigure(config: ResolvedHealth): void {
    const before = this.config;
    this.config = config;
    this.detector.reconfigure(config.outlierDetection);
    if (JSON.stringify(before.healthCheck) !== JSON.stringify(config.healthCheck)) {
      this.checker?.stop();
      for (const endpoint of this.endpoints) endpoint.complaint = undefined;
      this.checker = this.makeChecker();
      this.checker?.update(this.endpoints);
      this.tell();
    }
    this.lookInTime();
  }

  /** The endpoints, or what discovery says of them, have changed. */
  update(endpoints: readonly Endpoint[]): void {
    this.endpoints = endpoints;
    this.detector.update(endpoints);
    this.checker?.update(endpoints);
    if (!this.nextLook) this.lookInTime();
  }

  stop(): void {
    this.stopped = true;
    this.update([]);
    this.nextLook?.();
    this.telling?.();
  }

  /** A request to the endpoint ended that was sent at `startedAt`; what it learned is there already. */
  ended(endpoint: Endpoint, ending: Ending, startedAt: number): void {
    this.detector.ended(endpoint, ending, startedAt);
  }

  /** The same for one that says nothing of the endpoint. */
  abandoned(endpoint: Endpoint, startedAt: number): void {
    this.detector.abandoned(endpoint, startedAt);
  }

  /** Whether a request may be sent to an endpoint that is probing. */
  claim(endpoint: Endpoint): boolean {
    return this.detector.claim(endpoint);
  }

  private makeChecker(): HealthChecker<Endpoint> | undefined {
    const { config: { healthCheck }, instruments } = this;
    return healthCheck && new HealthChecker<Endpoint>(healthCheck, probeOf(healthCheck), this.surroundings, () => instruments.attempts.value, {
      onChecked: ({ passed }) => instruments.healthChecks(passed === undefined ? 'busy' : passed ? 'passed' : 'failed'),
      onComplaint: (endpoint, complaint) => {
        const changed = endpoint.unhealthy !== (complaint !== undefined);
        endpoint.complaint = complaint;
        if (!changed) return;
        if (complaint !== undefined) endpoint.pool.closeIdle();
        this.detector.update(this.endpoints);
        this.tell();
      },
    });
  }

  /** An endpoint without others has nobody to be compared with. */
  private lookInTime(): void {
    this.nextLook?.();
    const isOn = this.config.outlierDetection.mode !== 'off' && this.endpoints.length > 1;
    this.nextLook = isOn ? this.surroundings.after(this.detector.intervalMs, () => {
      this.detector.look();
      this.lookInTime();
    }) : undefined;
  }

  /** Requests still end after it has stopped; then nobody is to be told. */
  private tell(): void {
    if (this.stopped) return;
    this.telling ??= this.surroundings.after(0, () => {
      this.telling = undefined;
      this.onChange();
    });
  }
}
