/** Proxies in a cluster, by a program that stands in for kubectl and forwards to real sockets. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClusterProxies } from '../../../src/cli/watch/cluster-proxies';
import { Kubectl } from '../../../src/cli/watch/kubectl';

const PROGRAM = join(__dirname, 'fake-kubectl.mjs');

let folder: string;
/** What the program knows of the cluster. */
let file: string;
let admin: Server;
let proxies: ClusterProxies | undefined;
const asked: string[] = [];

function pod(name: string, namespace = 'shop', container = 'mesh-proxy', phase = 'Running') {
  return {
    metadata: { name, namespace, uid: `uid-${name}` },
    spec: { containers: [{ name: 'main' }], initContainers: [{ name: container, ports: [{ name: 'mesh-admin', containerPort: 15_099 }] }] },
    status: { phase, podIP: '10.0.0.1' },
  };
}

function cluster(pods: readonly ReturnType<typeof pod>[], reachable: readonly string[]): void {
  const { port } = admin.address() as AddressInfo;
  writeFileSync(file, JSON.stringify({ pods, ports: Object.fromEntries(reachable.map((name) => [name, port])) }));
}

beforeAll(async () => {
  chmodSync(PROGRAM, 0o755);
  folder = mkdtempSync(join(tmpdir(), 'mesh-watch-'));
  file = join(folder, 'cluster.json');
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
  rmSync(folder, { recursive: true });
});

function inCluster(...scope: string[]): ClusterProxies {
  return proxies = new ClusterProxies(new Kubectl(['--kubeconfig', file], PROGRAM), scope);
}

test('finds running pods with the sidecar in the namespaces that are asked for', async () => {
  cluster([pod('a'), pod('b', 'shop', 'other'), pod('c', 'shop', 'mesh-proxy', 'Pending'), pod('d', 'back')], []);
  const found = async (...scope: string[]) => (await inCluster(...scope).proxies()).map(({ id, address }) => [id, address]);
  expect(await found('--namespace', 'shop')).toEqual([['shop/a', '10.0.0.1']]);
  expect(await found('--all-namespaces')).toEqual([['shop/a', '10.0.0.1'], ['back/d', '10.0.0.1']]);
});

test('reads pages through one forward a pod, and says when there is none', async () => {
  cluster([pod('a'), pod('gone')], ['a']);
  const [a, gone] = await inCluster('--namespace', 'shop').proxies();
  expect(await Promise.all([a.get('/metrics'), a.get('/metrics')])).toEqual(['page', 'page']);
  await expect(a.get('/other')).rejects.toThrow('/other answered 404');
  await expect(gone.get('/metrics')).rejects.toThrow('pods "gone" not found');
  expect(asked).toEqual(['/metrics', '/metrics', '/other']);
});

test('a pod that could not be reached is tried again', async () => {
  cluster([pod('a')], []);
  const [a] = await inCluster('--namespace', 'shop').proxies();
  await expect(a.get('/metrics')).rejects.toThrow('not found');
  cluster([pod('a')], ['a']);
  expect(await a.get('/metrics')).toBe('page');
});

test('without kubectl it says what to install', async () => {
  const missing = new ClusterProxies(new Kubectl([], '/nowhere/kubectl'), []);
  await expect(missing.proxies()).rejects.toThrow("there is no program '/nowhere/kubectl' in the PATH; install kubectl");
});
