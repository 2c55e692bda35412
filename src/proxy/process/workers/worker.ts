/**
 * A worker process: serves requests with a proxy of its own, on sockets that it shares with the other workers, and does
 * what the primary says. Its endpoints come from the primary, its metrics go there.
 */
import type { PolicyChoice } from '../../../balancing';
import type { Clock } from '../../runtime/clock';
import { Proxy, Staged } from '../proxy';
import type { ProcessMemory } from '../../runtime/process-memory';
import type { JwksListener } from '../../jwt/jwks-files';
import type { KeyFileListener } from '../../session/key-files';
import { dump } from '../../telemetry/aggregate';
import { reportCluster } from '../../telemetry/cluster-view';
import type { RecentRequest } from '../../telemetry/recent-requests';
import type { MetricRegistry } from '../../telemetry/registry';
import type { CertificateListener } from '../../tls/certificate';
import type { ExternalListener } from '../../tls/external-security';
import type { IdentityListener } from '../../tls/identity';
import type { FromWorker, ToWorker } from './messages';
import { discoveredBy, RemoteSources, sourceKey } from './remote-source';

export interface WorkerDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly registry: MetricRegistry;
  readonly identity: string;
  readonly memory: ProcessMemory;
  readonly podAddresses: readonly string[];
  readonly redirectedPorts: ReadonlyMap<number, number>;
  readonly onCertificate: CertificateListener;
  readonly onIdentity: IdentityListener;
  readonly onUpstreamTls: ExternalListener;
  onChoice(cluster: string, choice: PolicyChoice): void;
  onBypass(address: string): void;
  onTracingProblem(endpoint: string, problem: string): void;
  readonly onSessionKeys: KeyFileListener;
  readonly onJwks: JwksListener;
  /** The last requests that are over; from now on they are kept for some seconds. */
  recentRequests(): readonly RecentRequest[];
  send(message: FromWorker): void;
  /** The proxy serves its first document, or another one. */
  onCommit(proxy: Proxy): void;
  /** All is done: the process may end. */
  onDrained(): void;
}

export class Worker {
  private proxy: Proxy | undefined;
  private readonly sources: RemoteSources;
  /** The document being staged. */
  private staged: { readonly id: number; readonly outcome: Extract<Staged, { ok: true }> } | undefined;

  constructor(private readonly dependencies: WorkerDependencies) {
    this.sources = new RemoteSources(dependencies.clock);
  }

  receive(message: ToWorker): void {
    switch (message.type) {
      case 'stage':
        void this.stage(message.id, message.text);
        break;
      case 'commit':
        if (this.staged?.id === message.id) this.commit();
        break;
      case 'rollback':
        if (this.staged?.id !== message.id) break;
        this.staged.outcome.rollback();
        this.staged = undefined;
        break;
      case 'snapshot':
        this.sources.onSnapshot(message.key, message.snapshot);
        break;
      case 'health':
        this.sources.onHealth(message.key, message.state);
        break;
      case 'report':
        this.report(message.id);
        break;
      case 'recent':
        this.dependencies.send({ type: 'recent', id: message.id, requests: this.dependencies.recentRequests() });
        break;
      case 'leave':
        this.proxy?.leave(message.believed, message.elapsedMs);
        break;
      case 'stay':
        this.proxy?.stay();
        break;
      case 'drain':
        void this.drain(message.drainMs);
        break;
    }
  }

  private async stage(id: number, text: string): Promise<void> {
    const { dependencies, proxy } = this;
    const outcome = proxy
      ? await proxy.stage(text)
      : await Proxy.stageFirst(text, {
        clock: dependencies.clock,
        random: dependencies.random,
        registry: dependencies.registry,
        identity: dependencies.identity,
        memory: dependencies.memory,
        podAddresses: dependencies.podAddresses,
        redirectedPorts: dependencies.redirectedPorts,
        onCertificate: dependencies.onCertificate,
        onIdentity: dependencies.onIdentity,
        onUpstreamTls: dependencies.onUpstreamTls,
        onChoice: dependencies.onChoice,
        onBypass: dependencies.onBypass,
        onTracingProblem: dependencies.onTracingProblem,
        onSessionKeys: dependencies.onSessionKeys,
        onJwks: dependencies.onJwks,
        sources: (cluster, document) => this.sources.source(sourceKey(cluster, document)),
      }, (first) => { this.proxy = first; });
    if (outcome.ok) this.staged = { id, outcome };
    dependencies.send({ type: 'staged', id, problems: outcome.ok ? [] : outcome.problems });
  }

  private commit(): void {
    const { config, commit } = this.staged!.outcome;
    this.staged = undefined;
    commit();
    this.sources.keepOnly(new Set(discoveredBy(config).map((cluster) => sourceKey(cluster, config))));
    this.dependencies.onCommit(this.proxy!);
  }

  private report(id: number): void {
    const { clock, registry, send } = this.dependencies;
    const readiness = this.proxy?.readiness() ?? { ready: false, why: 'starting' };
    const clusters = this.proxy?.clusters.all().map((cluster) => reportCluster(cluster, clock.now())) ?? [];
    const bypasses = this.proxy?.context.knownSidecars.report(clock.now()) ?? [];
    send({ type: 'report', id, report: { metrics: dump(registry), clusters, bypasses, ...readiness, connections: this.proxy?.context.connections ?? 0 } });
  }

  private async drain(drainMs: number): Promise<void> {
    const { cut } = this.proxy ? await this.proxy.drain(drainMs) : { cut: 0 };
    this.dependencies.send({ type: 'drained', cut });
    this.dependencies.onDrained();
  }
}
