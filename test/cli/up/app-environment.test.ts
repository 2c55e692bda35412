import { calleeEnvironment, containerEnvironment, listenEnvironment } from '../../../src/cli/up/app-environment';
import { Callee, calleesOf } from '../../../src/cli/model/callees';
import type { EnvVariable } from '../../../src/cli/model/model';
import { callerConfig, movedNetwork, serviceOf, workloadOf } from './support';

const POD = { name: 'web-1', namespace: 'shop', uid: 'u1', ip: '127.9.1.1', labels: { app: 'web' } };

function container(...env: EnvVariable[]): Record<string, string> {
  return containerEnvironment(workloadOf('web', 'v1', { app: { name: 'main', ports: [], env } }), POD);
}

test('the container has its variables, the ones before usable in the ones after', () => {
  expect(container(
    { name: 'A', type: 'value', value: 'one' },
    { name: 'B', type: 'value', value: '$(A) and $(LATER), $$(A)' },
    { name: 'LATER', type: 'value', value: '' },
  )).toEqual({ A: 'one', B: 'one and $(LATER), $(A)', LATER: '' });
});

test('what every object of JavaScript has is no variable and no label', () => {
  expect(container(
    { name: 'A', type: 'value', value: '$(constructor) $(toString)' },
    { name: 'B', type: 'field', path: "metadata.labels['constructor']" },
  )).toEqual({ A: '$(constructor) $(toString)' });
});

test.each([
  ['metadata.name', 'web-1'], ['metadata.namespace', 'shop'], ['metadata.uid', 'u1'], ['status.podIP', '127.9.1.1'], ["metadata.labels['app']", 'web'],
])('the field %s is %s', (path, value) => {
  expect(container({ name: 'X', type: 'field', path })).toEqual({ X: value });
});

test('what is in the cluster alone is left out', () => {
  expect(container({ name: 'X', type: 'unavailable', reason: 'secretKeyRef' }, { name: 'Y', type: 'field', path: 'status.qosClass' })).toEqual({});
});

describe('where the sidecar listens for a callee', () => {
  const model = { workloads: [workloadOf('shop-catalog')], services: [serviceOf('catalog-v1', { app: 'shop-catalog' })] };
  const [callee] = calleesOf(callerConfig({ v1: 1 }), model);

  test('is in a variable with its name', () => {
    expect(calleeEnvironment([callee!], workloadOf('web'), movedNetwork)).toEqual({ SHOP_CATALOG_URL: 'http://127.9.1.10:8080' });
  });

  test('is in a variable with name and port for every further port', () => {
    const second = { ...callee!, listener: { ...callee!.listener, port: 81 } };
    expect(calleeEnvironment([callee!, second], workloadOf('web'), movedNetwork)).toEqual({
      SHOP_CATALOG_URL: 'http://127.9.1.10:8080', SHOP_CATALOG_81_URL: 'http://127.9.1.10:8081',
    });
  });

  const named = (port: number, ...hostnames: string[]): Callee => ({
    ...callee!, service: `outbound/g/${hostnames[0]}:${port}`, namespace: undefined, listener: { ...callee!.listener, port, hostnames },
  });
  const variables = (...callees: readonly Callee[]): Record<string, string> => calleeEnvironment(callees, workloadOf('web'), movedNetwork);

  test('goes by the name that the app calls, also where nobody in the files answers', () => {
    expect(variables(named(443, 'api.stripe.com'), named(80, 'cart', 'cart.shop'), named(80, '3scale.net'))).toEqual({
      API_STRIPE_COM_URL: 'http://127.9.1.10:8443', CART_URL: 'http://127.9.1.10:8080', _3SCALE_NET_URL: 'http://127.9.1.10:8080',
    });
    expect(variables(named(443, 'api.stripe.com'), named(8443, 'api.stripe.com'))).toEqual({
      API_STRIPE_COM_URL: 'http://127.9.1.10:8443', API_STRIPE_COM_8443_URL: 'http://127.9.1.10:16443',
    });
  });

  test('is another variable for another callee, however alike their names are', () => {
    expect(variables(named(80, 'shop-cart'), named(81, 'shop.cart', 'shop.cart.svc'), named(82, 'shop.cart', 'shop.cart.svc'))).toEqual({
      SHOP_CART_URL: 'http://127.9.1.10:8080', SHOP_CART_SVC_URL: 'http://127.9.1.10:8081', SHOP_CART_SVC_82_URL: 'http://127.9.1.10:8082',
    });
  });

  test('carries the namespace when the callee is in another', () => {
    const workload = workloadOf('web', 'v1', { namespace: 'front' });
    expect(calleeEnvironment([callee!], workload, movedNetwork)).toEqual({ SHOP_CATALOG_SHOP_URL: 'http://127.9.1.10:8080' });
  });
});

test('HOST and PORT say where to listen', () => {
  expect(listenEnvironment({ address: '127.0.0.1', port: 20001 })).toEqual({ HOST: '127.0.0.1', PORT: '20001' });
});
