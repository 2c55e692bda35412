/** Proxies in a cluster, by a program that stands in for kubectl and an API server that forwards to real sockets. */
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ClusterProxies } from '../../../src/cli/cluster/cluster-proxies';
import { Kubectl } from '../../../src/cli/cluster/kubectl';
import { FakeCluster, FakePod, fakePod } from '../../support/fake-cluster';

let cluster: FakeCluster;
let admin: Server;
let proxies: ClusterProxies | undefined;
const asked: string[] = [];

function has(pods: readonly FakePod[], reachable: readonly string[]): void {
  const { address, port } = admin.address() as AddressInfo;
  cluster.pods = pods;
  cluster.admins = Object.fromEntries(reachable.map((name) => [name, { address, port }]));
}

beforeAll(async () => {
  cluster = await new FakeCluster().start();
  admin = createServer((request, response) => {
    asked.push(request.url!);
    response.statusCode = request.url === '/metrics' ? 200 : 404;
    response.end('page');
  });
  await new Promise<void>((resolve) => admin.listen(0, '127.0.0.1', resolve));
});

afterEach(() => proxies?.close());

afterAll(() => {
  admin.close();
  admin.closeAllConnections();
  cluster.stop();
});

function inCluster(...scope: string[]): ClusterProxies {
  return proxies = new ClusterProxies(new Kubectl(['--kubeconfig', cluster.kubeconfig], cluster.kubectl), scope);
}

test('finds pods with the sidecar in the namespaces that are asked for, and none that are over', async () => {
  has([fakePod('a'), fakePod('b', { container: 'other' }), fakePod('job', { status: { phase: 'Succeeded' } }), fakePod('d', { namespace: 'back' })], []);
  const found = async (...scope: string[]) => (await inCluster(...scope).proxies()).map(({ id, address, image }) => [id, address, image]);
  expect(await found('--namespace', 'shop')).toEqual([['shop/a', '10.0.0.1', 'proxy:1']]);
  expect(await found('--all-namespaces')).toEqual([['shop/a', '10.0.0.1', 'proxy:1'], ['back/d', '10.0.0.1', 'proxy:1']]);
});

test('reads pages through one forward a pod, and says when there is none', async () => {
  has([fakePod('a'), fakePod('gone')], ['a']);
  const [a, gone] = await inCluster('--namespace', 'shop').proxies();
  expect(await Promise.all([a.get('/metrics'), a.get('/metrics')])).toEqual(['page', 'page']);
  await expect(a.get('/other')).rejects.toThrow('/other answered 404: page');
  await expect(gone.get('/metrics')).rejects.toThrow('pods "gone" not found');
  expect(asked).toEqual(['/metrics', '/metrics', '/other']);
});

test('a pod that could not be reached is tried again', async () => {
  has([fakePod('a')], []);
  const [a] = await inCluster('--namespace', 'shop').proxies();
  await expect(a.get('/metrics')).rejects.toThrow('not found');
  has([fakePod('a')], ['a']);
  expect(await a.get('/metrics')).toBe('page');
});

test('a look that is under way when all is closed leaves no forward behind', async () => {
  has([fakePod('a')], ['a']);
  const [a] = await inCluster('--namespace', 'shop').proxies();
  await proxies!.close();
  cluster.asked.length = 0;
  await expect(a.get('/metrics')).rejects.toThrow('it is no longer looked at');
  expect(cluster.asked).toEqual([]);
});

test.each([
  ['whose image is not there', {
    phase: 'Pending',
    initContainerStatuses: [{ name: 'mesh-proxy', state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } }],
    containerStatuses: [{ name: 'main', state: { waiting: { reason: 'PodInitializing' } } }],
  }, 'the pod is Pending: mesh-proxy: ErrImagePull, no such image'],
  ['without a node', {
    phase: 'Pending', podIP: undefined, conditions: [{ type: 'PodScheduled', status: 'False', message: '0/2 nodes are available' }],
  }, 'the pod is Pending: 0/2 nodes are available'],
  ['on a node that is lost', { phase: 'Unknown', reason: 'NodeLost' }, 'the pod is Unknown: NodeLost'],
])('a pod %s says why it gives no answer', async (_what, status, why) => {
  has([fakePod('a', { status })], ['a']);
  const [a] = await inCluster('--namespace', 'shop').proxies();
  await expect(a.get('/metrics')).rejects.toThrow(why);
});

test('without kubectl it says what to install', async () => {
  const missing = new ClusterProxies(new Kubectl([], '/nowhere/kubectl'), []);
  await expect(missing.proxies()).rejects.toThrow("there is no program '/nowhere/kubectl' in the PATH; install kubectl");
});
