/**
 * Runs the real proxy in the test's own process, on real sockets of the loopback, over static clusters.
 */
import type {
  AdmissionConfig, AuthorizationConfig, ClusterConfig, EdgeConfig, ExternalAuthorizationConfig, IdentityConfig, JwtConfig,
  LimitsConfig, ListenerMutualTlsConfig, PathConfig, ProxyConfig, RouteConfig, StaticEndpoint, TcpConfig, TlsConfig,
} from '../../src/contract';
import { systemClock } from '../../src/proxy/runtime/clock';
import type { Clock } from '../../src/proxy/runtime/clock';
import type { SourceFactory } from '../../src/proxy/cluster/cluster';
import type { DiscoveredEndpoint, DiscoverySource } from '../../src/proxy/discovery/source';
import { StaticSource } from '../../src/proxy/discovery/static';
import { Proxy, ProxyDependencies } from '../../src/proxy/process/proxy';
import { expose, Format } from '../../src/proxy/telemetry/exposition';
import { MetricRegistry } from '../../src/proxy/telemetry/registry';
import { freePort } from './ports';
import { seededRandom } from './random';

export { freePort };

/** Sources whose snapshots a test gives; static clusters deliver theirs at once. */
export class FakeSources {
  private readonly started = new Map<string, (snapshot: readonly DiscoveredEndpoint[]) => void>();
  private readonly health = new Map<string, { synced: boolean }>();

  constructor(private readonly podIps: readonly string[] = []) {}

  readonly factory: SourceFactory = ({ discovery }) => {
    const name = discovery.type === 'endpointSlice' ? discovery.service : JSON.stringify(discovery);
    const health = { synced: false, lastConfirmedAt: undefined as number | undefined, failures: 0, lastError: undefined };
    this.health.set(name, health);
    const source: DiscoverySource = {
      health,
      start: (onSnapshot) => {
        this.started.set(name, onSnapshot);
        if (discovery.type === 'static') {
          health.synced = true;
          // In the order of the document, which tests number them by.
          onSnapshot(discovery.endpoints.flatMap((endpoint) => this.resolve(endpoint)));
        }
      },
      close: () => { this.started.delete(name); },
    };
    return source;
  };

  private resolve(endpoint: StaticEndpoint): readonly DiscoveredEndpoint[] {
    const found: DiscoveredEndpoint[] = [];
    new StaticSource({ type: 'static', endpoints: [endpoint] }, this.podIps, systemClock).start((snapshot) => found.push(...snapshot));
    return found;
  }

  /** Names of Services that are watched now. */
  get watched(): string[] { return [...this.started.keys()]; }

  push(service: string, endpoints: readonly DiscoveredEndpoint[]): void {
    this.health.get(service)!.synced = true;
    this.started.get(service)!(endpoints);
  }
}

export function ready(address: string, port: number, weight = 1): DiscoveredEndpoint {
  return { address, port, weight, ready: true, draining: false };
}

export function draining(address: string, port: number): DiscoveredEndpoint {
  return { address, port, weight: 1, ready: false, draining: true };
}

export interface TestProxyOptions {
  readonly limits?: LimitsConfig;
  readonly cluster?: Partial<ClusterConfig>;
  readonly clusters?: ClusterConfig[];
  readonly route?: Partial<RouteConfig>;
  /** In place of the one route. */
  readonly routes?: RouteConfig[];
  readonly path?: PathConfig;
  readonly admission?: AdmissionConfig;
  readonly authorization?: AuthorizationConfig;
  readonly jwt?: JwtConfig[];
  readonly externalAuthorization?: ExternalAuthorizationConfig;
  readonly edge?: EdgeConfig;
  /** Of the listener. Absent: HTTP/1.1. */
  readonly protocol?: ProxyConfig['listeners'][number]['protocol'];
  readonly tcp?: TcpConfig;
  readonly drainMs?: number;
  readonly shutdown?: ProxyConfig['shutdown'];
  /** Absent: outbound. */
  readonly direction?: 'inbound' | 'outbound';
  /** The listener is on the pod's own address rather than on a given one. */
  readonly ownAddress?: boolean;
  readonly loopback?: boolean;
  /** Absent: a free one. */
  readonly port?: number;
  /** Absent: 127.0.0.1. */
  readonly podAddress?: string;
  readonly podAddresses?: readonly string[];
  readonly redirectedPorts?: ProxyDependencies['redirectedPorts'];
  readonly localCluster?: ProxyConfig['localCluster'];
  readonly onChoice?: ProxyDependencies['onChoice'];
  readonly onBypass?: ProxyDependencies['onBypass'];
  readonly clock?: Clock;
  readonly memory?: ProxyDependencies['memory'];
  readonly tls?: TlsConfig;
  readonly identity?: IdentityConfig;
  readonly mutualTls?: ListenerMutualTlsConfig;
  readonly onIdentity?: ProxyDependencies['onIdentity'];
  readonly onUpstreamTls?: ProxyDependencies['onUpstreamTls'];
  readonly via?: boolean;
  readonly tracing?: ProxyConfig['tracing'];
  /** Name of the service that it belongs to. Absent: web. */
  readonly service?: string;
  /** Of its random numbers; two proxies with one seed have listeners of one name. Absent: 1. */
  readonly seed?: number;
}

