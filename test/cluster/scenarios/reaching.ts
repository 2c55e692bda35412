/** Who reaches what: apps that listen in unusual places, people with port-forward, pods that must not be reached, calls that pass a sidecar by. */
import { connect } from 'node:net';
import { App, Chart, Size, Testing } from 'cdk8s';
import { Cpu, ImagePullPolicy, Job } from 'cdk8s-plus-28';
import { Mesh, MeshSidecar, ProxyImage } from 'cdk8s-mesh';
import type { Cluster } from '../cluster';
import { Check, equal, holds, Scenario, under } from '../scenario';
import { NAMESPACE } from '../stack';
import type { Manifest } from '../../support/manifests';

const GET = { url: 'http://catalog/', rate: 50, method: 'GET' } as const;

/** It answers, so a request that reached it would count as one. */
const SERVE = 'require("node:http").createServer((_, r) => r.end(JSON.stringify({ pod: require("node:os").hostname() }))).listen(8080)';

/** A Job that says it belongs to the service `catalog`, and takes no requests. */
function jobBeside({ proxy, app }: Cluster['images']): Manifest[] {
  const chart = new Chart(new App(), 'beside', { namespace: NAMESPACE, disableResourceNameHashes: true });
  new Mesh(chart, 'mesh', { proxyImage: ProxyImage.of(proxy) });
  const job = new Job(chart, 'migrate', {
    securityContext: { user: 65_532, group: 65_532 },
    containers: [{
      name: 'main', image: app, imagePullPolicy: ImagePullPolicy.IF_NOT_PRESENT, command: ['node', '-e', SERVE], portNumber: 8080,
      // cdk8s-plus asks for a whole CPU by default.
      resources: { cpu: { request: Cpu.millis(10) }, memory: { request: Size.mebibytes(64) } },
    }],
  });
  new MeshSidecar(chart, 'sidecar', { workload: job, serviceName: 'catalog', version: 'migrate' });
  const manifests: Manifest[] = Testing.synth(chart);
  const { spec } = manifests.find(({ kind }) => kind === 'Job').spec.template;
  Object.assign(spec.containers[0].securityContext, { capabilities: { drop: ['ALL'] }, seccompProfile: { type: 'RuntimeDefault' } });
  return manifests;
}

async function forwarded(cluster: Cluster, target: string, path: string): Promise<string> {
  const child = cluster.kubectl.start(['port-forward', target, ':80']);
  try {
    const port = await new Promise<number>((found, failed) => {
      child.stdout!.on('data', (chunk) => {
        const match = /127\.0\.0\.1:(\d+)/.exec(String(chunk));
        if (match) found(Number(match[1]));
      });
      child.on('close', () => failed(new Error('kubectl port-forward ended')));
    });
    return await new Promise<string>((answered, failed) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n`));
      let text = '';
      socket.on('data', (chunk) => { text += String(chunk); });
      socket.on('error', failed);
      socket.on('close', () => answered(text.split('\r\n')[0]!));
    });
  } finally {
    child.kill();
  }
}

export const REACHING: readonly Scenario[] = [
  {
    name: 'job-beside',
    does: 'a Job with a sidecar bears the name of a service; it takes no requests of it',
    meshed: true,
    async run(cluster) {
      const manifests = jobBeside(cluster.images);
      const job = manifests.find(({ kind }) => kind === 'Job').metadata.name as string;
      const loads = await under(cluster, [['web-v1', GET], ['client', GET]], async () => {
        await cluster.apply(manifests);
        await cluster.kubectl.run(['wait', '--for=condition=Ready', 'pod', '-l', `job-name=${job}`, '--timeout=120s']);
        await cluster.pause(5_000);
      });
      const pods = await cluster.kubectl.json<{ items: Manifest[] }>(['get', 'pods', '-l', `job-name=${job}`]);
      const got = pods.items.reduce((sum, { metadata }) => sum + loads.reduce((all, { byPod }) => all + (byPod[metadata.name] ?? 0), 0), 0);
      await cluster.remove(manifests);
      return { loads: [loads[0]!], checks: [equal('requests that the Job got', got, 0), equal('failed requests of the client outside', loads[1]!.failed, 0)] };
    },
  },
  {
    name: 'app-address',
    does: 'the app listens on localhost by IPv6 or on the pod\'s own address only',
    meshed: true,
    async run(cluster) {
      const checks: Check[] = [];
      for (const host of ['localhost', '$(POD_ADDRESS)']) {
        await cluster.kubectl.run(['patch', 'deployment', 'cart-v1', '--type=strategic', '-p', JSON.stringify({
          spec: { template: { spec: { containers: [{
            name: 'main',
            startupProbe: null,
            env: [{ name: 'POD_ADDRESS', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, { name: 'HOST', value: host }],
          }] } } },
        })]);
        await cluster.rolledOut('cart-v1');
        const [load] = await under(cluster, [['web-v1', { url: 'http://cart/', rate: 20, method: 'GET' }]], () => cluster.pause(2_000));
        checks.push(equal(`failed requests with HOST=${host}`, load!.failed, 0));
      }
      await cluster.kubectl.run(['delete', 'deployment', 'cart-v1']);
      await cluster.applyShop();
      await cluster.rolledOut('cart-v1');
      return { loads: [], checks };
    },
  },
  {
    name: 'port-forward',
    does: 'kubectl port-forward to a service in the mesh',
    meshed: false,
    async run(cluster) {
      return { loads: [], checks: [equal('the answer', await forwarded(cluster, 'service/web', '/'), 'HTTP/1.1 200 OK')] };
    },
  },
  {
    name: 'bypass-seen',
    does: 'an app calls the ClusterIP of a service past its sidecar',
    meshed: false,
    async run(cluster) {
      const { spec } = await cluster.kubectl.json<Manifest>(['get', 'service', 'catalog']);
      const through = await under(cluster, [['web-v1', GET]], () => cluster.pause(1_000));
      const past = await under(cluster, [['web-v1', { ...GET, url: `http://${spec.clusterIP}/` }]], () => cluster.pause(1_000));
      let counted = 0;
      for (const { metadata } of [...await cluster.pods('catalog-v1'), ...await cluster.pods('catalog-v2')]) {
        counted += await cluster.metric(metadata.name, BYPASS_METRIC);
      }
      return {
        loads: [...through, ...past],
        checks: [holds('the callees\' count of requests that passed a sidecar by', counted > 0, `${counted}, though ${past[0]!.passedBy} did`)],
      };
    },
  },
];

/** Counter of the callee's sidecar. */
const BYPASS_METRIC = 'mesh_bypassing_requests_total';
