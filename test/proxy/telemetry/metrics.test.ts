import fc from 'fast-check';
import { DURATION_BUCKETS } from '../../../src/contract';
import { FAMILIES } from '../../../src/proxy/telemetry/catalog';
import { expose } from '../../../src/proxy/telemetry/exposition';
import { Counter, Histogram } from '../../../src/proxy/telemetry/metrics';
import { MetricRegistry, OTHER } from '../../../src/proxy/telemetry/registry';
import { bytesPerCall } from '../../support/allocation';
import { parsePrometheus, sampleOf } from '../../support/prometheus';

const DURATION = { listener: 'in', direction: 'inbound', cluster: 'app', route: 'default', caller: 'unknown', class: '2xx' };
const LABELS = Object.entries(DURATION).map(([name, value]) => `${name}="${value}"`).join(',');

describe('histogram', () => {
  it('puts a value in the first bucket whose bound is not below it', () => {
    const histogram = new Histogram([1, 2, 5]);
    [0, 1, 1.5, 2, 2.1, 5, 5.1, 1e9].forEach((value) => histogram.record(value));
    expect([...histogram.counts]).toEqual([2, 2, 2, 2]);
  });

  it('agrees with counting by hand, given any values', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (values) => {
      const histogram = new Histogram(DURATION_BUCKETS);
      values.forEach((value) => histogram.record(value));
      let below = 0;
      DURATION_BUCKETS.forEach((bound, bucket) => {
        below += histogram.counts[bucket];
        expect(below).toBe(values.filter((value) => value <= bound).length);
      });
      expect(histogram.sum).toBe(values.reduce((sum, value) => sum + value, 0));
    }));
  });

  it('allocates nothing when it records', () => {
    const histogram = new Histogram(DURATION_BUCKETS);
    const values = Float64Array.from({ length: 64 }, (_, index) => index * index / 60);
    let turn = 0;
    expect(bytesPerCall(() => histogram.record(values[turn = (turn + 1) & 63]))).toBe(0);
  });

  it('has ascending bounds for durations, from a quarter of a millisecond to a minute', () => {
    expect(DURATION_BUCKETS).toEqual([...DURATION_BUCKETS].sort((a, b) => a - b));
    expect([DURATION_BUCKETS[0], DURATION_BUCKETS.at(-1)]).toEqual([0.00025, 60]);
  });
});

