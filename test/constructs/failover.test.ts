/** When endpoints that don't work are used in spite of that: what is said of it, and what callers' documents have of it. */
import { Chart, Testing } from 'cdk8s';
import fc from 'fast-check';
import {
  CallOptions, ExternalEndpoints, ExternalService, FailoverOptions, Fallback, HashKey, LoadBalancing, MeshService, MeshServiceProps,
} from '../../src';
import { levelLoads } from '../../src/balancing/stages/priority';
import { failoverConfig } from '../../src/constructs/policies/failover';
import { ClusterConfig, DEFAULT_FAILOVER } from '../../src/contract';
import { documentOf, newChart } from '../support/manifests';
import { expectSound } from './sound';

const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) =>
  new MeshService(chart, name, { containers: [{ image: `ghcr.io/acme/${name}:1`, portNumber: 8080 }], ...props });
const by = (failover: FailoverOptions) => LoadBalancing.leastRequest({ failover });

/** The clusters of `web`, which calls `catalog`, by name. */
function clustersOf(catalog: Partial<MeshServiceProps>, call: (chart: Chart) => CallOptions = () => ({})): Record<string, ClusterConfig> {
  const chart = newChart();
  service(chart, 'web').calls(service(chart, 'catalog', catalog), call(chart));
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return Object.fromEntries(documentOf(manifests, 'web-v1').clusters.map((cluster) => [cluster.name, cluster]));
}

describe('what a service says of failover', () => {
  test('is in its callers\' documents, in the document\'s units', () => {
    expect(clustersOf({ loadBalancing: by({ panicPercent: 30, belowPercent: 75 }) })['shop/catalog-v1'])
      .toMatchObject({ failover: { panicPercent: 30, overprovisioningPercent: 134 } });
  });

  test('is left out where it is the default', () => {
    expect(clustersOf({ loadBalancing: by({}) })['shop/catalog-v1']).not.toHaveProperty('failover');
    expect(clustersOf({ loadBalancing: by({ panicPercent: 50 }) })['shop/catalog-v1']).not.toHaveProperty('failover');
  });

  test('goes with every policy, one with a key included', () => {
    const loadBalancing = LoadBalancing.maglev(HashKey.header('x-tenant'), { failover: { panicPercent: 0 } });
    expect(clustersOf({ loadBalancing })['shop/catalog-v1']).toMatchObject({ failover: { panicPercent: 0 } });
  });

  test('gives way to what a caller says', () => {
    const call = { loadBalancing: by({ panicPercent: 10 }) };
    expect(clustersOf({ loadBalancing: by({ panicPercent: 30 }) }, () => call)['shop/catalog-v1']).toMatchObject({ failover: { panicPercent: 10 } });
  });

  test('is about the priorities of addresses outside of the mesh, too', () => {
    const chart = newChart();
    service(chart, 'web').calls(new ExternalService(chart, 'bank', {
      endpoints: ExternalEndpoints.addresses({ address: '10.0.0.1', port: 80 }, { address: '10.1.0.1', port: 80, priority: 1 }),
      loadBalancing: LoadBalancing.roundRobin({ failover: { belowPercent: 50 } }),
    }));
    expect(documentOf(Testing.synth(chart), 'web-v1').clusters[1]).toMatchObject({ name: 'shop/bank', failover: { overprovisioningPercent: 200 } });
  });
});

