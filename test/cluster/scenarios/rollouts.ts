/** Pods are replaced, scaled and moved while they are called. No request may be lost, whoever calls. */
import { Cluster } from '../cluster';
import { Scenario, under } from '../scenario';

const RATE = 50;

/** Calls by an app with a sidecar, GET and POST. */
const MESHED: Parameters<Cluster['load']>[] = [
  ['web-v1', { url: 'http://catalog/', rate: RATE, method: 'GET' }], ['web-v1', { url: 'http://catalog/', rate: RATE, method: 'POST' }],
];
/** Calls by keep-alive connections to the ClusterIP, by a client without a sidecar. */
const OUTSIDE: Parameters<Cluster['load']>[] = [
  ['client', { url: 'http://web/', rate: RATE, method: 'GET' }], ['client', { url: 'http://web/', rate: RATE, method: 'POST' }],
];

type Act = (cluster: Cluster) => Promise<void>;

function scenario(name: string, does: string, loads: typeof MESHED, act: Act, more: Partial<Scenario> = {}): Scenario {
  return {
    name, does, meshed: loads === MESHED, ...more,
    run: async (cluster) => ({ loads: await under(cluster, loads, () => act(cluster)), checks: [] }),
  };
}

/** Pods whose app does as it is told at SIGTERM, while they are replaced. */
function withTermMode(mode: string, act: Act): Act {
  return async (cluster) => {
    await cluster.setEnvironment('web-v1', `TERM_MODE=${mode}`);
    await act(cluster);
    await cluster.setEnvironment('web-v1', 'TERM_MODE-');
  };
}

const restartWeb = (cluster: Cluster): Promise<void> => cluster.restart('web-v1');

export const ROLLOUTS: readonly Scenario[] = [
  scenario('rollout-callee', 'rolling restart of a service that is called in the mesh', MESHED, (cluster) => cluster.restart('catalog-v1')),
  scenario('scale', 'a called service goes to 5 pods and back', MESHED, async (cluster) => {
    await cluster.scale('catalog-v1', 5);
    await cluster.scale('catalog-v1', 3);
  }),
  scenario('rollout-outside', 'rolling restart of a service that a client outside of the mesh calls by keep-alive connections', OUTSIDE, restartWeb),
  scenario('rollout-outside-slow', 'the same; its app closes its listener at SIGTERM and takes 8 s to end', OUTSIDE, withTermMode('slow', restartWeb)),
  scenario('rollout-outside-deaf', 'the same; its app ignores SIGTERM', OUTSIDE, withTermMode('ignore', restartWeb)),
  scenario('rollback', 'a rollout is undone', MESHED, async (cluster) => {
    await cluster.setEnvironment('catalog-v1', 'REVISION=2');
    await cluster.kubectl.run(['rollout', 'undo', 'deployment/catalog-v1']);
    await cluster.rolledOut('catalog-v1');
  }),
  scenario('drain', 'the node of a called pod is drained', MESHED, async (cluster) => {
    const [first] = await cluster.pods('catalog-v1');
    const node = first!.spec.nodeName as string;
    try {
      await cluster.kubectl.run(['drain', node, '--pod-selector=cdk8s-mesh/service=catalog', '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=280s']);
    } finally {
      await cluster.kubectl.run(['uncordon', node]);
    }
    await cluster.rolledOut('catalog-v1', 'catalog-v2');
  }, { onRequest: true }),
];
