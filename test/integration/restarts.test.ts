/** What a pod's next proxy process has of the one before: real processes, one after the other, over one folder of state. */
import { ask, ProcessPod } from '../support/process-pod';
import { freePort } from '../support/proxy';
import { RawBackend } from '../support/raw-http';

let pod: ProcessPod;
beforeEach(async () => { pod = await ProcessPod.make(); });
afterEach(() => pod.close());

test.each([1, 2])('a call that has left the document works after a restart, with %d processes that serve', async (workers) => {
  const [cart, catalog, reviews] = [await freePort(), await freePort(), await freePort()];
  pod.mount(pod.calling({ cart, catalog }, { workers }));
  const first = await pod.start();
  pod.mount(pod.calling({ catalog }, { workers }));
  await first.logs('config_applied');
  await ask(cart);
  await first.kill();

  const second = await pod.start();
  await ask(cart);
  await ask(catalog);
  expect(JSON.parse(await pod.page('/config'))).not.toHaveProperty('lastRejected');
  // And what leaves the document after that is kept as well.
  pod.mount(pod.calling({ reviews }, { workers }));
  await second.logs('config_applied');
  await second.kill();
  await pod.start();
  for (const port of [cart, catalog, reviews]) await ask(port);
}, 60_000);

test('a restart with a document that is refused has the one before in force, and says so', async () => {
  const catalog = await freePort();
  pod.mount(pod.calling({ catalog }));
  await (await pod.start()).kill();
  pod.mount('{"version":"v1"}');
  const second = await pod.start();
  await ask(catalog);
  expect(second.output).toContain('"event":"config_rejected"');
  expect(await pod.page('/metrics')).toContain('mesh_config_reloads_total{result="rejected"} 1');
  expect(JSON.parse(await pod.page('/config'))).toMatchObject({ lastRejected: { problems: expect.arrayContaining(['/: field \'node\' is missing']) } });

  const cart = await freePort();
  pod.mount(pod.calling({ cart }));
  await second.logs('config_applied');
  await ask(cart);
}, 60_000);

test('a new pod does not start with a document that is refused', async () => {
  pod.mount('{"version":"v1"}');
  const proxy = pod.run();
  expect(await proxy.exited).toBe(1);
  expect(proxy.output).toContain('field \'node\' is missing');
}, 20_000);

test('a port that is taken by then costs the calls that were kept, not the start', async () => {
  const [cart, catalog] = [await freePort(), await freePort()];
  pod.mount(pod.calling({ cart, catalog }));
  const first = await pod.start();
  pod.mount(pod.calling({ catalog }));
  await first.logs('config_applied');
  await first.kill();
  const taker = await RawBackend.start(undefined, '127.0.0.1', cart);
  const second = await pod.start();
  await ask(catalog);
  expect(second.output).toMatch(/"event":"calls_not_kept".*the port is taken/);
  await taker.close();
}, 60_000);
