/** Discovery from EndpointSlices against the embedded API, over TLS and real sockets, in real time. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiRequest, EndpointApi, ServicePod } from '../../../src/cli/up/endpoint-api';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { createSource, DiscoverySource, EndpointSnapshot, KubernetesApi } from '../../../src/proxy/discovery';
import { eventually } from '../../support/eventually';

let folder: string;
let server: EndpointApi;
let access: KubernetesApi;
let requests: ApiRequest[];
let sources: DiscoverySource[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'discovery-'));
  server = new EndpointApi({ credentialsFolder: folder, bookmarkIntervalMs: 25, historyLimit: 5 });
  requests = [];
  sources = [];
  server.interfere = (request) => {
    requests.push(request);
    return undefined;
  };
  await server.listen();
  const { hostname, port } = new URL(server.url);
  access = new KubernetesApi({ tokenFile: join(folder, 'token'), caFile: join(folder, 'ca.crt') },
    { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }, systemClock);
});

afterEach(async () => {
  for (const source of sources) source.close();
  access.close();
  await server.close();
  await rm(folder, { recursive: true });
});

function pods(...numbers: number[]): ServicePod[] {
  return numbers.map((number) => ({ name: `catalog-${number}`, uid: `uid-${number}`, address: `127.0.1.${number}`, port: 15006, portName: 'http', ready: true }));
}

function discover(podIps = ['127.0.0.1'], random: () => number = Math.random) {
  const snapshots: EndpointSnapshot[] = [];
  const events: string[] = [];
  const source = createSource({ type: 'endpointSlice', namespace: 'shop', service: 'catalog', portName: 'http' }, {
    clock: systemClock, random, kubernetes: access, podIps, onEvent: (name) => events.push(name),
  });
  sources.push(source);
  source.start((snapshot) => snapshots.push(snapshot));
  const numbers = () => snapshots.at(-1)?.map(({ address }) => Number(address.split('.')[3])).join(' ');
  const see = (wanted: string) => eventually(`endpoints ${wanted}`, () => numbers() === wanted);
  const watching = () => eventually('an open watch', () => server.openWatches > 0 && source.health.failures === 0);
  return { source, snapshots, events, numbers, see, watching };
}

test('sees the pods that are there, and those that come and go', async () => {
  server.setPods('shop', 'catalog', pods(1, 2));
  server.setPods('shop', 'cart', pods(9));
  const { see, snapshots, watching } = discover();
  await see('1 2');
  await watching();
  server.setPods('shop', 'catalog', pods(1, 2, 3));
  await see('1 2 3');
  server.setPods('shop', 'catalog', pods(3));
  await see('3');
  server.setPods('shop', 'catalog', []);
  await see('');
  expect(snapshots).toHaveLength(4);
});

test('a pod that terminates drains while it serves, and then is gone', async () => {
  server.setPods('shop', 'catalog', pods(1, 2));
  const { see, snapshots } = discover();
  await see('1 2');
  const [first, second] = pods(1, 2) as [ServicePod, ServicePod];
  server.setPods('shop', 'catalog', [first, { ...second, ready: false, serving: true, terminating: true }]);
  await eventually('draining', () => snapshots.at(-1)?.[1]?.draining);
  expect(snapshots.at(-1)?.map(({ ready, draining }) => [ready, draining])).toEqual([[true, false], [false, true]]);
  server.setPods('shop', 'catalog', [first, { ...second, ready: false, serving: false, terminating: true }]);
  await see('1');
});

test('reads a Service of many slices in pages', async () => {
  for (let number = 1; number <= 120; number++) {
    server.apply({
      metadata: { name: `catalog-${number}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'catalog' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [`127.0.1.${number}`] }],
      ports: [{ name: 'http', port: 80 }],
    });
  }
  const { snapshots } = discover();
  await eventually('all endpoints', () => snapshots.at(-1)?.length === 120);
  expect(requests.filter(({ watch }) => !watch)).toHaveLength(3);
});

test('a page that is gone starts the list again', async () => {
  for (let number = 1; number <= 60; number++) {
    server.apply({
      metadata: { name: `catalog-${number}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': 'catalog' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: [`127.0.1.${number}`] }],
      ports: [{ name: 'http', port: 80 }],
    });
  }
  let forgotten = false;
  server.interfere = ({ query }) => {
    if (query.has('continue') && !forgotten) {
      forgotten = true;
      server.forgetHistory();
    }
    return undefined;
  };
  const { snapshots, events } = discover();
  await eventually('all endpoints', () => snapshots.at(-1)?.length === 60);
  expect(events).toEqual(['discovery_relist']);
  expect(snapshots).toHaveLength(1);
});

test('both families of a dual-stack pod are one endpoint', async () => {
  const [pod] = pods(1) as [ServicePod];
  server.setPods('shop', 'catalog', [pod, { ...pod, address: 'fd00::1' }]);
  const four = discover(['10.0.0.1', 'fd00::9']);
  const six = discover(['fd00::9', '10.0.0.1']);
  await eventually('both', () => four.snapshots.length > 0 && six.snapshots.length > 0);
  expect(four.snapshots.at(-1)?.map(({ address }) => address)).toEqual(['127.0.1.1']);
  expect(six.snapshots.at(-1)?.map(({ address }) => address)).toEqual(['fd00::1']);
});

test('goes on after watches that end in order, without listing again', async () => {
  server.setPods('shop', 'catalog', pods(1));
  server.interfere = (request) => {
    requests.push(request);
    if (request.watch) request.query.set('timeoutSeconds', '1');
    return undefined;
  };
  const { see, source } = discover();
  await eventually('a third watch', () => requests.filter(({ watch }) => watch).length === 3);
  server.setPods('shop', 'catalog', pods(1, 2));
  await see('1 2');
  expect(requests.filter(({ watch }) => !watch)).toHaveLength(1);
  expect(source.health.failures).toBe(0);
});

test('bookmarks keep a watch that saw nothing from being too old when it is taken up again', async () => {
  server.setPods('shop', 'catalog', pods(1));
  const { see, events } = discover();
  await see('1');
  await eventually('the watch', () => server.openWatches === 1);
  // More changes of another Service than the server remembers.
  for (let round = 1; round <= 9; round++) server.setPods('shop', 'cart', pods(round));
  const version = server.resourceVersion;
  server.interfere = (request) => {
    requests.push(request);
    return undefined;
  };
  await eventually('a bookmark', () => (sources[0]?.health.lastConfirmedAt ?? 0) > 0);
  const confirmed = sources[0]?.health.lastConfirmedAt;
  await eventually('another bookmark', () => sources[0]?.health.lastConfirmedAt !== confirmed);
  server.dropWatches();
  await eventually('the next list', () => requests.some(({ watch, query }) => !watch && query.get('resourceVersion') === version));
  expect(events).not.toContain('discovery_relist');
});

test('a watch from a version that is not remembered is gone, and everything is read anew', async () => {
  server.setPods('shop', 'catalog', pods(1));
  server.interfere = ({ watch }) => {
    if (watch && server.openWatches === 0 && !events.includes('discovery_relist')) server.forgetHistory();
    return undefined;
  };
  const { see, events, watching } = discover();
  await eventually('the relist', () => events.includes('discovery_relist'));
  await watching();
  server.setPods('shop', 'catalog', pods(1, 2));
  await see('1 2');
});

test('410 as a status is handled like 410 inside the stream', async () => {
  server.setPods('shop', 'catalog', pods(1));
  let refused = 0;
  server.interfere = ({ watch }) => (watch && refused++ === 0 ? { status: 410 } : undefined);
  const { see, events, source } = discover();
  await eventually('the relist', () => events.includes('discovery_relist'));
  server.setPods('shop', 'catalog', pods(2));
  await see('2');
  expect(source.health.failures).toBe(0);
});

test('a watch that is cut in the middle of a line is taken up again', async () => {
  server.setPods('shop', 'catalog', pods(1));
  const { see, watching, events, snapshots } = discover();
  await see('1');
  await watching();
  server.dropWatches({ midLine: true });
  await eventually('the failure', () => events.includes('discovery_failing'));
  server.setPods('shop', 'catalog', pods(1, 2));
  await see('1 2');
  await eventually('recovery', () => events.includes('discovery_recovered'));
  expect(snapshots).toHaveLength(2);
});

test('keeps the endpoints while the API is away, and learns what happened meanwhile when it is back with another history', async () => {
  server.setPods('shop', 'catalog', pods(1, 2));
  const { see, watching, source, snapshots } = discover();
  await see('1 2');
  await watching();
  await server.stop();
  await eventually('failures', () => source.health.failures >= 2);
  expect(source.health.lastError).toContain('ECONNREFUSED');
  expect(snapshots).toHaveLength(1);
  server.setPods('shop', 'catalog', pods(2, 3));
  await server.start();
  await see('2 3');
  await eventually('recovery', () => source.health.failures === 0 && source.health.lastError === undefined);
  expect(snapshots).toHaveLength(2);
});

test('a renewed token is used at once, and watches that are open stay', async () => {
  server.setPods('shop', 'catalog', pods(1));
  const { see, watching, events } = discover();
  await see('1');
  await watching();
  await server.rotateToken();
  server.setPods('shop', 'catalog', pods(1, 2));
  await see('1 2');
  expect(events).toEqual([]);
  server.dropWatches();
  server.setPods('shop', 'catalog', pods(3));
  await see('3');
  expect(events.filter((name) => name === 'discovery_failing')).toHaveLength(1);
});

test('another authority in the file is trusted from the next connection on, and the old one no longer', async () => {
  server.setPods('shop', 'catalog', pods(1));
  const { port } = new URL(server.url);
  const { see, watching, source } = discover();
  await see('1');
  await watching();
  await server.close();
  server = new EndpointApi({ port: Number(port) });
  await server.listen();
  await eventually('refusal of the stranger', () => source.health.lastError?.includes('self-signed certificate'));
  await server.close();
  server = new EndpointApi({ port: Number(port), credentialsFolder: folder });
  server.setPods('shop', 'catalog', pods(5));
  await server.listen();
  await see('5');
});

test('an API that is not there at the start is waited for', async () => {
  await server.stop();
  const { see, source, snapshots } = discover();
  await eventually('a failure', () => source.health.failures > 0);
  expect(snapshots).toEqual([]);
  expect(source.health.synced).toBe(false);
  server.setPods('shop', 'catalog', pods(1));
  await server.start();
  await see('1');
});

test('many sources share few idle connections, and close leaves none of theirs', async () => {
  server.setPods('shop', 'catalog', pods(1));
  const many = Array.from({ length: 10 }, () => discover());
  await eventually('ten watches', () => server.openWatches === 10);
  for (const { source } of many) source.close();
  await eventually('no watch', () => server.openWatches === 0);
});
