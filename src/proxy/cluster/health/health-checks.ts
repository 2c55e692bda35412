/** The active health checks of one cluster: begins them anew for another configuration, and notes what they find at its endpoints. */
import type { Scheduler } from '../../../balancing';
import type { ResolvedCluster, ResolvedHealth } from '../../../contract';
import type { ClusterInstruments } from '../../telemetry/instruments';
import type { Endpoint } from '../endpoint';
import { HealthChecker } from './health-checker';
import { probeOf } from './probes';

type Config = ResolvedHealth['healthCheck'];

export class HealthChecks {
  private checker: HealthChecker<Endpoint> | undefined;
  private endpoints: readonly Endpoint[] = [];

  /** @param onChange checks of an endpoint have begun to fail, or to pass */
  constructor(
    private config: Config,
    private protocol: ResolvedCluster['protocol'],
    private readonly scheduler: Scheduler,
    private readonly instruments: ClusterInstruments,
    private readonly onChange: () => void,
  ) {
    this.checker = this.makeChecker();
  }

  /** Takes over a new configuration. Checks go on if theirs has not changed, else they begin anew. */
  reconfigure(config: Config, protocol: ResolvedCluster['protocol']): void {
    const before = [this.config, this.protocol];
    this.config = config;
    this.protocol = protocol;
    if (JSON.stringify(before) === JSON.stringify([config, protocol])) return;
    this.checker?.stop();
    for (const endpoint of this.endpoints) endpoint.complaint = undefined;
    this.checker = this.makeChecker();
    this.checker?.update(this.endpoints);
    this.onChange();
  }

  /** The endpoints, or what discovery says of them, have changed. */
  update(endpoints: readonly Endpoint[]): void {
    this.endpoints = endpoints;
    this.checker?.update(endpoints);
  }

  stop(): void {
    this.update([]);
  }

  private makeChecker(): HealthChecker<Endpoint> | undefined {
    const { config, protocol, instruments, scheduler } = this;
    if (!config) return undefined;
    const probe = probeOf(config, protocol, () => scheduler.now());
    return new HealthChecker<Endpoint>(config, probe, scheduler, () => instruments.attempts.value, {
      onChecked: ({ passed }) => instruments.healthChecks(passed === undefined ? 'busy' : passed ? 'passed' : 'failed'),
      onLimit: () => instruments.limitReached('concurrentHealthChecks'),
      onComplaint: (endpoint, complaint) => {
        const changed = endpoint.unhealthy !== (complaint !== undefined);
        endpoint.complaint = complaint;
        if (!changed) return;
        if (complaint !== undefined) endpoint.pool.closeIdle();
        this.onChange();
      },
    });
  }
}
