/**
 * Two cdk8s apps in two folders, each in a namespace of its own, that call each other's services by name. Neither knows the other's code, and each
 * is applied alone: first the one whose callee is not there yet.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Chart, Testing } from 'cdk8s';
import { Mesh, MeshService, ProxyImage, Scaling } from 'cdk8s-mesh';
import { Cluster } from '../cluster';
import { Check, holds, Scenario, under } from '../scenario';
import { Images, namespace, withProgram } from '../stack';
import type { Manifest } from '../../support/manifests';

const FRONT = 'two-apps-front';
const PAY = 'two-apps-pay';

/** Percent of the requests to `payments` that its second version gets, and how far off it may be: some 1,000 requests. */
const SHARE = 20;
const TOLERANCE = 6;

const containers = [{ image: 'example/app:1', portNumber: 8080 }];
const scaling = Scaling.replicas(2);

/** Objects of an app with one chart. */
function app(id: string, images: Images, fill: (chart: Chart) => void): Manifest[] {
  const chart = new Chart(new App(), id, { namespace: id });
  new Mesh(chart, 'mesh', { proxyImage: ProxyImage.of(images.proxy) });
  fill(chart);
  return withProgram(Testing.synth(chart) as Manifest[], images);
}

function front(images: Images): Manifest[] {
  return app(FRONT, images, (chart) => {
    const web = new MeshService(chart, 'web', { containers, scaling });
    web.calls(MeshService.fromName(chart, 'Payments', { name: 'payments', namespace: PAY, versions: { v1: 100 - SHARE, v2: SHARE } }));
  });
}

function pay(images: Images): Manifest[] {
  return app(PAY, images, (chart) => {
    const payments = new MeshService(chart, 'payments', { containers, scaling });
    payments.addVersion('v2', { containers, scaling, weight: SHARE });
    payments.calls(MeshService.fromName(chart, 'Web', { name: 'web', namespace: FRONT }));
  });
}

/** Whether an account may list the EndpointSlices of a namespace. */
async function mayList(cluster: Cluster, of: string, account: string): Promise<boolean> {
  return cluster.kubectl.in(of).succeeds(['auth', 'can-i', 'list', 'endpointslices.discovery.k8s.io', '--as', `system:serviceaccount:${account}`]);
}

async function applyFolder(cluster: Cluster, manifests: Manifest[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'two-apps-'));
  try {
    writeFileSync(join(folder, 'app.k8s.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests }));
    await cluster.kubectl.in().run(['apply', '-f', folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const TWO_APPS: Scenario = {
  name: 'two-apps',
  does: 'two apps in two folders and namespaces call each other; the callee that has two versions is restarted',
  meshed: true,
  async run(cluster) {
    const { images, kubectl } = cluster;
    const [inFront, inPay] = [FRONT, PAY].map((name) => new Cluster(kubectl.in(name), images));
    const checks: Check[] = [];
    try {
      await applyFolder(cluster, [...namespace(FRONT), ...namespace(PAY)]);
      await applyFolder(cluster, front(images));
      await inFront!.rolledOut('web-v1');
      await applyFolder(cluster, pay(images));
      await inPay!.rolledOut('payments-v1', 'payments-v2');
      let back: Awaited<ReturnType<typeof under>> = [];
      const there = await under(inFront!, [['web-v1', { url: `http://payments.${PAY}/`, rate: 50, method: 'GET' }]], async () => {
        back = await under(inPay!, [['payments-v2', { url: `http://web.${FRONT}/`, rate: 20, method: 'GET' }]], () => inPay!.restart('payments-v1'));
      });
      const { byPod } = there[0]!;
      const requestsOf = (pods: string): number => (
        Object.entries(byPod).reduce((total, [pod, count]) => (pod.startsWith(pods) ? total + count : total), 0));
      const share = 100 * requestsOf('payments-v2-') / requestsOf('payments-');
      checks.push(holds(`the share of v2 is ${SHARE} %`, Math.abs(share - SHARE) <= TOLERANCE, `it is ${share.toFixed(1)} %`));
      checks.push(holds('a caller may list the EndpointSlices of the other namespace', await mayList(cluster, PAY, `${FRONT}:web`), 'it may not'));
      checks.push(holds('others of its namespace may not', !await mayList(cluster, PAY, `${FRONT}:default`), 'they may'));
      return { loads: [...there, ...back], checks };
    } finally {
      await kubectl.run(['delete', 'namespace', FRONT, PAY, '--ignore-not-found', '--wait=true']);
    }
  },
};