describe('registry', () => {
  it('gives the same instrument for the same labels, whatever their order', () => {
    const registry = new MetricRegistry();
    const counter = registry.counter(FAMILIES.retries, { cluster: 'a', reason: 'b' });
    expect(registry.counter(FAMILIES.retries, { reason: 'b', cluster: 'a' })).toBe(counter);
    expect(registry.counter(FAMILIES.retries, { cluster: 'b', reason: 'a' })).not.toBe(counter);
  });

  it('keeps label sets apart whose values would look the same joined', () => {
    const registry = new MetricRegistry();
    const one = registry.counter(FAMILIES.retries, { cluster: 'a,b', reason: 'c' });
    expect(registry.counter(FAMILIES.retries, { cluster: 'a', reason: 'b,c' })).not.toBe(one);
  });

  it('counts what is above the limit of series in one series, and says how often', () => {
    const registry = new MetricRegistry(3);
    for (let index = 0; index < 10; index++) registry.counter(FAMILIES.attempts, { cluster: `c${index}` }).value += 1;
    const { samples } = parsePrometheus(expose(registry)).get('mesh_upstream_attempts_total')!;
    expect([...samples]).toEqual([
      ['mesh_upstream_attempts_total{cluster="c0"}', 1],
      ['mesh_upstream_attempts_total{cluster="c1"}', 1],
      ['mesh_upstream_attempts_total{cluster="c2"}', 1],
      [`mesh_upstream_attempts_total{cluster="${OTHER}"}`, 7],
    ]);
    expect(registry.overflows).toBe(7);
  });

  it('leaves out a series read from elsewhere above the limit', () => {
    const registry = new MetricRegistry(2);
    for (let index = 0; index < 5; index++) registry.observe(FAMILIES.pendingRequests, { cluster: `c${index}` }, () => index);
    expect(parsePrometheus(expose(registry)).get('mesh_pending_requests')!.samples.size).toBe(2);
    expect(registry.overflows).toBe(3);
  });

  it('has room again after series were removed', () => {
    const registry = new MetricRegistry(1);
    registry.counter(FAMILIES.attempts, { cluster: 'old' });
    registry.remove({ cluster: 'old' });
    registry.counter(FAMILIES.attempts, { cluster: 'new' }).value = 5;
    expect(sampleOf(expose(registry), 'mesh_upstream_attempts_total{cluster="new"}')).toBe(5);
    expect(registry.overflows).toBe(0);
  });

  it('removes the series of all families that have these labels, and no others', () => {
    const registry = new MetricRegistry();
    registry.counter(FAMILIES.attempts, { cluster: 'gone' });
    registry.counter(FAMILIES.attempts, { cluster: 'stays' });
    registry.counter(FAMILIES.retries, { cluster: 'gone', reason: 'x' });
    registry.counter(FAMILIES.limitReached, { limit: 'gone' });
    registry.remove({ cluster: 'gone' });
    expect([...parsePrometheus(expose(registry)).values()].flatMap(({ samples }) => [...samples.keys()])).toEqual([
      'mesh_limit_reached_total{limit="gone"}', 'mesh_upstream_attempts_total{cluster="stays"}',
    ]);
  });

  it('lets who holds an instrument go on using it after it was removed', () => {
    const registry = new MetricRegistry();
    const held = registry.counter(FAMILIES.attempts, { cluster: 'a' });
    registry.remove({ cluster: 'a' });
    held.value += 1;
    expect(expose(registry)).toBe('');
    expect(registry.counter(FAMILIES.attempts, { cluster: 'a' })).toEqual(new Counter());
  });

  it('reads what is observed when asked, and lets another reading take its place', () => {
    const registry = new MetricRegistry();
    let depth = 3;
    registry.observe(FAMILIES.pendingRequests, { cluster: 'a' }, () => depth);
    depth = 4;
    expect(sampleOf(expose(registry), 'mesh_pending_requests{cluster="a"}')).toBe(4);
    registry.observe(FAMILIES.pendingRequests, { cluster: 'a' }, () => -1);
    expect(sampleOf(expose(registry), 'mesh_pending_requests{cluster="a"}')).toBe(-1);
  });
});