describe('GIVEN a fallback', () => {
  const fallback = (chart: Chart): CallOptions => ({ fallback: Fallback.to(service(chart, 'spare')) });

  test('that most endpoints fail is believed', () => {
    expect(clustersOf({}, fallback)['shop/catalog-v1']).toMatchObject({ failover: { panicPercent: 0 } });
    expect(clustersOf({ loadBalancing: by({ belowPercent: 50 }) }, fallback)['shop/catalog-v1'])
      .toMatchObject({ failover: { panicPercent: 0, overprovisioningPercent: 200 } });
  });

  test('what is said goes before that, whoever says it, the number that is else the default included', () => {
    const said = (panicPercent: number) => ({ loadBalancing: by({ panicPercent }) });
    expect(clustersOf(said(30), fallback)['shop/catalog-v1']).toMatchObject({ failover: { panicPercent: 30 } });
    expect(clustersOf({}, (chart) => ({ ...fallback(chart), ...said(30) }))['shop/catalog-v1']).toMatchObject({ failover: { panicPercent: 30 } });
    expect(clustersOf(said(50), fallback)['shop/catalog-v1']).not.toHaveProperty('failover');
  });

  test('the same holds for a fallback that is followed by another one, and not for the last', () => {
    const clusters = clustersOf({}, (chart) => ({ fallback: Fallback.to(service(chart, 'spare')).orElse(service(chart, 'last')) }));
    expect(clusters['shop/spare-v1']).toMatchObject({ failover: { panicPercent: 0 } });
    expect(clusters['shop/last-v1']).not.toHaveProperty('failover');
  });
});

describe('is refused', () => {
  test.each<[string, unknown, string]>([
    ['a panic that nothing is missing for', { panicPercent: 80 },
      '\'loadBalancing.failover.panicPercent\' is 80: down to belowPercent, which is 71.4 unless you say it, nothing is missing that panic could be about'],
    ['a panic above its own threshold', { panicPercent: 45, belowPercent: 40 }, '\'loadBalancing.failover.panicPercent\' is 45: down to belowPercent, which is 40, nothing is missing'],
    ['a panic above all', { panicPercent: 101 }, '\'loadBalancing.failover.panicPercent\' is 101: use a whole number from 0 to 100'],
    ['a part of a percent', { panicPercent: 0.5 }, '\'loadBalancing.failover.panicPercent\' is 0.5: use a whole number from 0 to 100'],
    ['a threshold of nothing', { belowPercent: 0 }, '\'loadBalancing.failover.belowPercent\' is 0: use a number from 1 to 100'],
    ['a field of the document', { overprovisioningPercent: 140 }, '\'loadBalancing.failover.overprovisioningPercent\' is not a prop here: use any of belowPercent, panicPercent'],
    ['a number alone', 50, '\'loadBalancing.failover\' is 50: use an object with any of belowPercent, panicPercent'],
  ])('%s', (_, failover, message) => {
    expect(() => service(newChart(), 'catalog', { loadBalancing: by(failover as FailoverOptions) })).toThrow(message);
  });

  test('where a caller says it, in the words of the call', () => {
    const chart = newChart();
    expect(() => service(chart, 'web').calls(service(chart, 'catalog'), { loadBalancing: by({ panicPercent: -1 }) }))
      .toThrow('\'calls(catalog).loadBalancing.failover.panicPercent\' is -1');
  });
});

test('GIVEN any numbers that are accepted, panic begins below panicPercent and the next priority takes its part below belowPercent', () => {
  const numbers = fc.integer({ min: 1, max: 100 }).chain((below) => fc.tuple(fc.integer({ min: 0, max: below }), fc.constant(below)));
  fc.assert(fc.property(numbers, fc.integer({ min: 0, max: 100 }), ([panicPercent, belowPercent], available) => {
    const config = { ...DEFAULT_FAILOVER, ...failoverConfig({ panicPercent, belowPercent }, false) };
    const [alone] = levelLoads([{ available, all: 100 }], config);
    // What is rounded up stays by less than a percent for a while.
    if (available < panicPercent * 0.9) expect(alone!.panic).toBe(true);
    if (available >= panicPercent) expect(alone!.panic).toBe(false);
    const [first] = levelLoads([{ available, all: 100 }, { available: 100, all: 100 }], config);
    if (available >= belowPercent) expect(first!.load).toBe(100);
    if (available < belowPercent * 0.9) expect(first!.load).toBeLessThan(100);
  }));
});
