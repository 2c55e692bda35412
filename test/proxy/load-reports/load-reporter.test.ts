import { LoadReporter, REBUILD_MS, SMOOTHING_MS } from '../../../src/proxy/load-reports/load-reporter';
import { NOMINAL_CONCURRENCY, ReportReader } from '../../../src/proxy/load-reports/read-report';
import { ServedLoad } from '../../../src/proxy/load-reports/served-load';

const NAME = 'endpoint-load-metrics: ';
const noCpu = { utilization: () => undefined };

function parsed(line: Buffer | undefined): ReportReader {
  expect(line!.toString()).toMatch(/^endpoint-load-metrics: TEXT [^\r\n]+\r\n$/);
  const reader = new ReportReader();
  expect(reader.read(line!, NAME.length, line!.length - 2)).toBeUndefined();
  return reader;
}

function reporterOf(served: ServedLoad, limit?: number): LoadReporter {
  const reporter = new LoadReporter(served, noCpu, 0);
  if (limit !== undefined) reporter.concurrency = { limit };
  return reporter;
}

/** `perSecond` requests a second of `ms` each, evenly, from one moment to another. */
function serve(served: ServedLoad, from: number, to: number, perSecond: number, ms: number, fails = false): void {
  const events: (readonly [number, () => void])[] = [];
  for (let at = from; at < to; at += 1_000 / perSecond) {
    events.push([at, () => served.begin(at)], [Math.min(at + ms, to), () => served.end(Math.min(at + ms, to), fails)]);
  }
  for (const [, happen] of events.sort(([a], [b]) => a - b)) happen();
}

test('the work of an app is its requests in flight, exactly, however they overlap and whether or not they have ended', () => {
  const served = new ServedLoad();
  served.begin(100);
  served.begin(150);
  served.end(200, false);
  expect(served.workMs(200)).toBe(100 + 50);
  expect(served.workMs(1_200)).toBe(100 + 50 + 1_000);
  served.end(1_200, true);
  expect([served.workMs(9_000), served.inFlight, served.begun, served.failed]).toEqual([1_150, 0, 2, 1]);
});

describe('a report', () => {
  test('tells mean requests in flight over the limit, and rates', () => {
    const served = new ServedLoad();
    const reporter = reporterOf(served, 20);
    serve(served, 0, 10_000, 50, 40);
    const { utilization, requestsPerSecond, errorsPerSecond, relative } = parsed(reporter.fieldLine(10_000));
    expect(utilization).toBeCloseTo(0.1, 3);
    expect([requestsPerSecond, errorsPerSecond, relative]).toEqual([50, 0, false]);
  });

  test('tells errors', () => {
    const served = new ServedLoad();
    const reporter = reporterOf(served, 10);
    serve(served, 0, 1_000, 20, 10, true);
    expect(parsed(reporter.fieldLine(1_000))).toMatchObject({ utilization: 0.02, requestsPerSecond: 20, errorsPerSecond: 20 });
  });

  test('tells requests in flight alone, GIVEN no limit, which is read as a load that is relative', () => {
    const served = new ServedLoad();
    const reporter = reporterOf(served);
    serve(served, 0, 1_000, 100, 80);
    const report = parsed(reporter.fieldLine(1_000));
    expect(report.utilization).toBeCloseTo(8 / NOMINAL_CONCURRENCY, 1);
    expect(report.relative).toBe(true);
  });

  test('makes the same weight for an app of the same speed, whatever its share of the requests', () => {
    const weightOf = (perSecond: number): number => {
      const served = new ServedLoad();
      const reporter = reporterOf(served);
      serve(served, 0, 10_000, perSecond, 20);
      const { utilization, requestsPerSecond } = parsed(reporter.fieldLine(10_000));
      return requestsPerSecond / utilization;
    };
    expect(weightOf(2) / weightOf(200)).toBeCloseTo(1, 2);
  });

  test('goes by a limit from when it is known', () => {
    const served = new ServedLoad();
    const reporter = reporterOf(served);
    const adaptive = { limit: undefined as number | undefined };
    reporter.concurrency = adaptive;
    serve(served, 0, 1_000, 100, 100);
    expect(parsed(reporter.fieldLine(1_000)).relative).toBe(true);
    adaptive.limit = 20;
    serve(served, 1_000, 2_000, 100, 100);
    expect(parsed(reporter.fieldLine(2_000)).utilization).toBeCloseTo(0.5, 1);
  });

  test('tells the CPU of the proxy by a name that nobody takes for the app\'s', () => {
    const reporter = new LoadReporter(new ServedLoad(), { utilization: () => 0.25 }, 0);
    const line = reporter.fieldLine(REBUILD_MS);
    expect(line!.toString()).toBe(
      'endpoint-load-metrics: TEXT named_metrics.requests_in_flight=0, rps_fractional=0, eps=0, named_metrics.proxy_cpu_utilization=0.25\r\n',
    );
    expect(parsed(line).utilization).toBe(0);
  });

  test('is the same object until it is made anew, so that a connection gets each once', () => {
    const served = new ServedLoad();
    const reporter = reporterOf(served, 10);
    expect(reporter.fieldLine(REBUILD_MS - 1)).toBeUndefined();
    const first = reporter.fieldLine(REBUILD_MS);
    expect(reporter.fieldLine(2 * REBUILD_MS - 1)).toBe(first);
    expect(reporter.fieldLine(2 * REBUILD_MS)).not.toBe(first);
  });

  test('follows a change of load with its time constant', () => {
    const served = new ServedLoad();
    const reporter = reporterOf(served, 10);
    for (let at = 0; at < 10_000; at += 1_000) {
      serve(served, at, at + 1_000, 100, 5);
      reporter.fieldLine(at + 1_000);
    }
    for (let at = 10_000; at < 10_000 + SMOOTHING_MS; at += 1_000) reporter.fieldLine(at + 1_000);
    expect(parsed(reporter.fieldLine(10_000 + SMOOTHING_MS)).requestsPerSecond).toBeCloseTo(100 / Math.E, 0);
  });
});
