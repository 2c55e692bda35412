/**
 * The proxy put together: a configuration document in, listeners and clusters at work. Knows nothing of the process it
 * runs in (main.ts does), so tests run it in theirs.
 *
 * A document is taken over in two steps. Staging makes what is new (clusters begin to discover, sockets are bound) and
 * touches nothing; only when all of it can be had is it committed, in one turn of the event loop. Requests under way
 * keep what they began with.
 */
import type { PolicyChoice } from '../../balancing';
import type { ResolvedProxyConfig } from '../../contract';
import type { SourceFactory } from '../cluster/cluster';
import { ClusterSet, StagedClusters } from '../cluster/cluster-set';
import { EXPECTED_MS } from '../cluster/first-endpoints';
import { LocalCluster } from '../cluster/local-cluster';
import { afterOneRound, Clock } from '../runtime/clock';
import { decodeConfig, describeErrors, Document } from '../config/decode';
import { PodNames, succeed } from '../config/succeed';
import type { DiscoverySource } from '../discovery/source';
import { JwksFiles, JwksListener } from '../jwt/jwks-files';
import type { SocketHandover } from '../net/handover';
import type { ProcessMemory } from '../runtime/process-memory';
import { ServeContext } from '../serve/context';
import { ListenerSet } from '../serve/downstream/listener-set';
import { MemoryGuard } from '../serve/memory/memory-guard';
import { ClientHolders } from '../serve/memory/memory-holders';
import { FAMILIES } from '../telemetry/catalog';
import { KeyFileListener, KeyFiles } from '../session/key-files';
import { observeCluster } from '../telemetry/cluster-view';
import { observeFallbacks } from '../telemetry/fallback-view';
import { observeListener } from '../telemetry/listener-view';
import { Instruments } from '../telemetry/instruments';
import type { MetricRegistry } from '../telemetry/registry';
import { BUSY_SHARE_OF_DRAIN, Departure } from '../termination/departure';
import { PodTraffic } from '../termination/pod-traffic';
import { TimeoutQueues } from '../runtime/timeouts';
import type { CertificateListener } from '../tls/certificate';
import { ExternalKeeper } from '../tls/external-keeper';
import type { ExternalListener } from '../tls/external-security';
import type { Identity, IdentityListener } from '../tls/identity';
import type { IdentityKeeper } from '../tls/identity-keeper';
import { Tracing } from '../tracing/tracing';
import { identitiesOf } from './identities';

/** Of the time to drain, how much idle connections are left open: their clients may be about to use them. */
const IDLE_SHARE_OF_DRAIN = 0.5;

/** How long the last spans may take to be sent. */
const LAST_SPANS_MS = 500;

export interface ProxyDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly sources: SourceFactory;
  readonly registry: MetricRegistry;
  /** Tells this proxy from others, for example the pod's name. */
  readonly identity: string;
  /** What listeners without an address bind. */
  readonly podAddresses: readonly string[];
  /** Ports that the pod redirects to others, which outbound listeners bind. Absent: none. */
  readonly redirectedPorts?: ReadonlyMap<number, number>;
  /** The names in the pod's hosts file; absent where there is none. */
  readonly names?: PodNames;
  /** Whose limit the proxy keeps to; absent, it doesn't. */
  readonly memory?: ProcessMemory;
  /** Keeps the sockets while there is no process; absent, nobody does. */
  readonly handover?: SocketHandover;
  /** Hears of certificates that are renewed. */
  readonly onCertificate?: CertificateListener;
  /** Hears of the files of the identity: what was taken over, or why not. */
  readonly onIdentity?: IdentityListener;
  /** Hears of the files of clusters' TLS to the outside. */
  readonly onUpstreamTls?: ExternalListener;
  /** A policy that chooses among others has chosen anew. */
  onChoice?(cluster: string, choice: PolicyChoice): void;
  /** Requests from this address have begun to pass their sidecar by. */
  onBypass?(address: string): void;
  /** Spans can't be delivered; told once until they can. */
  onTracingProblem?(endpoint: string, problem: string): void;
  /** Hears of keys of session cookies that are changed. */
  readonly onSessionKeys?: KeyFileListener;
  /** Hears of keys of tokens that are changed. */
  readonly onJwks?: JwksListener;
}

