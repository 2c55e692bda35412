import { AdminConfig, ClusterConfig, findBrokenReferences, ListenerConfig, StaticEndpoint } from '../../src/contract';

const INBOUND: ListenerConfig = { name: 'inbound', direction: 'inbound', port: 15_006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }] };
const OUTBOUND: ListenerConfig = { name: 'outbound', direction: 'outbound', address: '127.64.0.1', port: 80, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }] };
const APP: ClusterConfig = { name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } };

function errorsOf(listeners: ListenerConfig[], endpoint?: StaticEndpoint, admin?: AdminConfig): string[] {
  const clusters = endpoint ? [{ ...APP, discovery: { type: 'static' as const, endpoints: [endpoint] } }] : [APP];
  return findBrokenReferences({ version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, listeners, clusters, ...(admin && { admin }) })
    .map(({ path, message }) => `${path}: ${message}`);
}

describe('an app that is the proxy itself', () => {
  const here = '/clusters/0/discovery/endpoints/0/port: cluster \'app\' leads to port 15006, where listener \'inbound\' of this proxy accepts requests, '
    + 'so they would come back; name the app\'s own port';

  it.each([
    [{ ...INBOUND, loopback: true }, { address: '127.0.0.1', port: 15_006 }],
    [{ ...INBOUND, loopback: true }, { address: '127.0.0.1', listensAt: ['::1'], port: 15_006 }],
    [INBOUND, { address: '127.0.0.1', listensAt: ['127.0.0.1', 'pod'], port: 15_006 }],
    [{ ...INBOUND, address: '127.0.0.1' }, { address: '127.0.0.1', port: 15_006 }],
  ])('is refused, given %j and %j', (listener, endpoint) => {
    expect(errorsOf([listener], endpoint)).toEqual([here]);
  });

  it('is taken, given that nothing of the proxy is where it may be, or that only the app sends there', () => {
    expect(errorsOf([INBOUND], { address: '127.0.0.1', port: 15_006 })).toEqual([]);
    expect(errorsOf([{ ...INBOUND, loopback: true }], { address: '127.0.0.1', listensAt: ['pod', '127.0.0.1', '::1'], port: 8080 })).toEqual([]);
    expect(errorsOf([OUTBOUND, { ...INBOUND, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }], direction: 'outbound' }],
      { address: '127.64.0.1', port: 80 })).toEqual([]);
  });
});

test('two listeners can\'t share a socket of the loopback', () => {
  expect(errorsOf([{ ...INBOUND, loopback: true }, { ...OUTBOUND, address: '127.0.0.1', port: 15_006 }])).toEqual([
    '/listeners/1/port: listener \'outbound\' binds 127.0.0.1:15006, which listener \'inbound\' binds too',
  ]);
  expect(errorsOf([INBOUND, { ...OUTBOUND, address: '127.0.0.1', port: 15_006 }])).toEqual([]);
});
