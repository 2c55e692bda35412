import { ProxyConfig } from '../../../src/contract';
import { decodeConfig, describeErrors } from '../../../src/proxy/config/decode';

const sound: ProxyConfig = {
  version: 'v1',
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners: [{ name: 'inbound', direction: 'inbound', port: 15006, routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }] }],
  clusters: [{ name: 'app', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } }],
};

function errorsOf(document: unknown): string[] {
  const decoded = decodeConfig(JSON.stringify(document));
  return decoded.ok ? [] : describeErrors(decoded.errors);
}

test('fills in every default, given a sound document', () => {
  const decoded = decodeConfig(JSON.stringify(sound));
  if (!decoded.ok) throw new Error(describeErrors(decoded.errors).join('\n'));
  expect(decoded.config.limits.maxHeadBytes).toBe(16_384);
  expect(decoded.config.listeners[0]!.routes[0]!.timeoutMs).toBe(15_000);
  expect(decoded.config.clusters[0]!.loadBalancing).toEqual({ type: 'roundRobin' });
  expect(decoded.hash).toMatch(/^[0-9a-f]{16}$/);
});

test('fills in the policy\'s own defaults, given a policy without its options', () => {
  const decoded = decodeConfig(JSON.stringify({ ...sound, clusters: [{ ...sound.clusters[0], loadBalancing: { type: 'leastRequest' } }] }));
  expect(decoded.ok && decoded.config.clusters[0]!.loadBalancing).toEqual({ type: 'leastRequest', scan: 'choices', choices: 2, bias: 1 });
});

test('says that it is not JSON, given something else', () => {
  const decoded = decodeConfig('version: v1');
  expect(decoded.ok ? [] : describeErrors(decoded.errors)[0]).toMatch(/^\/: the document is not JSON: /);
});

test('reports every error of form at once, each with its path and the value got', () => {
  expect(errorsOf({
    ...sound,
    version: 'v2',
    listners: [],
    listeners: [{ ...sound.listeners[0], port: 70000, direction: 'sideways' }],
    clusters: [{ name: '', discovery: { type: 'carrierPigeon' } }, { name: 'b', discovery: { type: 'dns', hostname: 'x', record: 'address', port: -1 } }],
  }).sort()).toEqual([
    '/: unknown field \'listners\'; remove it or correct its name',
    '/clusters/0/discovery/type: unknown type "carrierPigeon"; known are endpointSlice, dns, static',
    '/clusters/0/name: must NOT have fewer than 1 characters, got ""',
    '/clusters/1/discovery/port: must be >= 1, got -1',
    '/listeners/0/direction: must be one of ["inbound","outbound"], got "sideways"',
    '/listeners/0/port: must be <= 65535, got 70000',
    '/version: must be "v1", got "v2"',
  ]);
});

test('reports a missing field, given a document without it', () => {
  expect(errorsOf({ version: 'v1', listeners: [], clusters: [] })).toEqual(['/: field \'node\' is missing']);
});

test('reports weights that are negative or no whole numbers', () => {
  const split = [{ cluster: 'app', weight: -1 }, { cluster: 'app', weight: 0.5 }];
  expect(errorsOf({ ...sound, listeners: [{ ...sound.listeners[0], routes: [{ name: 'r', split }] }] })).toEqual([
    '/listeners/0/routes/0/split/0/weight: must be >= 0, got -1',
    '/listeners/0/routes/0/split/1/weight: must be integer, got 0.5',
  ]);
});

test('reports broken references together, given a document of sound form', () => {
  const inbound = sound.listeners[0]!;
  expect(errorsOf({
    ...sound,
    listeners: [
      inbound,
      { ...inbound, routes: [{ name: 'r', split: [{ cluster: 'gone', weight: 0 }] }] },
      { ...inbound, name: 'admin', port: 15020 },
    ],
    clusters: [
      sound.clusters[0],
      sound.clusters[0],
      { name: 'dns', discovery: { type: 'dns', record: 'address', hostname: 'x.' } },
      { name: 'k8s', discovery: { type: 'endpointSlice', namespace: 'shop', service: 'k8s' } },
    ],
  })).toEqual([
    '/clusters/1/name: cluster \'app\' is declared twice; give each cluster its own name',
    '/clusters/2/discovery/port: cluster \'dns\' resolves address records, which carry no port; set one',
    '/clusters/3/discovery: cluster \'k8s\' is discovered from EndpointSlices, which needs the field /kubernetes',
    '/listeners/1/name: listener \'inbound\' is declared twice; give each listener its own name',
    '/listeners/1/port: listener \'inbound\' binds pod:15006, which listener \'inbound\' binds too',
    '/listeners/1/routes/0/split/0/cluster: there is no cluster \'gone\'; declare it under /clusters',
    '/listeners/1/routes/0/split: all weights of route \'r\' are 0; give at least one cluster a weight above 0',
    '/admin/port: port 15020 is taken by listener \'admin\'; choose another',
  ]);
});
