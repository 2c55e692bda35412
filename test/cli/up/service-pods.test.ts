import { podsBehind, SelectablePod } from '../../../src/cli/up/service-pods';
import { serviceOf, workloadOf } from './support';

function pod(name: string, more: Partial<SelectablePod> = {}): SelectablePod {
  const { containers } = workloadOf('catalog');
  return {
    name, containers, uid: `uid-${name}`, namespace: 'shop', labels: { app: 'catalog', version: 'v1' }, address: '127.9.1.1', zone: 'a',
    ready: true, terminating: false, own: (port) => port + 1, ...more,
  };
}

test('a Service has the pods whose labels satisfy its selector, in its namespace', () => {
  const pods = [
    pod('a'), pod('b', { labels: { app: 'catalog', version: 'v2' } }), pod('c', { labels: { app: 'web' } }), pod('d', { namespace: 'other' }),
  ];
  expect(podsBehind(serviceOf('catalog', { app: 'catalog' }), pods).map(({ name }) => name)).toEqual(['a', 'b']);
  expect(podsBehind(serviceOf('catalog-v2', { app: 'catalog', version: 'v2' }), pods).map(({ name }) => name)).toEqual(['b']);
});

test('a Service without a selector has none', () => {
  expect(podsBehind(serviceOf('bank', {}), [pod('a')])).toEqual([]);
});

test('a named target is the port of that name in the pod, a number is itself, each where it is on this machine', () => {
  const service = serviceOf('catalog', { app: 'catalog' }, {
    ports: [{ name: 'http', port: 80, target: 'mesh-in' }, { name: 'direct', port: 81, target: 9000 }, { name: 'none', port: 82, target: 'unknown' }],
  });
  expect(podsBehind(service, [pod('a')]).map(({ portName, port }) => [portName, port])).toEqual([['http', 15007], ['direct', 9001]]);
});

test.each([
  [{ ready: true, terminating: false }, { ready: true, serving: true, terminating: false }],
  [{ ready: false, terminating: false }, { ready: false, serving: false, terminating: false }],
  [{ ready: true, terminating: true }, { ready: false, serving: true, terminating: true }],
  [{ ready: false, terminating: true }, { ready: false, serving: false, terminating: true }],
])('a pod that is %j is %j in its slice', (state, conditions) => {
  expect(podsBehind(serviceOf('catalog', { app: 'catalog' }), [pod('a', state)])).toMatchObject([conditions]);
});

test('a Service that publishes pods which are not ready says that they are', () => {
  const service = serviceOf('catalog', { app: 'catalog' }, { publishNotReady: true });
  expect(podsBehind(service, [pod('a', { ready: false })])).toMatchObject([{ ready: true, serving: false }]);
});

test('zone and identity are passed on', () => {
  expect(podsBehind(serviceOf('catalog', { app: 'catalog' }), [pod('a')])).toMatchObject([{ uid: 'uid-a', zone: 'a', address: '127.9.1.1' }]);
});
