/** Meshes for tests of lints: what a test says of services and calls, with the defaults that the proxy has. */
import { AdmissionConfig, ClusterConfig, ProxyConfig, RouteConfig, withDefaults } from '../../../src/contract';
import { lint, MeshInfo, WorkloadInfo } from '../../../src/planning/lints';
import { NetworkPolicySpec, readNetworkPolicy } from '../../../src/planning/network-policy';

export interface CallSketch {
  readonly route?: Partial<RouteConfig>;
  readonly cluster?: Partial<ClusterConfig>;
  /** Routes beside the one that takes every request. */
  readonly routes?: readonly RouteConfig[];
  /** Services that take over, in this order. */
  readonly fallback?: readonly string[];
}

export type ServiceSketch = Partial<Omit<WorkloadInfo, 'replicas' | 'document' | 'stated'>> & Pick<ProxyConfig, 'workers' | 'shutdown' | 'limits'> & {
  /** A number, or fewest and most; 3 when nothing is said. */
  readonly pods?: number | readonly [number, number] | 'unknown';
  readonly calls?: Readonly<Record<string, CallSketch>>;
  readonly admission?: AdmissionConfig;
  /** Of the cluster of the app beside the proxy. */
  readonly app?: Partial<ClusterConfig>;
};

/** A mesh of services with one version each. */
export function meshOf(services: Readonly<Record<string, ServiceSketch>>): MeshInfo {
  return {
    workloads: Object.entries(services).map(([service, sketch]): WorkloadInfo => {
      const { pods = 3, calls = {}, admission, app, workers, shutdown, limits, ...more } = sketch;
      const clusterOf = (callee: string): ClusterConfig => (
        { name: `shop/${callee}-v1`, discovery: { type: 'endpointSlice', namespace: 'shop', service: `${callee}-v1` } });
      const split = (callee: string) => [{ cluster: `shop/${callee}-v1`, weight: 1 }];
      const spare = new Set(Object.values(calls).flatMap(({ fallback = [] }) => fallback).filter((callee) => !Object.hasOwn(calls, callee)));
      const config: ProxyConfig = {
        version: 'v1',
        node: { service, namespace: 'shop', version: 'v1' },
        listeners: [
          { name: 'inbound', direction: 'inbound', port: 15_006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }], ...(admission && { admission }) },
          ...Object.entries(calls).map(([callee, { route, routes = [], fallback = [] }], index) => ({
            name: `outbound/shop/${callee}:80`, direction: 'outbound' as const, address: `127.64.0.${index + 1}`, port: 80,
            routes: [...routes, { name: 'default', split: split(callee), fallback: fallback.map((each) => ({ split: split(each) })), ...route }],
          })),
        ],
        clusters: [
          { name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8_080 }] }, ...app },
          ...Object.entries(calls).map(([callee, { cluster }]) => ({ ...clusterOf(callee), ...cluster })),
          ...[...spare].map(clusterOf),
        ],
        ...(Object.keys(calls).length > 0 && { kubernetes: { tokenFile: '/token', caFile: '/ca.crt' } }),
        ...(workers && { workers }),
        ...(shutdown && { shutdown }),
        ...(limits && { limits }),
      };
      return {
        service,
        namespace: 'shop',
        version: 'v1',
        replicas: pods === 'unknown' ? undefined : typeof pods === 'number' ? { min: pods, max: pods } : { min: pods[0], max: pods[1] },
        preStopMs: 5_000,
        graceMs: 30_000,
        clusters: [`shop/${service}-v1`],
        pod: { namespace: 'shop', labels: { app: service }, portNames: { 'mesh-in': 15_006 }, serves: true },
        document: withDefaults(config),
        stated: config,
        ...more,
      };
    }),
  };
}

/** A mesh under NetworkPolicies of its namespace. */
export function under(policies: Readonly<Record<string, NetworkPolicySpec>>, mesh: MeshInfo): MeshInfo {
  return { ...mesh, policies: Object.entries(policies).map(([name, spec]) => readNetworkPolicy(name, 'shop', spec)) };
}

/** `web` calls `catalog`. */
export function pair(call: CallSketch, catalog: ServiceSketch = {}, web: ServiceSketch = {}): MeshInfo {
  return meshOf({ web: { ...web, calls: { catalog: call } }, catalog });
}

/** Services that call each other in a row, all alike. */
export function row(services: number, call: CallSketch = {}): MeshInfo {
  return meshOf(Object.fromEntries(Array.from({ length: services }, (_, index) => [
    `s${index}`, { calls: index + 1 < services ? { [`s${index + 1}`]: call } : {} },
  ])));
}

/** Names of the rules that a mesh breaks. */
export function broken(info: MeshInfo): string[] {
  return lint(info).map(({ rule }) => rule);
}

/** What is found by one rule: its place, arithmetic and remedy. */
export function saidBy(rule: string, info: MeshInfo): string[] {
  return lint(info).filter((finding) => finding.rule === rule).map(({ where, message, remedy }) => `${where}: ${message}; ${remedy}`);
}
