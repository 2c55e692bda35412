/** Sessions through the real proxies of several callers, over endpoints that come and go. */
import { get } from 'node:http';
import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshService, Scaling, SessionPersistence } from 'cdk8s-mesh';
import { POD_FIELD, VERSION_FIELD } from '../../src/cli/stand-in/server';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import type { Pod } from '../../src/cli/up/pod';
import { modelOf, startMesh } from '../support/local-mesh';
import { eventually } from '../support/eventually';

const container = { image: 'example/app:1', portNumber: 8080 };

function build(chart: Chart): void {
  const keys = kplus.Secret.fromSecretName(chart, 'Keys', 'session-keys');
  const cart = new MeshService(chart, 'cart', {
    containers: [container], scaling: Scaling.replicas(3), sessionPersistence: SessionPersistence.cookie('cart', { keys }),
  });
  cart.addVersion('v2', { containers: [container], scaling: Scaling.replicas(2), weight: 50 });
  new MeshService(chart, 'web', { containers: [container], scaling: Scaling.replicas(2) }).calls(cart);
}

let mesh: LocalMesh;
beforeAll(async () => { mesh = await startMesh(modelOf(build)); }, 60_000);
afterAll(() => mesh.stop());

const podsOf = (service: string): Pod[] => mesh.pods.filter((pod) => pod.workload.service === service && pod.state === 'ready');

interface Answer { readonly status: number; readonly pod: string; readonly version: string; readonly cookie: string | undefined }

/** A request of the app in a pod of `web`, on a connection of its own. */
function ask(web: Pod, cookie?: string): Promise<Answer> {
  const { address, port } = web.workload.config.listeners.find(({ direction }) => direction === 'outbound')!;
  const place = web.outbound({ address: address!, port });
  return new Promise((resolve, reject) => {
    get({ host: place.address, port: place.port, agent: false, headers: { host: 'cart', ...(cookie && { cookie }) } }, (response) => {
      response.resume().on('end', () => resolve({
        status: response.statusCode!,
        pod: String(response.headers[POD_FIELD]),
        version: String(response.headers[VERSION_FIELD]),
        cookie: response.headers['set-cookie']?.[0]?.split(';')[0],
      }));
    }).on('error', reject);
  });
}

test('a session stays with its pod and version, whichever proxy a request passes, through the death of one', async () => {
  const [first] = podsOf('web');
  const sessions = await Promise.all(Array.from({ length: 8 }, () => ask(first!)));
  expect(new Set(sessions.map(({ version }) => version))).toEqual(new Set(['v1', 'v2']));
  const stay = async (): Promise<void> => {
    for (const { cookie, pod, version } of sessions) {
      for (const web of podsOf('web')) expect(await ask(web, cookie)).toEqual({ status: 200, pod, version, cookie: undefined });
    }
  };
  await stay();
  await mesh.kill(first!.name);
  await eventually('another takes its place', () => podsOf('web').length === 2 && !podsOf('web').includes(first!), 20_000);
  await stay();
}, 60_000);

test('a session stays with a pod that is about to stop, and moves within its version when that is gone', async () => {
  const [web] = podsOf('web');
  const { cookie, pod, version } = await ask(web!);
  const stopped = mesh.stopGracefully(pod);
  for (let i = 0; i < 10; i += 1) expect(await ask(web!, cookie)).toEqual({ status: 200, pod, version, cookie: undefined });
  expect(mesh.pods.find(({ name }) => name === pod)).toMatchObject({ state: 'terminating' });
  await stopped;
  const moved = await ask(web!, cookie);
  expect(moved).toMatchObject({ status: 200, version, cookie: expect.any(String) as string });
  expect(moved.cookie).not.toBe(cookie);
  expect(await ask(web!, moved.cookie)).toMatchObject({ pod: moved.pod, cookie: undefined });
}, 90_000);
