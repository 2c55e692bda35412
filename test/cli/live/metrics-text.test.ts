import fc from 'fast-check';
import { parseMetrics } from '../../../src/cli/live/metrics-text';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { FAMILIES } from '../../../src/proxy/telemetry/catalog';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';

const values = (text: string, name: string): number[] => [...parseMetrics(text, new Set([name])).get(name)?.values() ?? []].map(({ value }) => value);

describe('parseMetrics', () => {
  test('reads the families that are asked for, and no other', () => {
    const text = '# HELP a_total what\n# TYPE a_total counter\na_total{x="1"} 5\na_total{x="2"} 6\nb_total 7\na_total_more 8\n';
    const metrics = parseMetrics(text, new Set(['a_total']));
    expect([...metrics.keys()]).toEqual(['a_total']);
    expect([...metrics.get('a_total')!.values()].map(({ labels, value }) => [labels['x'], value])).toEqual([['1', 5], ['2', 6]]);
  });

  test('reads values of all forms', () => {
    expect(values('a 1\n', 'a')).toEqual([1]);
    expect(values('a 1.5e-7 1700000000000\n', 'a')).toEqual([1.5e-7]);
    expect(values('a{x="y"} +Inf\n', 'a')).toEqual([Infinity]);
    expect(values('a -Inf', 'a')).toEqual([-Infinity]);
    expect(values('a NaN\n', 'a')).toEqual([NaN]);
  });

  test.each(['a{x="1} 5', 'a{x=1} 5', 'a{x="1"', 'a', 'a x', 'a{x="1" y="2"} 5'])('leaves out the line %p', (line) => {
    expect(values(`${line}\na{x="good"} 1\n`, 'a')).toEqual([1]);
  });

  test('a label has no influence on the object that holds it', () => {
    const [sample] = [...parseMetrics('a{__proto__="x",constructor="y"} 1\n', new Set(['a'])).get('a')!.values()];
    expect(Object.keys(sample.labels)).toEqual(['__proto__', 'constructor']);
  });

  test('reads whatever the proxy writes', () => {
    // An empty label is the same as none, and not written.
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1 }), fc.nat(), (cluster, requests) => {
      const registry = new MetricRegistry();
      registry.counter(FAMILIES.hedges, { cluster }).value = requests;
      const [sample] = [...parseMetrics(expose(registry), new Set(['mesh_hedges_total'])).get('mesh_hedges_total')!.values()];
      expect(sample).toEqual({ labels: { cluster }, value: requests });
    }));
  });
});
