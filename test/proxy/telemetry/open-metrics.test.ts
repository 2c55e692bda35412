import { FAMILIES, FamilyDefinition } from '../../../src/proxy/telemetry/catalog';
import { expose, formatFor, pieces } from '../../../src/proxy/telemetry/exposition';
import { Histogram } from '../../../src/proxy/telemetry/metrics';
import { FamilyState, MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { parseOpenMetrics } from '../../support/open-metrics';
import { promtool, testWithPromtool } from '../../support/promtool';

const families: FamilyDefinition[] = Object.values(FAMILIES);

/** A series of every family. */
function everything(): FamilyState[] {
  return families.map((definition) => ({
    definition,
    series: [{
      values: definition.labels.map((label) => `a "${label}"`), instrument: definition.type === 'histogram' ? new Histogram(definition.buckets) : { value: 1 },
    }],
  }));
}

const text = (format: 'prometheus' | 'openMetrics'): string => [...pieces(everything(), format)].join('');

describe('OpenMetrics', () => {
  it('has every family under a name of its own, a counter without `_total`', () => {
    const parsed = parseOpenMetrics(text('openMetrics'));
    expect([...parsed.keys()].sort()).toEqual(families.map(({ name }) => name.replace(/_total$/, '')).sort());
    expect(parsed.get('mesh_hedges')!.samples.get('mesh_hedges_total{cluster="a \\"cluster\\""}')).toMatchObject({ value: 1 });
  });

  it('has an end, given nothing to report', () => {
    expect(expose(new MetricRegistry(), 'openMetrics')).toBe('# EOF\n');
  });

  it('has the same bounds of buckets as the older format, so that a change of format makes no new series', () => {
    const bounds = (exposed: string): string[] => [...exposed.matchAll(/ration_seconds_bucket\{.*le="(.*?)"/g)].map(([, le]) => le);
    expect(bounds(text('openMetrics'))).toEqual(bounds(text('prometheus')));
    expect(bounds(text('prometheus'))).toEqual(expect.arrayContaining(['0.00025', '1.0', '+Inf']));
  });
});

describe('pieces', () => {
  it('are short, and together the whole', () => {
    const registry = new MetricRegistry();
    for (let i = 0; i < 1_000; i += 1) registry.counter(FAMILIES.retries, { cluster: `c${i}`, reason: 'a' });
    const made = [...pieces(registry.families(), 'prometheus')];
    expect(made.join('')).toBe(expose(registry));
    expect(Math.max(...made.map((piece) => piece.split('\n').length))).toBeLessThan(300);
  });
});

test.each([
  [undefined, 'prometheus'],
  ['*/*', 'prometheus'],
  ['text/plain', 'prometheus'],
  ['application/openmetrics-text', 'openMetrics'],
  // Prometheus 2.42.
  ['application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openMetrics'],
  // Prometheus 3, asked for the text format first.
  ['text/plain;version=0.0.4;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1', 'prometheus'],
  ['application/openmetrics-text;version=2.0.0', 'prometheus'],
  ['application/openmetrics-text;q=0', 'prometheus'],
  ['application/openmetrics-text;q=nonsense', 'prometheus'],
  [`${','.repeat(8_000)};;q=`, 'prometheus'],
])('a scraper that accepts %s gets %s', (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});

testWithPromtool('promtool finds nothing to say about the metrics', () => {
  expect(promtool(['check', 'metrics'], text('prometheus'))).toEqual({ ok: true, output: '' });
});
