import { OnlineBoutique } from '../../examples/online-boutique/online-boutique';
import { meshOf } from '../../src/testing';
import { expectSound } from '../constructs/sound';
import { inventory } from '../support/manifests';
import { PortedStack } from './ported-stack';

describe('online boutique', () => {
  const stack = new PortedStack((app) => new OnlineBoutique(app, 'online-boutique'));
  afterAll(() => stack.remove());
  const mesh = meshOf(stack.manifests);

  test('has the objects and routes of the snapshot', () => {
    expect(inventory(stack.manifests)).toMatchSnapshot();
    expect(mesh.routes()).toMatchSnapshot();
  });

  test('consists of objects that Kubernetes accepts', () => {
    expectSound(stack.manifests);
  });

  test('has no findings', async () => {
    expect(await stack.check()).toMatchObject({ code: 0, text: expect.stringContaining('nothing found') as string });
  });

  test('calls again what only reads, and charges a card once', () => {
    mesh.expectRequest('frontend', 'POST http://productcatalogservice:3550/hipstershop.ProductCatalogService/ListProducts').toBeRetried(2);
    mesh.expectRequest('checkoutservice', 'POST http://paymentservice:50051/hipstershop.PaymentService/Charge').toReach('paymentservice').toBeRetried(0);
  });

  test('answers each call on this machine, by gRPC but for the gateway\'s, with stand-ins for its apps', async () => {
    const outcomes = await stack.run('edge', '/');
    expect(Object.keys(outcomes)).toHaveLength(16);
    expect(new Set(Object.values(outcomes))).toEqual(new Set(['v1']));
  }, 60_000);
});
