import type { ProxyConfig } from '../../../src/contract';
import { calleesOf } from '../../../src/cli/model/callees';
import { expectedShares } from '../../../src/cli/up/traffic/flow';
import type { Pod } from '../../../src/cli/up/pod';
import { callerConfig, serviceOf, workloadOf } from '../up/support';

const V1 = workloadOf('catalog', 'v1');
const V2 = workloadOf('catalog', 'v2');
const MODEL = {
  workloads: [workloadOf('web'), V1, V2],
  services: ['v1', 'v2'].map((version) => serviceOf(`catalog-${version}`, { app: 'catalog', version })),
};

/** As much of a pod as shares depend on. */
function pod(name: string, workload = V1, state: Pod['state'] = 'ready', zone = 'a'): Pod {
  return { name, workload, state, zone, namespace: workload.namespace } as Pod;
}

function shares(
  pods: Pod[],
  weights: Record<string, number> = { v1: 75, v2: 25 },
  change: (config: ProxyConfig) => ProxyConfig = (config) => config,
): Record<string, number> {
  const [callee] = calleesOf(change(callerConfig(weights)), MODEL);
  return Object.fromEntries([...expectedShares(callee!, pods)].map(([{ name }, share]) => [name, share]));
}

describe('calleesOf', () => {
  test('follows a listener through clusters and Services to the workloads that answer', () => {
    expect(calleesOf(callerConfig({ v1: 3, v2: 1 }), MODEL)).toMatchObject([{
      service: 'catalog', namespace: 'shop', listener: { address: '127.64.0.1', port: 80 },
      shares: [{ cluster: 'catalog-v1', weight: 3, workloads: [V1] }, { cluster: 'catalog-v2', weight: 1, workloads: [V2] }],
    }]);
  });

  test('finds what a gateway leads to, each by the route of a whole host', () => {
    const { clusters } = callerConfig({ v1: 3, v2: 1 });
    const routes = [
      { name: 'beta', matches: [{ hosts: ['a.example.com'], path: { type: 'prefix' as const, value: '/beta' } }], split: [{ cluster: 'catalog-v2', weight: 1 }] },
      { name: 'gone', matches: [{ hosts: ['b.example.com'] }], respond: { status: 410 } },
      { name: 'all', matches: [{ hosts: ['*.example.com'] }], split: [{ cluster: 'catalog-v1', weight: 3 }, { cluster: 'catalog-v2', weight: 1 }] },
    ];
    const listeners = ['http', 'https'].map((name, index) => ({ name, direction: 'outbound' as const, port: 15006 + index, routes }));
    expect(calleesOf({ ...callerConfig({ v1: 3, v2: 1 }), listeners, clusters }, MODEL)).toMatchObject([{
      service: 'catalog', host: 'any.example.com', route: { name: 'all' }, listener: { name: 'http' },
      shares: [{ cluster: 'catalog-v1', weight: 3 }, { cluster: 'catalog-v2', weight: 1 }],
    }]);
  });

  test('takes the shares of the route that has no condition, and the name by which the app calls', () => {
    const config = callerConfig({ v1: 1 });
    const listener = config.listeners.find(({ direction }) => direction === 'outbound');
    const routes = [
      { name: 'health', matches: [{ path: { type: 'exact' as const, value: '/health' } }], respond: { status: 200 } },
      { name: 'beta', matches: [{ method: 'GET' }], split: [{ cluster: 'catalog-v2', weight: 1 }] },
      { name: 'default', split: [{ cluster: 'web', weight: 1 }] },
    ];
    const named = { ...listener!, name: `outbound/${V1.namespace}/catalog:80`, routes };
    expect(calleesOf({ ...config, listeners: [named] }, MODEL)).toMatchObject([{ service: 'catalog', shares: [{ cluster: 'web', weight: 1 }] }]);
  });

  test('calls what is in none of the files by its listener', () => {
    expect(calleesOf(callerConfig({ v9: 1 }), MODEL)).toMatchObject([{ service: 'catalog-80', namespace: undefined, shares: [{ workloads: [] }] }]);
  });
});

describe('expected shares', () => {
  test('are the weights of the versions, spread over their ready pods', () => {
    expect(shares([pod('a'), pod('b'), pod('c', V1, 'unready'), pod('d', V2)])).toEqual({ a: 0.375, b: 0.375, d: 0.25 });
  });

  test('of a version without a ready pod go to the others', () => {
    expect(shares([pod('a'), pod('d', V2, 'terminating')])).toEqual({ a: 1 });
  });

  test('of a version with weight 0 are none', () => {
    expect(shares([pod('a'), pod('d', V2)], { v1: 1, v2: 0 })).toEqual({ a: 1 });
  });

  test('follow the weights of zones where the policy weighs', () => {
    const pods = [pod('a', V1, 'ready', 'near'), pod('b', V1, 'ready', 'far')];
    const weigh = (type: 'weightedRoundRobin' | 'roundRobin') => (config: ProxyConfig): ProxyConfig => ({
      ...config,
      clusters: config.clusters.map((cluster) => (cluster.discovery.type === 'endpointSlice'
        ? { ...cluster, loadBalancing: { type }, discovery: { ...cluster.discovery, zoneWeights: { near: 3 } } } : cluster)),
    });
    expect(shares(pods, { v1: 1 }, weigh('weightedRoundRobin'))).toEqual({ a: 0.75, b: 0.25 });
    expect(shares(pods, { v1: 1 }, weigh('roundRobin'))).toEqual({ a: 0.5, b: 0.5 });
  });

  test('are none when no pod is ready', () => {
    expect(shares([])).toEqual({});
  });
});