/** A document that is not taken over, and why. */
export interface Refused {
  readonly ok: false;
  readonly hash: string;
  readonly problems: readonly string[];
  /** The document is sound, and the cause (a port that is taken) may pass: worth another try. */
  readonly mayPass?: boolean;
}

/** What became of a document. */
export type Applied = Document & { readonly ok: true } | Refused;

/** A document of which everything can be had, not in force yet; or why not. */
export type Staged =
  | Document & { readonly ok: true; commit(): void; rollback(): void }
  | Refused;

export interface Readiness {
  readonly ready: boolean;
  /** In words, for the answer of /ready. */
  readonly why: string;
}

export class Proxy {
  readonly clusters: ClusterSet;
  readonly listeners: ListenerSet;
  readonly context: ServeContext;
  private readonly local: LocalCluster;
  private readonly instruments: Instruments;
  private readonly timeouts: TimeoutQueues;
  private readonly sessionKeys: KeyFiles;
  private readonly identities: IdentityKeeper;
  private readonly externals: ExternalKeeper;
  private readonly tracing: Tracing;
  private readonly jwks: JwksFiles;
  private readonly startedAt: number;
  private draining = false;
  private departure: Departure | undefined;

  private constructor(public document: Document, private readonly dependencies: ProxyDependencies) {
    const { config } = document;
    const { clock, random, registry } = dependencies;
    const instruments = new Instruments(registry, () => clock.wallTime() / 1_000);
    this.instruments = instruments;
    this.startedAt = clock.now();
    this.timeouts = new TimeoutQueues(clock);
    this.tracing = new Tracing({
      clock, random, registry, pod: dependencies.identity.split('/', 1)[0]!, onProblem: (endpoint, problem) => dependencies.onTracingProblem?.(endpoint, problem),
    });
    const memory = new MemoryGuard(dependencies.memory, config.workers, clock, instruments);
    if (memory.guards) registry.observe(FAMILIES.memoryLevel, {}, () => memory.level);
    const proxyName = `${config.node.service}.${config.node.namespace}`;
    const podAddress = dependencies.podAddresses[0] ?? '';
    this.context = new ServeContext(config.limits, this.timeouts, clock, random, proxyName, instruments, podAddress, memory);
    registry.observe(FAMILIES.mirroredInFlight, {}, () => this.context.mirroredRequests);
    this.context.onBypass = (address) => dependencies.onBypass?.(address);
    const local = new LocalCluster(dependencies.sources, dependencies.podAddresses, () => this.onMove());
    this.local = local;
    this.clusters = new ClusterSet(dependencies.sources, this.timeouts, {
      random, now: () => clock.now(), after: (ms, task) => clock.after(ms, task), identity: dependencies.identity, changes: { count: 0 },
      get locality() { return local.locality; },
      onChoice: (cluster, choice) => dependencies.onChoice?.(cluster, choice),
    }, instruments);
    const { podAddresses, redirectedPorts = new Map(), onCertificate = () => {}, onSessionKeys = () => {} } = dependencies;
    this.identities = identitiesOf({ clock, random, registry, onChange: dependencies.onIdentity ?? (() => {}) });
    this.externals = new ExternalKeeper(clock, instruments, dependencies.onUpstreamTls ?? (() => {}));
    this.sessionKeys = new KeyFiles(clock, instruments, onSessionKeys);
    this.jwks = new JwksFiles(clock, instruments, dependencies.onJwks ?? (() => {}));
    this.listeners = new ListenerSet(podAddresses, redirectedPorts, this.context, this.timeouts, random, onCertificate, dependencies.handover);
    memory.start(new ClientHolders(this.listeners, this.context));
  }

  /**
   * Starts with a first document, or says why that can't be.
   *
   * @param before what was in force in another process, and outlives it as it would a reload
   */
  static async start(text: string, dependencies: ProxyDependencies, before?: ResolvedProxyConfig): Promise<{ readonly proxy: Proxy } | Refused> {
    let started: Proxy | undefined;
    const staged = await Proxy.stageFirst(text, dependencies, (proxy) => { started = proxy; }, before);
    if (!staged.ok) return staged;
    staged.commit();
    return { proxy: started! };
  }

