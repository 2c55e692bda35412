/**
 * The document that a pod's proxy gets on this machine: the ConfigMap's, with every socket and every file of keys and certificates moved
 * to where it is here and the Kubernetes API replaced by the embedded one. Nothing else changes, and every change is listed, so that it
 * can be shown. A pure function of the document and of what the pod has.
 */
import {
  CertificateConfig, ClientsConfig, ClusterConfig, DEFAULT_ADMIN, IdentityConfig, isAppCluster, isOfGateway, KubernetesApiConfig,
  ListenerConfig, ProxyConfig, RouteConfig, TlsConfig, withMetricsDefaults, withTlsDefaults,
} from '../../contract';
import { appPortOf } from '../model/app-port';
import { serviceOfHostname } from '../model/callees';
import type { ServiceSpec } from '../model/model';
import { inText, SocketAddress, PodNetwork, WantedAddresses } from './network';

/** One thing that is elsewhere than the YAML says. */
export interface Mapping {
  readonly what: string;
  readonly from: string;
  readonly to: string;
}

export interface MappedConfig {
  readonly config: ProxyConfig;
  readonly mappings: readonly Mapping[];
}

/** The sockets that a document names. */
export function addressesIn(config: ProxyConfig, foreignApp: boolean): WantedAddresses {
  const own = config.listeners.filter((listener) => listener.address === undefined).map((listener) => listener.port);
  const app = appPortOf(config);
  return {
    own: [...own, config.admin?.port ?? DEFAULT_ADMIN.port, ...metricsPortOf(config)],
    outbound: config.listeners.flatMap(({ address, port }) => (address === undefined ? [] : [{ address, port }])),
    ...(app === undefined ? {} : { app: { port: app, foreign: foreignApp } }),
  };
}

/** The port for metrics by mutual TLS, if there is one. */
function metricsPortOf({ admin: { metricsMutualTls } = {} }: ProxyConfig): number[] {
  return metricsMutualTls ? [withMetricsDefaults(metricsMutualTls).port] : [];
}

/** What a pod has here in place of what a cluster gives it. */
export interface Placement {
  readonly network: Pick<PodNetwork, 'ip' | 'adminLoopback' | 'own' | 'outbound' | 'app'>;
  readonly kubernetes: KubernetesApiConfig;
  readonly services: readonly ServiceSpec[];
  /** Where the keys of session cookies are that are at a path in a cluster. */
  keyFileOf(keyFile: string): string;
  /** Where the public keys of an issuer of tokens are that are at a path in a cluster. */
  jwksFileOf(jwksFile: string): string;
  /** The pod's own certificate. */
  identityOf(identity: IdentityConfig): IdentityConfig;
  /** A certificate that a listener shows to clients from outside. */
  certificateOf(listener: ListenerConfig, certificate: CertificateConfig): CertificateConfig;
  /** What takes the place of something outside that is reached by TLS. */
  externalOf(cluster: ClusterConfig): ClusterConfig;
  /** The port at which clients from outside reach a listener's; undefined when that is its own. */
  publicPort(port: number): number | undefined;
}

/** Moves the document's sockets and files to where the pod has them. */
export function mapConfig(config: ProxyConfig, placement: Placement): MappedConfig {
  const { network, kubernetes, services, keyFileOf, jwksFileOf, identityOf, externalOf } = placement;
  const mappings: Mapping[] = [];
  const moved = (what: string, from: string, to: string): void => {
    if (from !== to) mappings.push({ what, from, to });
  };
  const securePort = config.listeners.find((listener) => isOfGateway(listener) && listener.tls)?.port;

  const listeners = config.listeners.map(({ tls, httpsRedirect, clients, loopback = false, ...declared }): ListenerConfig => {
    // All pods share one loopback here.
    if (loopback) moved(`loopback of ${declared.name}`, `127.0.0.1:${declared.port}`, 'none');
    // No proxy that speaks HTTPS is in front here.
    if (httpsRedirect && securePort === undefined) moved(`redirect to HTTPS of ${declared.name}`, 'HTTPS', 'none');
    // All clients here are on loopback.
    if (clients?.allow) moved(`clients that ${declared.name} lets in`, clients.allow.join(', '), 'all');
    for (const { session } of declared.routes) if (session) moved('session keys', session.keyFile, keyFileOf(session.keyFile));
    for (const { issuer, jwksFile } of declared.jwt ?? []) moved(`keys of ${issuer}`, jwksFile, jwksFileOf(jwksFile));
    const listener: ListenerConfig = {
      ...declared, ...limitsOf(clients), routes: declared.routes.map((route) => withKeyFile(route, keyFileOf)),
      ...(declared.jwt && { jwt: declared.jwt.map((jwt) => ({ ...jwt, jwksFile: jwksFileOf(jwt.jwksFile) })) }),
      ...(httpsRedirect && securePort !== undefined && {
        httpsRedirect: { ...httpsRedirect, port: placement.publicPort(securePort) ?? network.own(securePort) },
      }),
      ...(tls && { tls: withCertificates(tls, (certificate) => {
        const { certificateFile, ...rest } = placement.certificateOf({ ...declared, tls }, certificate);
        moved(`TLS of ${declared.name}`, certificate.certificateFile, certificateFile);
        return { certificateFile, ...rest };
      }) }),
    };
    if (listener.address === undefined) {
      const port = network.own(listener.port);
      moved(titleOfListener(listener), `<pod IP>:${listener.port}`, `${network.ip}:${port}`);
      return { ...listener, port };
    }
    const from: SocketAddress = { address: listener.address, port: listener.port };
    const to = network.outbound(from);
    moved(titleOfListener(listener), inText(from), inText(to));
    return { ...listener, ...to };
  });

  const adminPort = config.admin?.port ?? DEFAULT_ADMIN.port;
  const admin = { ...config.admin, port: network.own(adminPort), loopbackAddress: network.adminLoopback };
  moved('admin', inText({ address: config.admin?.loopbackAddress ?? DEFAULT_ADMIN.loopbackAddress, port: adminPort }),
    inText({ address: admin.loopbackAddress, port: admin.port }));
  const [metricsPort] = metricsPortOf(config);
  const metrics = metricsPort !== undefined && { metricsMutualTls: { ...config.admin!.metricsMutualTls!, port: network.own(metricsPort) } };
  if (metrics) moved('metrics by mutual TLS', `<pod IP>:${metricsPort}`, `${network.ip}:${metrics.metricsMutualTls.port}`);

  const clusters = config.clusters.map((cluster) => {
    const { mapped, from, to } = cluster.tls ? mapExternal(cluster, externalOf(cluster)) : mapCluster(cluster, appPortOf(config), network, services);
    moved(isAppCluster(cluster.name) ? cluster.name : `cluster ${cluster.name}`, from, to);
    return mapped;
  });

  const standIns = config.clusters.filter(({ discovery }) => discovery.type === 'endpointSlice' && discovery.fallback).length;
  if (standIns > 0) moved('DNS in place of the API', `for ${standIns} cluster${standIns === 1 ? '' : 's'}`, 'none');

  // A document that needed no API in the cluster may need the embedded one here, in place of the cluster's DNS.
  const usesApi = [...clusters, ...config.localCluster ? [config.localCluster] : []].some(({ discovery }) => discovery.type === 'endpointSlice');
  if (usesApi) moved('Kubernetes API', config.kubernetes ? config.kubernetes.server ?? 'in-cluster' : 'none', kubernetes.server ?? 'in-cluster');

  const identity = config.identity && identityOf(config.identity);
  if (config.identity && identity) moved('identity', folderOf(config.identity), folderOf(identity));

  return {
    mappings,
    config: {
      ...config, ...(identity && { identity }), listeners, clusters, admin: { ...admin, ...metrics },
      ...(usesApi ? { kubernetes: { ...config.kubernetes, ...kubernetes } } : {}),
    },
  };
}

