/** A picture of a mesh out of answers of a Prometheus, and the commands that show it. */
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Arguments } from '../../../src/cli/command-line/command';
import { openPrometheus } from '../../../src/cli/prometheus/source';
import type { LiveMessage } from '../../../src/cli/page/protocol';
import { CliRun } from '../up/programs';

type Labels = Record<string, string>;
const web = { namespace: 'shop', cdk8s_mesh_service: 'web', cdk8s_mesh_version: 'v1' };
const catalog = (version: string): Labels => ({ namespace: 'shop', cdk8s_mesh_service: 'catalog', cdk8s_mesh_version: version });
const edge = { namespace: 'shop', cdk8s_mesh_service: 'edge', cdk8s_mesh_version: 'v1' };
const call = { direction: 'outbound', listener: 'outbound/shop/catalog:80', reason: '-' };

/** By a part of the expression. */
let series: Record<string, [Labels, number][]>;
let asked: string[];
let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(({ url: path = '' }, response) => {
    const expr = new URL(path, 'http://x').searchParams.get('query') ?? '';
    asked.push(expr);
    const found = Object.entries(series).find(([part]) => expr.includes(part))?.[1] ?? [];
    response.end(JSON.stringify({
      status: 'success', data: { resultType: 'vector', result: found.map(([metric, value]) => ({ metric, value: [0, String(value)] })) },
    }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  asked = [];
  series = {
    'code, reason) (rate(mesh_requests_total': [
      [{ ...edge, direction: 'outbound', listener: 'http', cluster: 'shop/web-v1', code: '200', reason: '-' }, 10],
      [{ ...web, direction: 'inbound', listener: 'inbound', cluster: 'app', code: '200', reason: '-' }, 10],
      [{ ...web, ...call, cluster: 'shop/catalog-v1', code: '200' }, 6],
      [{ ...web, ...call, cluster: 'shop/catalog-v2', code: '503', reason: 'no_endpoint' }, 2],
      [{ ...web, ...call, cluster: 'bank.example.com', code: '200' }, 1],
      [{ ...web, ...call, cluster: '-', code: '404', reason: 'no_route' }, 1],
    ],
    'mesh_request_duration_seconds_bucket': [0.1, 0.25, Infinity].map((le): [Labels, number] => [
      { ...web, ...call, cluster: 'shop/catalog-v1', le: le === Infinity ? '+Inf' : String(le) }, le === 0.1 ? 3 : 6,
    ]),
    '(mesh_ready': [
      [{ ...web, pod: 'web-1' }, 1], [{ ...catalog('v1'), pod: 'catalog-1' }, 1], [{ ...catalog('v2'), pod: 'catalog-2' }, 0], [{ ...edge, pod: 'edge-1' }, 1],
    ],
    'mesh_retries_total': [[{ namespace: 'shop', cdk8s_mesh_service: 'web', cluster: 'shop/catalog-v1' }, 0.5]],
    'mesh_endpoints': [[{ namespace: 'shop', cdk8s_mesh_service: 'web', cluster: 'shop/catalog-v1', state: 'ejected' }, 2]],
  };
});

const open = (flags: Record<string, string> = {}) => (
  openPrometheus(new Arguments(new Map(Object.entries({ prometheus: url, ...flags }).map(([name, value]) => [name, [value]])), []))!);

test('GIVEN series of a mesh, has its services, and who calls whom', async () => {
  const { snapshot, events } = await open().source.look();
  expect(events).toEqual([]);
  expect(snapshot.services.map(({ id, kind, figures, pods }) => [id, kind, figures.rate, pods.filter(({ ready }) => ready).length])).toEqual([
    ['bank.example.com', 'outside', 1, 0], ['shop/catalog', 'service', 0, 1], ['shop/edge', 'gateway', 10, 1], ['shop/web', 'service', 10, 1],
  ]);
  expect(snapshot.edges.map(({ from, to, figures }) => [from, to, figures.rate, figures.success])).toEqual([
    ['shop/edge', 'shop/web', 10, 1], ['shop/web', 'bank.example.com', 1, 1], ['shop/web', 'shop/catalog', 8, 0.75],
  ]);
  expect(snapshot.edges[2]).toMatchObject({
    versions: [{ version: 'v1', figures: { rate: 6, p50Ms: 100 } }, { version: 'v2', figures: { rate: 2, success: 0 } }],
    retries: 0.5, unavailable: [{ cluster: 'shop/catalog-v1', state: 'ejected', count: 2 }], failures: [{ reason: 'no_endpoint', rate: 2 }],
  });
  expect(asked.filter((expr) => expr.includes('namespace='))).toEqual([]);
});

test('GIVEN endpoints that are ejected or come back, tells it', async () => {
  const { source } = open();
  await source.look();
  series['mesh_endpoints'] = [];
  expect((await source.look()).events).toMatchObject([{ severity: 'good', service: 'shop/catalog', text: 'shop/web has none of shop/catalog-v1 ejected, and had 2' }]);
  expect((await source.look()).events).toEqual([]);
});

test('GIVEN a namespace and a window, asks for them alone', async () => {
  await open({ namespace: 'shop', window: '5m' }).source.look();
  expect(asked.every((expr) => expr.includes('namespace="shop"'))).toBe(true);
  expect(asked.filter((expr) => expr.includes('rate(')).every((expr) => expr.includes('[300s]'))).toBe(true);
});

test('GIVEN no series, tells whether the namespace is wrong or nothing is scraped', async () => {
  series = {};
  await expect(open().source.look()).rejects.toThrow('has no series mesh_ready and mesh_requests_total: it scrapes no sidecar');
  series = { 'count(mesh_ready)': [[{}, 3]] };
  await expect(open({ namespace: 'none' }).source.look()).rejects.toThrow('has no series of sidecars of namespace \'none\'');
});

test('GIVEN requests and no rates of them, asks for a longer window', async () => {
  series['code, reason) (rate(mesh_requests_total'] = [];
  series['count(mesh_requests_total'] = [[{}, 12]];
  await expect(open({ window: '5s' }).source.look()).rejects
    .toThrow('has fewer than two samples of each series within 5 s, so there are no rates; use a longer --window');
});

test('GIVEN a mesh that has had no request, shows it', async () => {
  series = { '(mesh_ready': series['(mesh_ready']! };
  expect((await open().source.look()).snapshot.services.map(({ id, figures }) => [id, figures.rate])).toEqual([
    ['shop/catalog', 0], ['shop/edge', 0], ['shop/web', 0],
  ]);
});

test('GIVEN series without the labels of PodMonitors, says which are missing', async () => {
  series = { '(mesh_ready': [[{ instance: '10.0.0.1:15020' }, 1]] };
  await expect(open().source.look()).rejects.toThrow("no labels 'namespace' and 'cdk8s_mesh_service'");
});

test.each([
  [{ 'all-namespaces': '' }, 'leave --all-namespaces out'], [{ context: 'prod' }, '--prometheus and --context exclude each other'],
  [{ pid: '7' }, '--prometheus and --pid exclude each other'], [{ window: '1x' }, '--window must be a length of time'],
])('GIVEN %j besides, refuses it', (flags, text) => {
  expect(() => open(flags)).toThrow(text);
});

test('GIVEN a token for no Prometheus, refuses it', () => {
  expect(() => openPrometheus(new Arguments(new Map([['prometheus-token-file', ['x']]]), []))).toThrow('--prometheus-token-file is of use with --prometheus only');
});

test.each([
  [['stat', 'web'], /^service +version +ready .*\nshop\/web +v1 +1 of 1 +10\.?0? +100\.0 %/],
  [['edges', '-o', 'json'], /"from":"shop\/web","to":"shop\/catalog","figures":\{"rate":8,/],
  [['edges', 'catalog', '-o', 'wide'], /shop\/web +shop\/catalog +8\.?0? +75\.0 %/],
])('%j shows it', async (args, expected) => {
  const run = new CliRun([...args, '--prometheus', url]);
  const { code } = await run.exited;
  expect([code, run.stderr]).toEqual([0, '']);
  expect(run.stdout).toMatch(expected);
});

test('GIVEN what a Prometheus has nothing for, the command does not take it', async () => {
  const run = new CliRun(['routes', '--prometheus', url]);
  expect((await run.exited).code).toBe(1);
  expect(run.stderr).toContain('--prometheus');
});

test('watch serves the page of it, without single requests', async () => {
  const run = new CliRun(['watch', '--prometheus', url, '-n', 'shop']);
  await run.printed('Ctrl-C ends it');
  const address = new URL(/the live page of 3 services is at (\S+)/.exec(run.stdout)![1]!);
  const headers = { authorization: `Bearer ${address.hash.slice('#token='.length)}` };
  const reader = (await fetch(new URL('/api/live', address), { headers })).body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  let found: LiveMessage | undefined;
  while (!found) {
    text += (await reader.read()).value!;
    found = text.split('\n').slice(0, -1).map((line) => JSON.parse(line) as LiveMessage).find(({ snapshot }) => snapshot !== undefined);
  }
  await reader.cancel();
  expect(found.title).toContain('Prometheus 127.0.0.1');
  expect(found.snapshot!.edges).toHaveLength(3);
  const tapped = await fetch(new URL('/api/tap?service=shop/web', address), { headers });
  expect([tapped.status, await tapped.json()]).toEqual([404, { problem: expect.stringContaining('nobody has single requests here') }]);
  run.signal('SIGINT');
  expect((await run.exited).code).toBe(0);
});
