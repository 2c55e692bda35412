/** Models for tests, with whatever a test does not care about filled in. */
import type { ProxyConfig } from '../../../src/contract';
import type { ServiceSpec, Workload } from '../../../src/cli/model/model';
import type { Placement } from '../../../src/cli/up/map-config';
import type { PodNetwork } from '../../../src/cli/up/network';

export function configOf(service: string, version = 'v1', more: Partial<ProxyConfig> = {}): ProxyConfig {
  return {
    version: 'v1',
    node: { service, namespace: 'shop', version },
    listeners: [{ name: 'inbound', direction: 'inbound', port: 15006, routes: [{ name: 'app', split: [{ cluster: 'app', weight: 1 }] }] }],
    clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } }],
    ...more,
  };
}

export function workloadOf(service: string, version = 'v1', more: Partial<Workload> = {}): Workload {
  return {
    kind: 'Deployment',
    name: `${service}-${version}`,
    namespace: 'shop',
    where: 'shop.yaml:1',
    labels: { app: service, version },
    replicas: 1,
    service,
    version,
    config: configOf(service, version),
    configMap: `${service}-${version}-mesh`,
    app: { name: 'main', ports: [], env: [] },
    containers: [{ name: 'mesh-proxy', ports: [{ name: 'mesh-in', port: 15006 }], env: [] }],
    preStopPath: undefined,
    preStopMs: 0,
    graceMs: 5_000,
    zones: [],
    ...more,
  };
}

export function serviceOf(name: string, selector: Record<string, string>, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name, selector,
    namespace: 'shop',
    where: 'shop.yaml:1',
    type: 'ClusterIP',
    ports: [{ name: 'http', port: 80, target: 'mesh-in' }],
    publishNotReady: false,
    ...more,
  };
}

/** The document of a caller whose listener at 127.64.0.1:80 splits between versions of `catalog`. */
export function callerConfig(weights: Record<string, number>): ProxyConfig {
  const base = configOf('web');
  return {
    ...base,
    listeners: [...base.listeners, {
      name: 'catalog-80', direction: 'outbound', address: '127.64.0.1', port: 80,
      routes: [{ name: 'default', split: Object.entries(weights).map(([version, weight]) => ({ cluster: `catalog-${version}`, weight })) }],
    }],
    clusters: [...base.clusters, ...Object.keys(weights).map((version) => ({
      name: `catalog-${version}`,
      discovery: { type: 'endpointSlice' as const, namespace: 'shop', service: `catalog-${version}`, portName: 'http' },
    }))],
    kubernetes: { tokenFile: '/token', caFile: '/ca.crt' },
  };
}

/** Places that add 1000 to every port of the pod and move outbound listeners to 127.9.1.10. */
export const movedNetwork: Pick<PodNetwork, 'ip' | 'adminLoopback' | 'own' | 'outbound' | 'app'> = {
  ip: '127.9.1.1',
  adminLoopback: '127.9.1.2',
  own: (port) => port + 1000,
  outbound: ({ port }) => ({ address: '127.9.1.10', port: port + 8000 }),
  app: (port) => ({ address: '127.9.1.1', port: port + 1000 }),
};

/** What a pod has at those addresses, with its own certificates and keys below /tmp. */
export function placementOf(more: Partial<Placement> = {}): Placement {
  return {
    network: movedNetwork,
    kubernetes: { server: 'https://127.9.255.1:4433', tokenFile: '/tmp/token', caFile: '/tmp/ca.crt' },
    services: [],
    keyFileOf: (keyFile) => `/tmp${keyFile}`,
    jwksFileOf: (jwksFile) => `/tmp${jwksFile}`,
    identityOf: (identity) => identity,
    certificateOf: (_, certificate) => ({ ...certificate, certificateFile: `/tmp${certificate.certificateFile}`, keyFile: `/tmp${certificate.keyFile}` }),
    externalOf: (cluster) => cluster,
    publicPort: () => undefined,
    ...more,
  };
}
