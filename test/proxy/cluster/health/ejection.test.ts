/** Outlier detection over real sockets: three pods, of which one fails. */
import { cleanupsAfterEach } from '../../../support/cleanups';
import { eventually } from '../../../support/eventually';
import { sampleOf } from '../../../support/prometheus';
import { startProxy, TestProxy } from '../../../support/proxy';
import { RawBackend } from '../../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const FAILING = 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n';
const UNREACHABLE = 'HTTP/1.1 503 Service Unavailable\r\nProxy-Status: p; error=connection_refused; details="connect_failed"\r\nContent-Length: 0\r\n\r\n';
const OVERLOADED = 'HTTP/1.1 503 Service Unavailable\r\nProxy-Status: p; error=connection_limit_reached; details="pending_overflow"\r\nContent-Length: 0\r\n\r\n';

const cleanups = cleanupsAfterEach();

interface Pods {
  readonly test: TestProxy;
  /** What each pod answers with, and how many requests it got. */
  readonly answers: string[];
  readonly requests: number[];
}

async function threePods(outlierDetection = {}): Promise<Pods> {
  const answers = [OK, OK, OK];
  const requests = [0, 0, 0];
  const ports: number[] = [];
  for (const index of answers.keys()) {
    const backend = await RawBackend.answering(() => {
      requests[index]! += 1;
      return answers[index]!;
    });
    cleanups.push(() => backend.close());
    ports.push(backend.port);
  }
  const test = await startProxy(ports, { cluster: { outlierDetection: { windowMs: 100, baseEjectionMs: 200, ...outlierDetection } } });
  cleanups.push(() => test.proxy.close());
  return { test, answers, requests };
}

const get = async ({ port }: TestProxy): Promise<number> => (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST' })).status;

async function getMany(test: TestProxy, times: number): Promise<number[]> {
  const statuses: number[] = [];
  for (let i = 0; i < times; i += 1) statuses.push(await get(test));
  return statuses;
}

const stateOf = ({ proxy }: TestProxy, index: number): string => proxy.clusters.get('backend').endpoints[index]!.state;

test('the one that fails is ejected, and gets one request at a time until it answers again', async () => {
  const { test, answers, requests } = await threePods();
  answers[1] = FAILING;
  await getMany(test, 18);
  expect(stateOf(test, 1)).toBe('ejected');
  expect(requests[1]).toBe(5);
  expect(test.proxy.clusters.get('backend').endpoints[1]!.stateReason).toBe('5 errors in a row');
  expect(sampleOf(test.metrics(), 'mesh_endpoints{cluster="backend",state="ejected"}')).toBe(1);
  expect(sampleOf(test.metrics(), 'mesh_outliers_ejected_total{cluster="backend",rule="consecutive_server_errors"}')).toBe(1);

  await eventually('its time is over', () => stateOf(test, 1) === 'probing');
  const statuses = await getMany(test, 9);
  expect(statuses.filter((status) => status === 500)).toHaveLength(1);
  expect(requests[1]).toBe(6);
  expect(stateOf(test, 1)).toBe('ejected');

  answers[1] = OK;
  await eventually('its time is over again', () => stateOf(test, 1) === 'probing');
  expect(new Set(await getMany(test, 45))).toEqual(new Set([200]));
  expect(stateOf(test, 1)).toBe('ready');
  expect(requests[1]).toBeGreaterThan(16);
});

test('the last one that works keeps its requests, whatever it answers', async () => {
  const { test, answers } = await threePods({ maxEjectedPercent: 100, baseEjectionMs: 60_000 });
  answers[1] = answers[2] = FAILING;
  await getMany(test, 30);
  expect([1, 2].map((index) => stateOf(test, index))).toEqual(['ejected', 'ejected']);
  answers[0] = FAILING;
  await getMany(test, 5);
  expect(stateOf(test, 0)).toBe('ready');
});

test.each([
  ['says that it can\'t reach its app', UNREACHABLE, 'ejected'],
  ['turns requests away because there are too many', OVERLOADED, 'ready'],
])('given a sidecar that %s, the pod is %s', async (_, answer, state) => {
  const { test, answers } = await threePods({ baseEjectionMs: 60_000 });
  answers[2] = answer;
  await getMany(test, 60);
  expect(stateOf(test, 2)).toBe(state);
});

test('a dry run counts the outlier and leaves it its requests', async () => {
  const { test, answers, requests } = await threePods({ mode: 'dryRun' });
  answers[1] = FAILING;
  await getMany(test, 30);
  expect(requests[1]).toBe(10);
  expect(sampleOf(test.metrics(), 'mesh_outliers_detected_total{cluster="backend",rule="consecutive_server_errors"}')).toBe(2);
  expect(sampleOf(test.metrics(), 'mesh_outliers_ejected_total{cluster="backend",rule="consecutive_server_errors"}')).toBeUndefined();
});
