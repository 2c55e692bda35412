import { SockShop } from '../../examples/sock-shop/sock-shop';
import { meshOf } from '../../src/testing';
import { expectSound } from '../constructs/sound';
import { inventory, podSpec } from '../support/manifests';
import { restrictedMistakes } from '../support/pod-security';
import { PortedStack } from './ported-stack';

describe('sock shop', () => {
  const stack = new PortedStack((app) => new SockShop(app, 'sock-shop'));
  afterAll(() => stack.remove());
  const mesh = meshOf(stack.manifests);

  test('has the objects and routes of the snapshot', () => {
    expect(inventory(stack.manifests)).toMatchSnapshot();
    expect(mesh.routes()).toMatchSnapshot();
  });

  test('consists of objects that Kubernetes accepts, and of restricted pods but for databases', () => {
    expectSound(stack.manifests);
    const workloads = stack.manifests.filter(({ spec }) => spec?.template !== undefined);
    const loose = workloads.filter((workload) => restrictedMistakes(podSpec(workload)).length > 0);
    expect(loose.map(({ metadata }) => metadata.name).sort()).toEqual(['carts-db', 'catalogue-db', 'orders-db', 'rabbitmq', 'session-db', 'user-db']);
  });

  test('has no findings', async () => {
    expect(await stack.check()).toMatchObject({ code: 0, text: expect.stringContaining('nothing found') as string });
  });

  test('takes an order once, however it ends', () => {
    mesh.expectRequest('front-end', 'POST http://orders/orders').toReach('orders').toBeRetried(0);
    mesh.expectRequest('orders', 'POST http://payment/paymentAuth').toTimeOutAfter(5_000);
  });

  test('answers each call on this machine, with stand-ins for its apps', async () => {
    const outcomes = await stack.run('edge', '/');
    expect(Object.keys(outcomes)).toHaveLength(10);
    expect(new Set(Object.values(outcomes))).toEqual(new Set(['v1']));
  }, 60_000);
});