/** Where it comes from: a folder, or the socket of an agent. */
function folderOf({ trustBundleFile = '', workloadApiSocket }: IdentityConfig): string {
  return workloadApiSocket ?? trustBundleFile.slice(0, trustBundleFile.lastIndexOf('/'));
}

/** What is left of the rules about clients without the networks that are let in. */
function limitsOf({ allow: _, ...limits }: ClientsConfig = {}): Pick<ListenerConfig, 'clients'> {
  const { deny, rateLimit, maxConnections } = limits;
  return deny ?? rateLimit ?? maxConnections !== undefined ? { clients: limits } : {};
}

/** The older form of a single certificate becomes a list of one. */
function withCertificates(tls: TlsConfig, certificateOf: (certificate: CertificateConfig) => CertificateConfig): TlsConfig {
  const { certificateFile: _, keyFile: __, ...rest } = tls;
  return { ...rest, certificates: withTlsDefaults(tls).certificates.map(certificateOf) };
}

function withKeyFile(route: RouteConfig, keyFileOf: (keyFile: string) => string): RouteConfig {
  return route.session ? { ...route, session: { ...route.session, keyFile: keyFileOf(route.session.keyFile) } } : route;
}

/** `outbound catalog`; a name that says its direction already is enough. */
function titleOfListener({ direction, name }: ListenerConfig): string {
  return name.startsWith(direction) ? name : `${direction} ${name}`;
}

interface MappedCluster {
  readonly mapped: ClusterConfig;
  readonly from: string;
  readonly to: string;
}

/** The real thing, or what stands in for it. */
function mapExternal(declared: ClusterConfig, mapped: ClusterConfig): MappedCluster {
  const isSame = JSON.stringify(declared.discovery) === JSON.stringify(mapped.discovery);
  return { mapped, from: isSame ? '' : `TLS with ${declared.tls!.serverName}`, to: isSame ? '' : 'a stand-in' };
}

function mapCluster(
  cluster: ClusterConfig, appPort: number | undefined, network: Pick<PodNetwork, 'app'>, services: readonly ServiceSpec[],
): MappedCluster {
  const { discovery } = cluster;
  if (isAppCluster(cluster.name) && discovery.type === 'static') {
    const [first, ...others] = discovery.endpoints;
    if (first) {
      // One program stands in for the app at all of its ports.
      const to = network.app(appPort ?? first.port);
      const endpoints = [{ ...first, ...to }, ...others];
      return { mapped: { ...cluster, discovery: { ...discovery, endpoints } }, from: inText(first), to: inText(to) };
    }
  }
  if (discovery.type === 'dns') {
    const service = serviceOfHostname(discovery.hostname, services);
    if (service) {
      const named = /^_([^.]+)\._tcp\./.exec(discovery.hostname)?.[1];
      const port = service.ports.find(({ name, target }) => (named === undefined ? target === discovery.port : name === named)) ?? service.ports[0];
      const portName = port?.name === undefined ? {} : { portName: port.name };
      return {
        mapped: { ...cluster, discovery: { type: 'endpointSlice', namespace: service.namespace, service: service.name, ...portName } },
        from: `DNS ${discovery.hostname}`,
        to: `EndpointSlices of ${service.namespace}/${service.name}`,
      };
    }
  }
  if (discovery.type === 'endpointSlice') {
    // There is no cluster DNS here, and the embedded API is up before any proxy.
    const { fallback, ...slices } = discovery;
    return { mapped: { ...cluster, discovery: slices }, from: '', to: '' };
  }
  return { mapped: cluster, from: '', to: '' };
}
