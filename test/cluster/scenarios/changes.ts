/** The YAML changes while the pods run: new versions, new calls, and the same once more. */
import { Scaling } from 'cdk8s-mesh';
import type { Cluster } from '../cluster';
import { Check, equal, holds, Scenario, under } from '../scenario';
import { shop } from '../stack';
import type { Manifest } from '../../support/manifests';

const WITH_CANARY = 20;
const SHARE_TOLERANCE = 0.05;
/** kubectl says `configured` of any PodDisruptionBudget that it applies, for its patch of these replaces the spec. */
const ALWAYS_CONFIGURED = /^poddisruptionbudget/;

function identity({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.name}`;
}

/** What an app saw of a service that it called. */
async function resultOf(cluster: Cluster, deployment: string, url: string): Promise<{ readonly through?: string; readonly status?: number }> {
  const program = 'fetch(process.argv[1]).then(async (r) => console.log(JSON.stringify({ status: r.status, ...(await r.json()) })))';
  return JSON.parse(await cluster.node(await cluster.pod(deployment), 'main', program, `http://127.0.0.1:3000/call?url=${encodeURIComponent(url)}`));
}

export const CHANGES: readonly Scenario[] = [
  {
    name: 'apply-again',
    does: 'the same YAML is applied a second time',
    meshed: false,
    async run(cluster) {
      await cluster.applyShop();
      const said = await cluster.applyShop();
      return { loads: [], checks: [equal('objects that kubectl calls changed', said.filter((line) => !line.endsWith(' unchanged') && !ALWAYS_CONFIGURED.test(line)), [])] };
    },
  },
  {
    name: 'canary',
    does: `a version with a share of ${WITH_CANARY} % is added, takes its share, and is removed`,
    meshed: true,
    async run(cluster) {
      const before = shop(cluster.images);
      const after = shop(cluster.images, (service) => service('catalog').addVersion('v3', {
        containers: [{ image: cluster.images.app, portNumber: 8080 }], scaling: Scaling.replicas(2), weight: WITH_CANARY,
      }));
      const names = new Set(before.map(identity));
      const added = after.filter((manifest) => !names.has(identity(manifest)));
      const get = { url: 'http://catalog/', rate: 100, method: 'GET' } as const;
      let share = NaN;
      await cluster.rolledOut('web-v1');
      const caller = await cluster.pod('web-v1');
      const loads = await under(cluster, [['web-v1', get]], async () => {
        await cluster.apply(after);
        await cluster.rolledOut('catalog-v3');
        const pods = (await cluster.pods('catalog-v3')).map(({ metadata }) => metadata.name as string);
        // Each pod has its new document when kubelet looks for it, so the one that is measured must have been seen to call it.
        await cluster.until('the new version is called', async () => (await cluster.metric(caller, 'mesh_requests_total', 'v3"')) > 0);
        const [measured] = await under(cluster, [['web-v1', get]], () => cluster.pause(5_000));
        share = pods.reduce((sum, pod) => sum + (measured!.byPod[pod] ?? 0), 0) / measured!.sent;
        await cluster.applyShop();
        await cluster.pause(5_000);
        await cluster.remove(added);
      });
      const off = Math.abs(share - WITH_CANARY / 100);
      return { loads, checks: [holds('its share', off <= SHARE_TOLERANCE, `${(share * 100).toFixed(1)} % instead of ${WITH_CANARY} %`)] };
    },
  },
  {
    name: 'new-call',
    does: 'a call is added; running pods make it without being replaced, and go on when it is removed again',
    meshed: true,
    async run(cluster) {
      const template = await cluster.template('web-v1');
      const get = { url: 'http://catalog/', rate: 50, method: 'GET' } as const;
      const checks: Check[] = [];
      const loads = await under(cluster, [['web-v1', get]], async () => {
        await cluster.apply(shop(cluster.images, (service) => service('web').calls(service('payments'))));
        let last = '';
        await cluster.until('the new call goes through the sidecar', async () => {
          const { through, status } = await resultOf(cluster, 'web-v1', 'http://payments/');
          last = `${status} through ${through}`;
          return status === 200 && (through ?? '').startsWith('127.');
        }).catch(() => undefined);
        checks.push(holds('the new call', last.startsWith('200 through 127.'), last));
        checks.push(equal('pod template', await cluster.template('web-v1'), template));
        await cluster.applyShop();
        await cluster.pause(3_000);
        const { status } = await resultOf(cluster, 'web-v1', 'http://payments/');
        checks.push(equal('status of the call that was removed, from a pod that still makes it', status, 200));
      });
      return { loads, checks };
    },
  },
];
