import { ClusterConfig, findBrokenReferences, LoadBalancingConfig, ProxyConfig, withDefaults } from '../../src/contract';

const documentOf = (cluster: Partial<ClusterConfig>): ProxyConfig => ({
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners: [{ name: 'out', direction: 'outbound', address: '127.64.0.1', port: 80, routes: [{ name: 'default', split: [{ cluster: 'cart', weight: 1 }] }] }],
  clusters: [{ name: 'cart', discovery: { type: 'static', endpoints: [] }, ...cluster }],
});
const errorsOf = (cluster: Partial<ClusterConfig>) => findBrokenReferences(documentOf(cluster)).map(({ path, message }) => `${path}: ${message}`);

describe('how a cluster is balanced', () => {
  it('is refused, given a maglev table whose size is not prime, with the next prime as a remedy', () => {
    expect(errorsOf({ loadBalancing: { type: 'maglev', tableSize: 65_536 } })).toEqual([
      '/clusters/0/loadBalancing/tableSize: cluster \'cart\' has \'tableSize\' 65536: use a prime number, such as 65537',
    ]);
    for (const tableSize of [3, 101, 65_537, 5_000_011]) expect(errorsOf({ loadBalancing: { type: 'maglev', tableSize } })).toEqual([]);
  });

  it.each(['ringHash', 'maglev', 'rendezvous'] as const)('is refused, given %s with something that would move its keys', (type) => {
    const cluster = { loadBalancing: { type }, zoneAware: {}, slowStart: { windowMs: 1_000 }, dynamicWeights: { source: 'observed' as const } };
    expect(errorsOf(cluster).map((error) => error.split(':')[0])).toEqual([
      '/clusters/0/zoneAware', '/clusters/0/dynamicWeights', '/clusters/0/slowStart',
    ]);
    expect(errorsOf(cluster)[0]).toContain(`'${type}' keeps equal keys at one endpoint, which 'zoneAware' would move; remove one of the two from cluster 'cart'`);
  });

  it('is taken, given any other policy with all of them', () => {
    const types: LoadBalancingConfig['type'][] = ['roundRobin', 'random', 'weightedRoundRobin', 'leastRequest', 'leastResponseTime', 'adaptive'];
    for (const type of types) {
      expect(errorsOf({ loadBalancing: { type }, zoneAware: {}, slowStart: { windowMs: 1_000 }, dynamicWeights: { source: 'reports' } })).toEqual([]);
    }
  });

  it('has every default filled in, and nothing switched on that was not asked for', () => {
    const [plain] = withDefaults(documentOf({})).clusters;
    expect(plain.loadBalancing).toEqual({ type: 'roundRobin' });
    expect(plain.failover).toEqual({ overprovisioningPercent: 140, panicPercent: 50 });
    expect([plain.slowStart, plain.dynamicWeights, plain.zoneAware, plain.subset]).toEqual([undefined, undefined, undefined, undefined]);

    const [full] = withDefaults(documentOf({
      loadBalancing: { type: 'maglev' }, slowStart: { windowMs: 60_000 }, dynamicWeights: { source: 'reports', minimumPercent: 20 }, zoneAware: {}, failover: { panicPercent: 0 },
    })).clusters;
    expect(full.loadBalancing).toEqual({ type: 'maglev', tableSize: 65_537 });
    expect(full.slowStart).toEqual({ windowMs: 60_000, aggression: 1, minimumPercent: 10 });
    expect(full.dynamicWeights).toEqual({ source: 'reports', smoothingMs: 10_000, updateMs: 1_000, minimumPercent: 20, maximumPercent: 1_000 });
    expect(full.zoneAware).toMatchObject({ minimumEndpoints: 3, remotePercent: 3 });
    expect(full.failover).toEqual({ overprovisioningPercent: 140, panicPercent: 0 });
  });
});
