/** One proxy in this process, as an engine. */
import type { Clock } from '../runtime/clock';
import type { Engine } from './engine';
import type { Applied, Proxy, Readiness } from './proxy';
import type { BypassReport } from '../serve/downstream/bypass/known-sidecars';
import { dump, FamilyDump } from '../telemetry/aggregate';
import { ClusterReport, reportCluster } from '../telemetry/cluster-view';
import type { RecentRequest } from '../telemetry/recent-requests';
import type { MetricRegistry } from '../telemetry/registry';
import type { Identity } from '../tls/identity';
import type { ExchangeListeners } from './exchange-listeners';

export class SingleProcess implements Engine {
  /** @param onCommit called whenever another document is in force */
  constructor(
    private readonly proxy: Proxy,
    private readonly registry: MetricRegistry,
    private readonly clock: Clock,
    private readonly onCommit: (proxy: Proxy) => void,
    private readonly exchanges: Pick<ExchangeListeners, 'readRecent'>,
  ) {
    onCommit(proxy);
  }

  get config(): Proxy['config'] { return this.proxy.document.config; }
  get hash(): string { return this.proxy.document.hash; }
  get ignored(): readonly string[] { return this.proxy.document.ignored; }
  get identity(): Identity | undefined { return this.proxy.identity; }
  get connections(): number { return this.proxy.context.connections; }

  async apply(text: string): Promise<Applied> {
    const applied = await this.proxy.apply(text);
    if (applied.ok) this.onCommit(this.proxy);
    return applied;
  }

  readiness(): Promise<Readiness> {
    return Promise.resolve(this.proxy.readiness());
  }

  metrics(): Promise<readonly (readonly FamilyDump[])[]> {
    return Promise.resolve([dump(this.registry)]);
  }

  clusters(): Promise<readonly ClusterReport[]> {
    return Promise.resolve(this.proxy.clusters.all().map((cluster) => reportCluster(cluster, this.clock.now())));
  }

  bypasses(): Promise<readonly BypassReport[]> {
    return Promise.resolve(this.proxy.context.knownSidecars.report(this.clock.now()));
  }

  recentRequests(): Promise<readonly RecentRequest[]> {
    return Promise.resolve(this.exchanges.readRecent());
  }

  leave(believed: boolean): void { this.proxy.leave(believed); }

  stay(): void { this.proxy.stay(); }

  drain(drainMs: number): Promise<{ readonly cut: number }> {
    return this.proxy.drain(drainMs);
  }

  close(): void {
    this.proxy.close();
  }
}
