import type { Flow } from '../../../src/cli/up/traffic/flow';
import { LatencyHistogram } from '../../../src/simulation';
import type { Pod } from '../../../src/cli/up/pod';
import { histogramOf, reportOf } from '../../../src/cli/up/report';
import { cut } from '../../../src/cli/terminal/screen';
import { summaryOf } from '../../../src/cli/up/status';
import { bar, count, duration, percent, plain, renderTable } from '../../../src/cli/terminal/table';
import { Tally } from '../../../src/cli/up/traffic/tally';
import { workloadOf } from './support';

const PODS = [['a', 'v1'], ['b', 'v1'], ['c', 'v2']].map(([name, version]) => ({ name, workload: workloadOf('catalog', version) }) as Pod);

function flow(expected: Map<Pod, number>, declared: Record<string, number> = { v1: 0.75, v2: 0.25 }): Flow {
  return { from: 'web', to: 'catalog', service: 'catalog', host: 'catalog', declared: new Map(Object.entries(declared)), target: () => undefined, expected: () => expected };
}

function record(tally: Tally, pod: string, version: string, times: number, failure?: string): void {
  for (let index = 0; index < times; index++) {
    tally.due();
    tally.record({ latencyMs: 10, lateMs: 0.5, pod, version, failure });
  }
}

describe('Tally', () => {
  test('sums up by pod and by version', () => {
    const tally = new Tally(flow(new Map()));
    record(tally, 'a', 'v1', 3);
    record(tally, 'b', 'v1', 2, 'app answered 500');
    record(tally, 'c', 'v2', 1);
    tally.record({ latencyMs: 1, lateMs: 0, pod: undefined, version: undefined, failure: 'no_endpoints' });
    expect([tally.total, tally.failed, tally.attributed, tally.latency.count]).toEqual([7, 3, 6, 4]);
    expect(tally.versions()).toMatchObject([{ version: 'v1', answered: 5, failed: 2 }, { version: 'v2', answered: 1, failed: 0 }]);
    expect([...tally.failures]).toEqual([['app answered 500', 2], ['no_endpoints', 1]]);
  });

  test('the expectation follows pods as they come and go', () => {
    const expected = new Map([[PODS[0]!, 1]]);
    const tally = new Tally(flow(expected));
    record(tally, 'a', 'v1', 10);
    expected.set(PODS[0]!, 0.5).set(PODS[1]!, 0.5);
    record(tally, 'a', 'v1', 10);
    expect(tally.pods.get('a')?.expected).toBe(15);
    expect(tally.pods.get('b')).toMatchObject({ expected: 5, answered: 0 });
  });
});