  /** Stages a first document; the proxy is handed out when the caller commits. */
  static async stageFirst(
    text: string, dependencies: ProxyDependencies, onCommit: (proxy: Proxy) => void, before?: ResolvedProxyConfig,
  ): Promise<Staged> {
    const decoded = decodeConfig(text);
    if (!decoded.ok) return { ok: false, hash: decoded.hash, problems: describeErrors(decoded.errors) };
    const successor = succeed(before, decoded.config, dependencies.names);
    if (!successor.ok) return { ok: false, hash: decoded.hash, problems: successor.problems };
    const document = { ...decoded, config: successor.config };
    const proxy = new Proxy(document, dependencies);
    const staged = await proxy.prepare(document);
    if (!staged.ok) {
      proxy.close();
      return staged;
    }
    return {
      ...staged,
      commit: () => {
        staged.commit();
        onCommit(proxy);
      },
    };
  }

  /** Takes over another document, or keeps the one in force and says what is wrong with the other. */
  async apply(text: string): Promise<Applied> {
    const staged = await this.stage(text);
    if (staged.ok) staged.commit();
    return staged;
  }

  /** Makes what another document adds, for the caller to commit or roll back; the one in force stays till then. */
  async stage(text: string): Promise<Staged> {
    const decoded = decodeConfig(text);
    if (!decoded.ok) return { ok: false, hash: decoded.hash, problems: describeErrors(decoded.errors) };
    if (this.draining) return { ok: false, hash: decoded.hash, problems: ['the proxy is shutting down'] };
    const successor = succeed(this.config, decoded.config, this.dependencies.names);
    if (!successor.ok) return { ok: false, hash: decoded.hash, problems: successor.problems };
    return this.prepare({ ...decoded, config: successor.config });
  }

  /** What is in force. */
  get config(): ResolvedProxyConfig { return this.document.config; }

  /** By what it proves who it is. */
  get identity(): Identity | undefined { return this.identities.identity; }

  /** Whether requests can be served: not while draining, and not before every cluster has heard from its source. */
  readiness(): Readiness {
    if (this.draining) return { ready: false, why: 'shutting down' };
    const missing = this.identities.identity?.whyUnusable ?? [];
    if (this.identities.identity && !this.identities.identity.usable) return { ready: false, why: `the proxy can't prove who it is: ${missing.join('; ')}` };
    const unsynced = this.clusters.all().filter((cluster) => !cluster.discovery.synced);
    if (unsynced.length === 0) {
      const standIns = this.clusters.all().filter((cluster) => cluster.discovery.fallback).map((cluster) => cluster.name);
      return { ready: true, why: `all clusters are discovered${standIns.length > 0 ? `, by DNS instead of the Kubernetes API: ${standIns.join(', ')}` : ''}` };
    }
    const names = unsynced.map((cluster) => cluster.name).join(', ');
    return this.dependencies.clock.now() - this.startedAt >= EXPECTED_MS
      ? { ready: true, why: `no endpoints found yet for ${names}; the others can be called` }
      : { ready: false, why: `waiting for the endpoints of ${names}` };
  }

  /**
   * The pod is being terminated: from now on connections from other pods are ended, and later the app's time is held against it, if
   * the notice is believed. Everything is served meanwhile.
   *
   * @param elapsedMs how long ago the notice was
   */
  leave(believed: boolean, elapsedMs = 0): void {
    if (this.draining || this.departure) return;
    const { clock } = this.dependencies;
    const traffic = new PodTraffic(this.context, this.listeners, this.clusters, clock, () => this.config);
    this.departure = new Departure(clock, this.config.shutdown, traffic, elapsedMs, believed);
  }

  /** The pod is not terminated, after all. */
  stay(): void {
    if (!this.draining) this.departure?.undo();
    this.departure = undefined;
  }

  /**
   * Stops gracefully: accepts no connections, answers what is under way and says on each that it is the last, then closes.
   * What takes longer than its time is ended: requests with a response that says so, while that is possible, tunnels with the
   * end of their streams. Resolves when all connections are closed or the time to drain is over.
   */
  async drain(drainMs = this.config.shutdown.drainMs): Promise<{ readonly cut: number }> {
    this.draining = true;
    this.context.draining = true;
    this.departure?.close();
    this.listeners.stopAccepting();
    const { clock } = this.dependencies;
    const cancelIdle = clock.after(drainMs * IDLE_SHARE_OF_DRAIN, () => afterOneRound(() => this.listeners.closeIdle()));
    let cut = 0;
    const cancelBusy = clock.after(drainMs * BUSY_SHARE_OF_DRAIN, () => {
      cut = this.context.connections;
      this.listeners.stop();
    });
    await new Promise<void>((resolve) => {
      const cancel = clock.after(drainMs, resolve);
      const check = (): void => {
        if (this.context.connections > 0) return;
        cancel();
        resolve();
      };
      this.context.onConnectionClosed = check;
      check();
    });
    cancelIdle();
    cancelBusy();
    await this.tracing.close(LAST_SPANS_MS);
    this.close();
    return { cut };
  }

