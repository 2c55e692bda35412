import { Testing } from 'cdk8s';
import { Shop } from '../../examples/shop/shop';
import { expectRestricted, expectSound } from '../constructs/sound';
import { documentOf, findOne, inventory } from '../support/manifests';

describe('the example shop', () => {
  const manifests = Testing.synth(new Shop(Testing.app(), 'shop'));

  test('is the YAML of the snapshot', () => {
    expect(manifests).toMatchSnapshot();
  });

  test('consists of objects that Kubernetes accepts and pods that are restricted', () => {
    expectSound(manifests);
    expectRestricted(manifests);
  });

  test('has its edge behind a load balancer on port 80, and a canary with a tenth of the requests and those that ask for it', () => {
    expect(findOne(manifests, 'Service', 'edge').spec).toMatchObject({ type: 'LoadBalancer', ports: [{ port: 80 }] });
    expect(documentOf(manifests, 'edge').listeners[0].routes.map(({ name, split }) => [name, split]))
      .toEqual([['shop.example.com', [{ cluster: 'shop/web-v1', weight: 100 }]]]);
    const listener = documentOf(manifests, 'web-v1').listeners.find(({ name }) => name === 'outbound/shop/catalog:80');
    expect(listener?.routes.map(({ name, split }) => [name, split])).toEqual([
      ['header-x-beta-true', [{ cluster: 'shop/catalog-v2', weight: 1 }]],
      ['prefix-carts', [{ cluster: 'shop/cart-v1', weight: 100 }]],
      ['default', [{ cluster: 'shop/catalog-v1', weight: 90 }, { cluster: 'shop/catalog-v2', weight: 10 }]],
    ]);
  });

  test('has numbers of pods from what is declared, and alerts on its objectives', () => {
    expect(findOne(manifests, 'HorizontalPodAutoscaler', 'catalog-v1').spec).toMatchObject({ minReplicas: 3, maxReplicas: 6 });
    expect(findOne(manifests, 'Deployment', 'web-v1').spec.replicas).toBe(3);
    for (const name of ['catalog', 'web']) {
      const alerts = findOne(manifests, 'PrometheusRule', name).spec.groups.flatMap(({ rules }: { rules: { alert?: string }[] }) => rules.map(({ alert }) => alert));
      expect(alerts).toEqual(expect.arrayContaining(['MeshErrorBudgetBurn', 'MeshLatencyBudgetBurn']));
    }
  });

  test('synthesizes to the same twice, in one app and in two', () => {
    const again = new Shop(Testing.app(), 'shop');
    expect(Testing.synth(again)).toEqual(manifests);
    expect(Testing.synth(again)).toEqual(manifests);
    expect(inventory(manifests)).toMatchSnapshot();
  });
});