export interface TestProxy {
  readonly proxy: Proxy;
  readonly port: number;
  readonly config: ProxyConfig;
  readonly sources: FakeSources;
  /** The metrics in Prometheus' text form, or in OpenMetrics. */
  metrics(format?: Format): string;
}

/** One listener in front of one cluster with the given static endpoints, unless the options say otherwise. */
export async function startProxy(backendPorts: readonly number[], options: TestProxyOptions = {}): Promise<TestProxy> {
  const port = options.port ?? await freePort();
  const clusters = options.clusters ?? [{
    name: 'backend',
    discovery: { type: 'static' as const, endpoints: backendPorts.map((backend) => ({ address: '127.0.0.1', port: backend })) },
    ...options.cluster,
  }];
  const config: ProxyConfig = {
    version: 'v1',
    node: { service: options.service ?? 'web', namespace: 'shop', version: 'v1' },
    listeners: [{
      name: 'test',
      direction: options.direction ?? 'outbound',
      ...(options.ownAddress ? {} : { address: '127.0.0.1' }),
      ...(options.loopback && { loopback: true }),
      port,
      ...(options.tls && { tls: options.tls }),
      ...(options.mutualTls && { mutualTls: options.mutualTls }),
      ...(options.admission && { admission: options.admission }),
      ...(options.authorization && { authorization: options.authorization }),
      ...(options.jwt && { jwt: options.jwt }),
      ...(options.externalAuthorization && { externalAuthorization: options.externalAuthorization }),
      ...options.edge,
      ...(options.protocol && { protocol: options.protocol }),
      ...(options.tcp && { tcp: options.tcp }),
      ...(options.path && { path: options.path }),
      routes: options.routes ?? [{ name: 'default', split: clusters.map(({ name }) => ({ cluster: name, weight: 1 })), ...options.route }],
    }],
    clusters,
    kubernetes: { tokenFile: '/nowhere', caFile: '/nowhere' },
    limits: options.limits ?? {},
    ...(options.identity && { identity: options.identity }),
    ...(options.localCluster && { localCluster: options.localCluster }),
    shutdown: options.shutdown ?? { drainMs: options.drainMs ?? 1_000 },
    ...(options.via !== undefined && { via: options.via }),
    ...(options.tracing && { tracing: options.tracing }),
  };
  const registry = new MetricRegistry();
  const podAddresses = options.podAddresses ?? [options.podAddress ?? '127.0.0.1'];
  const sources = new FakeSources(podAddresses);
  const started = await Proxy.start(JSON.stringify(config), {
    clock: options.clock ?? systemClock,
    random: seededRandom(options.seed ?? 1),
    sources: sources.factory,
    registry,
    identity: 'test',
    podAddresses,
    ...(options.redirectedPorts && { redirectedPorts: options.redirectedPorts }),
    ...(options.onChoice && { onChoice: options.onChoice }),
    ...(options.onIdentity && { onIdentity: options.onIdentity }),
    ...(options.onUpstreamTls && { onUpstreamTls: options.onUpstreamTls }),
    ...(options.onBypass && { onBypass: options.onBypass }),
    ...(options.memory && { memory: options.memory }),
  });
  if (!('proxy' in started)) throw new Error(started.problems.join('\n'));
  return { proxy: started.proxy, port, config, sources, metrics: (format) => expose(registry, format) };
}
