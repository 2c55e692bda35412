/**
 * The clusters of the configuration in force, by name.
 */
import type { ResolvedCluster, ResolvedProxyConfig } from '../../contract';
import type { DiscoverySource } from '../discovery/source';
import type { Instruments } from '../telemetry/instruments';
import type { TimeoutQueues } from '../runtime/timeouts';
import type { ExternalLookup } from '../tls/external-keeper';
import type { Identity } from '../tls/identity';
import { Cluster, ClusterDependencies, SourceFactory } from './cluster';

/** Where a cluster is looked up. */
export interface ClusterLookup {
  get(name: string): Cluster;
}

/** Clusters of a document that is not in force yet. */
export interface StagedClusters extends ClusterLookup {
  commit(): void;
  rollback(): void;
}

export class ClusterSet implements ClusterLookup {
  private readonly byName = new Map<string, Cluster>();
  private kubernetes: string | undefined;

  constructor(
    private readonly sources: SourceFactory,
    private readonly timeouts: TimeoutQueues,
    private readonly dependencies: ClusterDependencies,
    private readonly instruments: Instruments,
  ) {}

  /**
   * Makes what `document` adds, without touching what is there: the caller commits when everything else of the
   * document can be had too, or rolls back.
   *
   * @throws Error in the user's words when a source can't be made
   */
  stage(document: ResolvedProxyConfig, identity?: Identity, externals?: ExternalLookup): StagedClusters {
    const kubernetes = JSON.stringify(document.kubernetes);
    const apiChanged = kubernetes !== this.kubernetes;
    const added = new Map<string, Cluster>();
    const sources = new Map<string, DiscoverySource>();
    const rollback = (): void => {
      added.forEach((cluster) => cluster.retire());
      sources.forEach((source) => source.close());
    };
    try {
      for (const config of document.clusters) {
        const present = this.byName.get(config.name);
        const source = present?.stageSource(config, document, apiChanged);
        if (source) sources.set(config.name, source);
        if (!present) added.set(config.name, this.make(config, document, identity, externals));
      }
    } catch (error) {
      rollback();
      throw error;
    }
    return {
      get: (name) => added.get(name) ?? this.get(name),
      commit: () => {
        this.kubernetes = kubernetes;
        this.commit(document, added, sources, identity, externals);
      },
      rollback,
    };
  }

  private make(
    config: ResolvedCluster, document: ResolvedProxyConfig, identity: Identity | undefined, externals: ExternalLookup | undefined,
  ): Cluster {
    const { sources, timeouts, dependencies, instruments } = this;
    return new Cluster(config, document, sources, timeouts, dependencies, instruments.cluster(config.name), identity, externals?.of(config.name));
  }

  private commit(
    document: ResolvedProxyConfig, added: ReadonlyMap<string, Cluster>, sources: ReadonlyMap<string, DiscoverySource>,
    identity: Identity | undefined, externals: ExternalLookup | undefined,
  ): void {
    const leaving = new Map(this.byName);
    for (const config of document.clusters) {
      leaving.get(config.name)?.reconfigure(config, document, sources.get(config.name), identity, externals?.of(config.name));
      leaving.delete(config.name);
    }
    for (const [name, cluster] of leaving) {
      this.byName.delete(name);
      cluster.retire();
    }
    for (const [name, cluster] of added) this.byName.set(name, cluster);
  }

  /** @throws RangeError when there is no such cluster, which a valid document excludes */
  get(name: string): Cluster {
    const cluster = this.byName.get(name);
    if (!cluster) throw new RangeError(`no cluster '${name}'`);
    return cluster;
  }

  /** What is known of where this proxy is has changed. */
  move(): void {
    for (const cluster of this.byName.values()) cluster.move();
  }

  all(): Cluster[] {
    return [...this.byName.values()];
  }

  close(): void {
    for (const cluster of this.byName.values()) cluster.retire();
    this.byName.clear();
  }
}