describe('reportOf', () => {
  test('sets measured shares beside the declared ones', () => {
    const tally = new Tally(flow(new Map([[PODS[0]!, 0.375], [PODS[1]!, 0.375], [PODS[2]!, 0.25]])));
    record(tally, 'a', 'v1', 40);
    record(tally, 'b', 'v1', 30);
    record(tally, 'c', 'v2', 28);
    record(tally, 'c', 'v2', 2, 'app answered 500');
    const text = reportOf(tally, 10, plain).join('\n');
    expect(text).toContain('100 requests in 10.0 s (10/s), 2 failed (2.0 %)');
    expect(text).toMatch(/version v1 +75\.0 % +70\.0 % +-5\.0 +70 +0 +10\.\d ms/);
    expect(text).toMatch(/ {2}a +37\.5 % +40\.0 % +\+2\.5 +40/);
    expect(text).toMatch(/version v2 +25\.0 % +30\.0 % +\+5\.0 +30 +2/);
    expect(text).toMatch(/app answered 500 +2 +2\.0 %/);
  });

  test('shows the pods of a fallback with their service', () => {
    const tally = new Tally(flow(new Map([[PODS[0]!, 1]]), { v1: 1 }));
    record(tally, 'a', 'v1', 6);
    for (let index = 0; index < 4; index++) {
      tally.due();
      tally.record({ latencyMs: 10, lateMs: 0, pod: 'store-1', version: 'v1', fallback: 'store', failure: undefined });
    }
    const text = reportOf(tally, 1, plain).join('\n');
    expect(text).toMatch(/version v1 +100\.0 % +60\.0 %/);
    expect(text).toMatch(/fallback store v1 +0\.0 % +40\.0 % +\+40\.0 +4 /);
    expect(text).toMatch(/ {2}store-1 +0\.0 % +40\.0 %/);
    expect(text).not.toContain('do not say which pod');
  });

  test('follows weights that change during the run', () => {
    const declared = { v1: 0.9, v2: 0.1 };
    const changing = { ...flow(new Map([[PODS[0]!, 0.5], [PODS[2]!, 0.5]])), get declared() { return new Map(Object.entries(declared)); } };
    const tally = new Tally(changing);
    record(tally, 'a', 'v1', 9);
    record(tally, 'c', 'v2', 1);
    Object.assign(declared, { v1: 0.5, v2: 0.5 });
    record(tally, 'a', 'v1', 5);
    record(tally, 'c', 'v2', 5);
    const text = reportOf(tally, 1, plain).join('\n');
    expect(text).toMatch(/version v1 +70\.0 % +70\.0 % +0\.0 +14/);
    expect(text).toMatch(/version v2 +30\.0 % +30\.0 % +0\.0 +6/);
  });

  test('shows a version that has a weight and no pod', () => {
    const tally = new Tally(flow(new Map([[PODS[0]!, 1]])));
    record(tally, 'a', 'v1', 4);
    const text = reportOf(tally, 1, plain).join('\n');
    expect(text).toMatch(/version v1 +75\.0 % +100\.0 % +\+25\.0 +4/);
    expect(text).toMatch(/version v2 +25\.0 % +0\.0 % +-25\.0 +0 +0 +- +-/);
  });

  test('compares with even shares where nothing was declared', () => {
    const tally = new Tally(flow(new Map([[PODS[0]!, 0.5], [PODS[1]!, 0.5]]), {}));
    record(tally, 'a', 'v1', 10);
    const text = reportOf(tally, 1, plain).join('\n');
    expect(text).toContain('expected');
    expect(text).toMatch(/ {2}b +50\.0 % +0\.0 % +-50\.0 +0 +0 +- +-/);
  });

  test('says so when answers do not tell who they are from', () => {
    const tally = new Tally(flow(new Map()));
    tally.record({ latencyMs: 1, lateMs: 0, pod: undefined, version: undefined, failure: undefined });
    expect(reportOf(tally, 1, plain).join('\n')).toContain('1 answers do not say which pod they are from');
  });

  test('of no request says no more than that', () => {
    expect(reportOf(new Tally(flow(new Map())), 1, plain)).toEqual(['web -> catalog', '  0 requests in 1.0 s (0/s), none failed']);
  });
});

test('the histogram has a bar for each range from the first to the last', () => {
  const latency = new LatencyHistogram();
  for (const ms of [1.5, 1.6, 8, 8]) latency.record(ms);
  expect(histogramOf(latency)).toEqual([
    ` to 2 ms  2  ${'█'.repeat(40)}`,
    ' to 5 ms  0',
    `to 10 ms  2  ${'█'.repeat(40)}`,
  ]);
  expect(histogramOf(new LatencyHistogram())).toEqual([]);
});

test('one line sums a flow up', () => {
  const tally = new Tally(flow(new Map()));
  record(tally, 'a', 'v1', 9);
  record(tally, 'c', 'v2', 1);
  expect(summaryOf(tally, 2)).toMatch(/^web -> catalog: 5 req\/s, p50 10\.\d ms, p99 10\.\d ms, 0 failed, v1 90\.0 %, v2 10\.0 %$/);
});

describe('text', () => {
  test('tables are aligned', () => {
    expect(renderTable([{ title: 'name' }, { title: 'n', right: true }], [['long name', '1'], [{ text: 'x', style: 'red' }, '22']], plain)).toEqual([
      'name        n', 'long name   1', 'x          22',
    ]);
    expect(renderTable([{ title: 'name' }], [], plain)).toEqual([]);
  });

  test('a style does not shift columns', () => {
    const lines = renderTable([{ title: 'a' }, { title: 'b' }], [[{ text: 'x', style: 'red' }, 'y'], ['long', 'y']], (style, text) => `<${style}>${text}</>`);
    expect(lines).toEqual(['<bold>a   </>  <bold>b</>', '<red>x   </>  y', 'long  y']);
  });

  test.each([[0.8, '0.80 ms'], [12.34, '12.3 ms'], [123.4, '123 ms'], [1_250, '1.25 s'], [12_500, '12.5 s'], [99.97, '100 ms'], [9.999, '10.0 ms'], [NaN, '-']])('%f ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  test('counts, shares and bars', () => {
    expect([count(12_345.6), percent(1 / 3), percent(0.0003), percent(0), percent(NaN)]).toEqual(['12,346', '33.3 %', '0.03 %', '0.0 %', '-']);
    expect([bar(0.5, 4), bar(0, 4), bar(1, 4), bar(2, 4), bar(1 / 32, 4)]).toEqual(['██', '', '████', '████', '▏']);
  });

  test('a line is cut to the width of the terminal, colours not counted', () => {
    expect(cut('\u001b[31mred\u001b[39m and more', 5)).toBe('\u001b[31mred\u001b[39m a');
  });
});
