/**
 * Images and documents of different releases, as a rolling upgrade and a roll back bring them together: real processes. The older
 * image is the present one, with a document of a release to come; the older document is one that was released.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EndpointApi } from '../../src/cli/up/endpoint-api';
import { CONTRACT_MINOR, ProxyConfig } from '../../src/contract';
import { ask, ProcessPod } from '../support/process-pod';
import { freePort } from '../support/proxy';

const NEWER = { minor: CONTRACT_MINOR + 1 };

let pod: ProcessPod;
beforeEach(async () => { pod = await ProcessPod.make(); });
afterEach(() => pod.close());

/** A document of a later release, with fields and a policy that this one doesn't know. */
function ofLaterRelease(ports: Readonly<Record<string, number>>, more: object = {}): object {
  const document = pod.calling(ports);
  return {
    ...document,
    ...NEWER,
    clusters: document.clusters.map((cluster) => ({ ...cluster, loadBalancing: { type: 'telepathy' }, colour: 'blue' })),
    ...more,
  };
}

test.each([1, 2])('an older image takes over a newer document, runs on with it, and starts with it in a new pod, with %d processes that serve', async (workers) => {
  const [cart, catalog] = [await freePort(), await freePort()];
  pod.mount(pod.calling({ catalog }, { workers }));
  const first = await pod.start();
  expect(await pod.page('/metrics')).toContain('mesh_config_ignored_fields 0');
  pod.mount(ofLaterRelease({ cart, catalog }, { workers }));
  await first.logs('config_applied');
  await first.logs('config_fields_ignored');
  expect(first.output).toMatch(/"event":"config_fields_ignored".*"\/clusters\/0\/colour","\/clusters\/0\/loadBalancing"/);
  expect(await pod.page('/metrics')).toContain('mesh_config_ignored_fields 4');
  expect(JSON.parse(await pod.page('/config'))).toMatchObject({ ignored: expect.arrayContaining(['/clusters/1/colour']) });
  await ask(cart);
  await first.kill();

  // The same pod, and one that takes its place.
  for (const place of [() => undefined, () => pod.replace()]) {
    place();
    const next = await pod.start();
    await next.logs('config_fields_ignored');
    await ask(cart);
    await ask(catalog);
    await next.kill();
  }
}, 90_000);

test('an older image refuses a newer document that must not be run without what it doesn\'t know', async () => {
  const catalog = await freePort();
  pod.mount(pod.calling({ catalog }));
  const first = await pod.start();
  const document = ofLaterRelease({ catalog }, { requires: ['quarantine'] }) as ProxyConfig;
  pod.mount({ ...document, listeners: document.listeners.map((listener) => ({ ...listener, quarantine: { except: ['web'] } })) });
  await first.logs('config_rejected');
  expect(first.output).toContain('this proxy doesn\'t know \'quarantine\', and the document must not be run without');
  await ask(catalog);
  await first.kill();
  pod.replace();
  const next = pod.run();
  expect(await next.exited).toBe(1);
  expect(next.output).toContain('use a newer image of the proxy');
}, 60_000);

test('a wrong field is refused in a document that isn\'t newer', async () => {
  pod.mount({ ...pod.calling({ catalog: await freePort() }), minor: CONTRACT_MINOR, listners: [] });
  const proxy = pod.run();
  expect(await proxy.exited).toBe(1);
  expect(proxy.output).toContain('unknown field \'listners\'; remove it or correct its name');
}, 20_000);

test.each(['0/web-first.json', '0/web-last.json'])('a newer image starts with the older document %s, and takes over one of its own', async (name) => {
  const released = JSON.parse(readFileSync(join(__dirname, '../contract/minors', name), 'utf8')) as ProxyConfig;
  const folder = mkdtempSync(join(tmpdir(), 'mesh-releases-'));
  const api = new EndpointApi({ credentialsFolder: folder });
  await api.listen();
  try {
    for (const { discovery } of released.clusters) {
      if (discovery.type !== 'endpointSlice') continue;
      api.setPods('shop', discovery.service, [{ name: discovery.service, uid: '1', address: '127.0.0.1', port: pod.backend.port, portName: 'http', ready: true }]);
    }
    // As it was written, but for places that are this machine's.
    const ports = await Promise.all(released.listeners.map(() => freePort()));
    const document = {
      ...released,
      admin: { port: pod.adminPort },
      listeners: released.listeners.map((listener, i) => ({ ...listener, address: '127.0.0.1', port: ports[i] })),
      clusters: released.clusters.map((cluster) => (
        cluster.discovery.type === 'static' ? { ...cluster, discovery: { ...cluster.discovery, endpoints: [{ address: '127.0.0.1', port: pod.backend.port }] } } : cluster
      )),
      kubernetes: { server: api.url, tokenFile: join(folder, 'token'), caFile: join(folder, 'ca.crt') },
    };
    pod.mount(document);
    const proxy = await pod.start();
    for (let tries = 0; !(await pod.page('/ready')).startsWith('ready'); tries += 1) if (tries > 500) throw new Error(await pod.page('/ready'));
    for (const port of ports) await ask(port!);
    const own = await freePort();
    pod.mount(pod.calling({ own }, { minor: CONTRACT_MINOR }));
    await proxy.logs('config_applied');
    for (const port of [own, ...ports.slice(1)]) await ask(port);
  } finally {
    await api.close();
    rmSync(folder, { recursive: true });
  }
}, 60_000);