describe('exposition', () => {
  it('is empty, given nothing to report', () => {
    expect(expose(new MetricRegistry())).toBe('');
  });

  it('writes the text format', () => {
    const registry = new MetricRegistry();
    registry.counter(FAMILIES.retries, { cluster: 'a', reason: 'connect_failed' }).value = 2;
    registry.histogram(FAMILIES.requestDuration, DURATION).record(0.003);
    const lines = expose(registry).split('\n');
    expect(lines.slice(0, 7)).toEqual([
      '# HELP mesh_request_duration_seconds Time from the head of a request to the end of its response, for requests that are over; '
        + 'to the beginning of the tunnel, for those that switched protocols. `class`: that of the status, such as `5xx`; the other labels are '
        + 'those of `mesh_requests_total`.',
      '# TYPE mesh_request_duration_seconds histogram',
      `mesh_request_duration_seconds_bucket{${LABELS},le="0.00025"} 0`,
      `mesh_request_duration_seconds_bucket{${LABELS},le="0.0005"} 0`,
      `mesh_request_duration_seconds_bucket{${LABELS},le="0.001"} 0`,
      `mesh_request_duration_seconds_bucket{${LABELS},le="0.0025"} 0`,
      `mesh_request_duration_seconds_bucket{${LABELS},le="0.005"} 1`,
    ]);
    expect(lines.slice(-7)).toEqual([
      `mesh_request_duration_seconds_bucket{${LABELS},le="+Inf"} 1`,
      `mesh_request_duration_seconds_sum{${LABELS}} 0.003`,
      `mesh_request_duration_seconds_count{${LABELS}} 1`,
      `# HELP mesh_retries_total ${FAMILIES.retries.help}`,
      '# TYPE mesh_retries_total counter',
      'mesh_retries_total{cluster="a",reason="connect_failed"} 2',
      '',
    ]);
  });

  it('has the same order, whatever came first', () => {
    const build = (names: string[]): string => {
      const registry = new MetricRegistry();
      for (const cluster of names) registry.counter(FAMILIES.attempts, { cluster });
      for (const cluster of names) registry.gauge(FAMILIES.configInfo, { hash: cluster });
      return expose(registry);
    };
    expect(build(['b', 'c', 'a'])).toBe(build(['a', 'b', 'c']));
  });

  it('writes values that are not finite as the format wants them', () => {
    const registry = new MetricRegistry();
    [NaN, Infinity, -Infinity, 1e21, -0.5].forEach((value, index) => {
      registry.observe(FAMILIES.discoveryAge, { cluster: `c${index}` }, () => value);
    });
    const text = expose(registry);
    expect(text).toMatch(/c0"} NaN\n.*c1"} \+Inf\n.*c2"} -Inf\n/);
    expect([3, 4].map((index) => sampleOf(text, `mesh_discovery_age_seconds{cluster="c${index}"}`))).toEqual([1e21, -0.5]);
  });

  const braced = (labels: Readonly<Record<string, string>>): string => {
    const pairs = Object.entries(labels).filter(([, value]) => value !== '').map(([name, value]) => `${name}="${value}"`);
    return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
  };

  it('can be read back with every label and value, given any text in labels', () => {
    const label = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'n', '{', '}', ',', ' ', 'é') }));
    fc.assert(fc.property(
      fc.array(fc.tuple(label, label, fc.double({ noNaN: true })), { maxLength: 10 }),
      fc.array(fc.tuple(label, fc.array(fc.double({ min: 0, max: 90, noNaN: true }), { maxLength: 5 })), { maxLength: 4 }),
      (counts, durations) => {
        const registry = new MetricRegistry();
        const expected = new Map<string, number>();
        for (const [cluster, reason, value] of counts) {
          registry.counter(FAMILIES.retries, { cluster, reason }).value = value;
          expected.set(`mesh_retries_total${braced({ cluster, reason })}`, value);
        }
        const lengths = new Map<string, number[]>();
        for (const [listener, values] of durations) {
          const histogram = registry.histogram(FAMILIES.requestDuration, { ...DURATION, listener });
          values.forEach((value) => histogram.record(value));
          lengths.set(listener, [...lengths.get(listener) ?? [], ...values]);
        }
        const parsed = parsePrometheus(expose(registry));
        // Zero has one sign in the format; lines end at \n, so \r and the like pass through.
        expect(new Map([...parsed.get('mesh_retries_total')?.samples ?? []].map(([key, value]) => [key, value + 0])))
          .toEqual(new Map([...expected].map(([key, value]) => [key, value + 0])));
        for (const [listener, values] of lengths) {
          const { samples } = parsed.get('mesh_request_duration_seconds')!;
          // An empty label is the same as none, and not written.
          const labels = listener === '' ? LABELS.replace('listener="in",', '') : LABELS.replace('"in"', () => `"${listener}"`);
          expect(samples.get(`mesh_request_duration_seconds_count{${labels}}`)).toBe(values.length);
          expect(samples.get(`mesh_request_duration_seconds_bucket{${labels},le="+Inf"}`)).toBe(values.length);
          expect(samples.get(`mesh_request_duration_seconds_sum{${labels}}`)).toBe(values.reduce((sum, value) => sum + value, 0));
          for (const bound of DURATION_BUCKETS) {
            expect(samples.get(`mesh_request_duration_seconds_bucket{${labels},le="${bound}${Number.isInteger(bound) ? '.0' : ''}"}`)).toBe(values.filter((value) => value <= bound).length);
          }
        }
      }), { numRuns: 200 });
  });
});