  /** Stops at once. */
  close(): void {
    this.draining = true;
    this.departure?.close();
    this.tracing.drop();
    this.context.memory.close();
    this.listeners.destroy();
    this.clusters.close();
    this.local.close();
    this.sessionKeys.close();
    this.identities.close();
    this.externals.close();
    this.jwks.close();
    this.timeouts.close();
  }

  private async prepare(document: Document): Promise<Staged> {
    const { config, hash, ignored } = document;
    const keys = this.sessionKeys.stage(config);
    if (!keys.ok) return { ok: false, hash, problems: keys.problems, mayPass: true };
    const jwks = this.jwks.stage(config);
    if (!jwks.ok) return { ok: false, hash, problems: jwks.problems, mayPass: true };
    const identity = await this.identities.stage(config);
    if (!identity.ok) return { ok: false, hash, problems: identity.problems, mayPass: true };
    const externals = await this.externals.stage(config);
    if (!externals.ok) {
      identity.rollback();
      return { ok: false, hash, problems: externals.problems, mayPass: true };
    }
    let clusters: StagedClusters | undefined;
    let local: DiscoverySource | undefined;
    try {
      clusters = this.clusters.stage(config, identity.identity, externals);
      local = this.local.stage(config);
    } catch (error) {
      clusters?.rollback();
      externals.rollback();
      identity.rollback();
      return { ok: false, hash, problems: [(error as Error).message] };
    }
    const listeners = await this.listeners.stage(config, clusters, keys, jwks, identity.identity);
    if (!listeners.ok) {
      clusters.rollback();
      externals.rollback();
      identity.rollback();
      local?.close();
      return { ok: false, hash, problems: listeners.failures, mayPass: true };
    }
    return {
      ok: true,
      hash,
      config,
      ignored,
      commit: () => {
        clusters.commit();
        listeners.commit();
        this.local.commit(config, local);
        keys.commit();
        identity.commit();
        externals.commit();
        jwks.commit();
        this.context.applyLimits(config.limits);
        this.context.via = config.via;
        this.tracing.apply(config);
        this.context.tracer = this.tracing.tracer;
        this.reportOn(this.config, config);
        this.document = document;
      },
      rollback: () => {
        listeners.rollback();
        clusters.rollback();
        externals.rollback();
        identity.rollback();
        local?.close();
      },
    };
  }

  /** This proxy knows better where it is. */
  private onMove(): void {
    const { registry } = this.dependencies;
    registry.removeFrom(FAMILIES.localZone, {});
    const { zone } = this.local.locality;
    if (zone !== undefined) registry.gauge(FAMILIES.localZone, { zone }).value = 1;
    this.clusters.move();
  }

  /** Ends the metrics of what has left the configuration and begins those of what has come. */
  private reportOn(before: ResolvedProxyConfig, now: ResolvedProxyConfig): void {
    const { registry, clock } = this.dependencies;
    const listeners = new Set(now.listeners.map(({ name }) => name));
    const clusters = new Set(now.clusters.map(({ name }) => name));
    for (const { name } of before.listeners) if (!listeners.has(name)) this.instruments.removeListener(name);
    for (const { name, direction, routes, authorization } of now.listeners) {
      const instruments = this.instruments.listener(name, direction);
      instruments.requests.keepRoutes(new Set(routes.map((route) => route.name)));
      instruments.authorization.keepRules(new Set(authorization?.rules.map((rule) => rule.name)));
    }
    for (const { name } of before.clusters) if (!clusters.has(name)) this.instruments.removeCluster(name);
    for (const cluster of this.clusters.all()) observeCluster(registry, () => clock.now(), cluster);
    for (const listener of this.listeners.all()) {
      observeListener(registry, listener);
      observeFallbacks(registry, listener);
    }
  }
}
