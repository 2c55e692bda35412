/** `cdk8s-mesh plan` over stacks that are made here, from their manifests alone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Duration, Testing } from 'cdk8s';
import { Availability, Capacity, Fallback, MeshService, Scaling, ScalingMetrics } from '../../../src';
import { main } from '../../../src/cli/main';
import { service } from '../explain/support';

let folder: string;
let written: string;
let spies: jest.SpyInstance[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plan-'));
  written = '';
  spies = (['stdout', 'stderr'] as const).map((stream) => jest.spyOn(process[stream], 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  }));
});
afterEach(() => {
  spies.forEach((spy) => spy.mockRestore());
  rmSync(folder, { recursive: true });
});

function write(build: (chart: Chart) => void): void {
  const app: App = Testing.app();
  const chart = new Chart(app, 'shop', { namespace: 'shop', disableResourceNameHashes: true });
  build(chart);
  writeFileSync(join(folder, 'shop.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: Testing.synth(chart) as object[] }));
}

async function plan(...flags: string[]): Promise<{ readonly code: number; readonly text: string }> {
  written = '';
  const code = await main(['plan', folder, ...flags]);
  return { code, text: written };
}

interface PlanJson {
  readonly services: { readonly service: string; readonly availabilityWithCalls: number; readonly availability?: number }[];
  readonly entries: object[];
}

interface ReplayJson {
  readonly replays: { readonly mostReplicas: number; readonly steps: { readonly rps: number }[]; readonly cheapest: object }[];
}

const CAPACITY = Capacity.of({ peakRps: 1_200, usualRps: 300, serviceTime: Duration.millis(20), concurrency: 4 }).latency('p99', Duration.millis(150));
const AVAILABILITY = Availability.target('99.99%', { zones: 3 });

function shop(chart: Chart): void {
  const catalog = service(chart, 'catalog', { capacity: CAPACITY, availability: AVAILABILITY });
  const cart = service(chart, 'cart', { capacity: Capacity.of({ peakRps: 100, rpsPerPod: 50 }), availability: Availability.target('99.9%', { zones: 3 }) });
  const web = service(chart, 'web', { capacity: Capacity.of({ peakRps: 400, rpsPerPod: 100 }), availability: AVAILABILITY });
  web.calls(catalog);
  web.calls(cart);
}

test('a table of what is declared, needed and left, the bottleneck, and both scales of nines', async () => {
  write(shop);
  const { code, text } = await plan('--calls', 'web/catalog=3');
  expect(code).toBe(0);
  const row = (name: string): string[] => text.split('\n').find((line) => line.startsWith(name))!.split(/ {2,}/);
  expect(row('catalog').slice(0, 5)).toEqual(['catalog', '1,200', expect.any(String), '5-14', '9']);
  // 14 over three zones are 5, 5 and 4: without the fullest 9 are left, just what is needed.
  expect(row('catalog').slice(5, 9)).toEqual(['13 (+4)', '9 (+0)', expect.any(String), '99.99 %']);
  expect(text).toMatch(/web takes \d+ requests a second at most: then cart is at its limit/);
  expect(text).toContain('a year: 99.99 % is 52.6 min, 99.999 % is 5.26 min');
});

test('JSON has the same, with the visits of each service', async () => {
  write(shop);
  const { text } = await plan('--json', '--calls', 'web/catalog=3');
  const json = JSON.parse(text) as PlanJson;
  expect(json.entries).toEqual([expect.objectContaining({
    entry: 'shop/web-v1', unknown: [], visits: { 'shop/web-v1': 1, 'shop/catalog-v1': 3, 'shop/cart-v1': 1 },
  })]);
  const of = (name: string) => json.services.find((each) => each.service === name)!;
  expect(of('web').availabilityWithCalls).toBeCloseTo(of('web').availability! * of('catalog').availability! * of('cart').availability!, 9);
});

test('a fallback makes more of the availability', async () => {
  write((chart) => {
    const [catalog, spare] = ['catalog', 'spare'].map((name) => service(chart, name, { capacity: CAPACITY, availability: Availability.target('99.9%', { zones: 3 }) }));
    service(chart, 'web').calls(catalog!, { fallback: Fallback.to(spare!) });
  });
  const json = JSON.parse((await plan('--json')).text) as PlanJson;
  const of = (name: string) => json.services.find((each) => each.service === name)!;
  expect(of('web').availabilityWithCalls).toBeCloseTo(1 - (1 - of('catalog').availability!) * (1 - of('spare').availability!), 12);
});

test('a patch that breaks what was declared is told, and the exit code is 1', async () => {
  write(shop);
  const file = join(folder, 'shop.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"maxReplicas":14', '"maxReplicas":6'));
  const { code, text } = await plan();
  expect(code).toBe(1);
  expect(text).toMatch(/error: catalog: scaling.max is 6: 6 pods carry \d+ requests a second, and the peak is 1200: 6 < 9 pods; use at least 9/);
});

test('the picture has every workload, with its load', async () => {
  write(shop);
  const file = join(folder, 'plan.svg');
  await plan('--svg', file);
  const svg = readFileSync(file, 'utf8');
  for (const part of ['catalog  5-14 pods', 'web  ', 'cart  ', '1,200 of ']) expect(svg).toContain(part);
});

test('a load is replayed: a shape, a CSV file, and an answer of Prometheus', async () => {
  write(shop);
  expect((await plan('--load', 'ramp', '--service', 'catalog')).text).toMatch(/catalog +5-\d+ /);
  const csv = join(folder, 'day.csv');
  writeFileSync(csv, 'time,rps\n00:00,100\n00:20,900\n00:40,900\n');
  const { text } = await plan('--load', csv, '--service', 'catalog', '--json');
  const { replays: [first] } = JSON.parse(text) as ReplayJson;
  expect(first!.steps[120]!.rps).toBeCloseTo(500, 6);
  expect(first!.mostReplicas).toBeGreaterThan(5);
  expect(first!.cheapest).toMatchObject({ minReplicas: expect.any(Number), podHours: expect.any(Number) });
  const answer = join(folder, 'range.txt');
  const values = [[1_700_000_000, '100'], [1_700_000_600, '300']];
  writeFileSync(answer, JSON.stringify({ status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values }] } }));
  const svg = join(folder, 'load.svg');
  expect((await plan('--load', answer, '--service', 'catalog', '--svg', svg)).code).toBe(0);
  expect(readFileSync(svg, 'utf8')).toContain('requests a second');
});

test('a ScaledObject is replayed as an autoscaler', async () => {
  write((chart) => {
    service(chart, 'catalog', {
      capacity: CAPACITY, scaling: Scaling.derived({ requestsPerSecond: 90, metrics: ScalingMetrics.keda({ serverAddress: 'http://prometheus:9090' }) }),
    });
  });
  expect((await plan('--load', 'ramp')).text).toMatch(/catalog +4-1\d /);
});

test('schedules of a ScaledObject keep pods at their times of day', async () => {
  const scheduled = (start: string): void => write((chart) => {
    const metrics = ScalingMetrics.keda({ serverAddress: 'http://prometheus:9090' });
    const schedules = [{ start, end: '0 18 * * *', timezone: 'Europe/Berlin', replicas: 12 }];
    service(chart, 'catalog', { capacity: CAPACITY, scaling: Scaling.derived({ requestsPerSecond: 90, metrics, schedules }) });
  });
  scheduled('30 7 * * *');
  const csv = join(folder, 'quiet.csv');
  writeFileSync(csv, '07:00,10\n19:00,10\n');
  const { replays: [{ steps }] } = JSON.parse((await plan('--load', csv, '--json')).text) as { replays: [{ steps: { seconds: number; replicas: number }[] }] };
  const podsAt = (hour: number) => steps.find(({ seconds }) => seconds >= (hour - 7) * 3_600)!.replicas;
  expect([7.25, 7.6, 12, 18.5].map(podsAt)).toEqual([4, 12, 12, 4]);
  scheduled('30 27 * * *');
  expect((await plan('--load', csv)).text).toContain("'27' of '27' is not from 0 to 23");
});

test.each<[string, string[], string]>([
  ['a load that is nothing', ['--load', 'dirunal'], '--load is a file or one of diurnal, spike, ramp. Did you mean diurnal?'],
  ['a call that is none', ['--calls', 'cart/web=2'], '--calls names cart/web, and there is no such call'],
  ['calls without a number', ['--calls', 'web/catalog'], "--calls must be a caller, a callee and a number, such as web/catalog=3, got 'web/catalog'"],
  ['a service alone', ['--service', 'catalog'], '--service says whose load is replayed; give --load too'],
  ['a service that is not there', ['--load', 'ramp', '--service', 'catlog'], "--service names the service 'catlog', which is not in the mesh."],
])('%s is refused', async (_, flags, message) => {
  write(shop);
  const { code, text } = await plan(...flags);
  expect(code).toBe(1);
  expect(text.toLowerCase()).toContain(message.toLowerCase().slice(0, 60));
});

test.each<[string, string, string]>([
  ['a line of words', '0,1\nsoon,5\n', "day.csv:2: must be a time and requests a second, such as 3600,120 or 07:30,120, got 'soon,5'"],
  ['one point', '0,1\n', 'a load needs at least two points in time, and there is one'],
  ['a negative rate', '0,1\n10,-5\n', 'point 2 has -5 requests a second; use a number of at least 0'],
  ['times that go back', '10,1\n5,5\n', 'point 2 is not later than the one before; sort the points by time'],
  ['several series', '{"data":{"result":[]}}', 'must be the answer to a range query with one series, and has 0'],
])('a load of %s is refused', async (_, text, message) => {
  write(shop);
  writeFileSync(join(folder, 'day.csv'), text);
  expect((await plan('--load', join(folder, 'day.csv'), '--service', 'catalog')).text).toContain(message);
});

test('without any declaration there is nothing to replay, and the table says so', async () => {
  write((chart) => { service(chart, 'web'); });
  expect((await plan()).text).toContain('no capacity is declared of web');
  expect((await plan('--load', 'ramp')).text).toContain('no service has declared its capacity, which a replay needs');
});

test('a lattice of services with very many paths is planned and drawn', async () => {
  write((chart) => {
    const made: MeshService[] = [];
    for (let index = 0; index < 40; index++) {
      const each = service(chart, `s${index}`, { capacity: CAPACITY, availability: AVAILABILITY });
      for (const back of [1, 2]) if (made[index - back]) each.calls(made[index - back]!);
      made.push(each);
    }
  });
  expect((await plan('--json', '--svg', join(folder, 'plan.svg'))).code).toBe(0);
});
