import { CONTRACT_MINOR, ProxyConfig } from '../../../src/contract';
import { decodeConfig, describeErrors } from '../../../src/proxy/config/decode';

const NEWER = CONTRACT_MINOR + 1;
const route = { name: 'default', split: [{ cluster: 'catalog', weight: 1 }] };
const sound: ProxyConfig = {
  version: 'v1',
  minor: NEWER,
  node: { service: 'web', namespace: 'shop', version: 'v1' },
  listeners: [{ name: 'catalog', direction: 'outbound', port: 80, routes: [route] }],
  clusters: [{ name: 'catalog', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: 8080 }] } }],
};
const [listener] = sound.listeners;
const [cluster] = sound.clusters;
const withListener = (more: object): object => ({ ...sound, listeners: [{ ...listener, ...more }] });
const withRoute = (more: object): object => withListener({ routes: [{ ...route, ...more }] });
const withCluster = (more: object): object => ({ ...sound, clusters: [{ ...cluster, ...more }] });

function decoded(document: unknown) {
  const result = decodeConfig(JSON.stringify(document));
  if (!result.ok) throw new Error(describeErrors(result.errors).join('\n'));
  return result;
}

function errorsOf(document: unknown): string[] {
  const result = decodeConfig(JSON.stringify(document));
  return result.ok ? [] : describeErrors(result.errors);
}

const HINT = `/minor: the document is of minor version ${NEWER}, and this proxy knows ${CONTRACT_MINOR}; a newer image may know what this one refuses`;

test('a newer document that has nothing unknown is taken as it is', () => {
  expect(decoded(sound).ignored).toEqual([]);
});

test.each<[string, object, readonly string[]]>([
  ['at the top', { ...sound, shape: 'round' }, ['/shape']],
  ['of a listener, in every one of several', { ...sound, listeners: [{ ...listener, hue: 1 }, { ...listener, name: 'b', port: 81, hue: 2 }] }, ['/listeners/0/hue', '/listeners/1/hue']],
  ['of a policy', withCluster({ loadBalancing: { type: 'leastRequest', patience: { ms: 3 } } }), ['/clusters/0/loadBalancing/patience']],
  ['with signs in its name', { ...sound, 'a/b~c': 1 }, ['/a~1b~0c']],
  ['that is named like what every object has', JSON.parse(`{ "__proto__": 1, ${JSON.stringify(sound).slice(1)}`) as object, ['/__proto__']],
])('an unknown field %s is left out, given a newer document', (_, document, ignored) => {
  const { ignored: got, config } = decoded(document);
  expect(got).toEqual(ignored);
  expect(decoded(config).ignored).toEqual([]);
});

test.each<[string, object, readonly string[], (config: ReturnType<typeof decoded>['config']) => unknown, unknown]>([
  ['policy', withCluster({ loadBalancing: { type: 'telepathy', reach: 3 } }), ['/clusters/0/loadBalancing'], ({ clusters }) => clusters[0]!.loadBalancing, { type: 'roundRobin' }],
  ['health check', withCluster({ healthCheck: { type: 'redis', service: 'x' } }), ['/clusters/0/healthCheck'], ({ clusters }) => clusters[0]!.healthCheck, undefined],
  ['source of weights', withCluster({ dynamicWeights: { source: 'stars' } }), ['/clusters/0/dynamicWeights'], ({ clusters }) => clusters[0]!.dynamicWeights, undefined],
  ['failure to retry after', withRoute({ retry: { on: ['closed', 'boredom', 'serverError', 'spite'] } }), ['/listeners/0/routes/0/retry/on/1', '/listeners/0/routes/0/retry/on/3'],
    ({ listeners }) => listeners[0]!.routes[0]!.retry.on, ['closed', 'serverError']],
  ['method to retry', withRoute({ retry: { methods: 'brave' } }), ['/listeners/0/routes/0/retry/methods'], ({ listeners }) => listeners[0]!.routes[0]!.retry.methods, 'idempotent'],
  ['hash key, beside an unknown field of another', withRoute({ hash: [{ type: 'tarot' }, { type: 'header', name: 'x-user', part: 'tail' }, { type: 'dice' }] }),
    ['/listeners/0/routes/0/hash/0', '/listeners/0/routes/0/hash/1/part', '/listeners/0/routes/0/hash/2'], ({ listeners }) => listeners[0]!.routes[0]!.hash, [{ type: 'header', name: 'x-user' }]],
  ['access log', { ...sound, accessLog: { mode: 'poem' } }, ['/accessLog'], ({ accessLog }) => accessLog, { mode: 'off' }],
  ['own place', { ...sound, localCluster: { discovery: { type: 'stars' } } }, ['/localCluster'], ({ localCluster }) => localCluster, undefined],
])('an unknown %s gives way to the default, given a newer document', (_, document, ignored, part, expected) => {
  const { ignored: got, config } = decoded(document);
  expect(got).toEqual(ignored);
  expect(part(config)).toEqual(expected);
});

test('a fault with a condition that is not known is not injected, and the others are', () => {
  const { config, ignored } = decoded(withRoute({ faults: [{ percent: 100, abortStatus: 500, onFullMoon: true }, { percent: 1, delayMs: 5 }] }));
  expect(config.listeners[0]!.routes[0]!.faults).toEqual([{ percent: 1, delayMs: 5 }]);
  expect(ignored).toEqual(['/listeners/0/routes/0/faults/0']);
});

test.each<[string, object, string]>([
  ['source of endpoints', withCluster({ discovery: { type: 'stars' } }), '/clusters/0/discovery/type: unknown type "stars"'],
  ['direction', withListener({ direction: 'sideways' }), '/listeners/0/direction: must be one of'],
  ['version of TLS', withListener({ tls: { certificateFile: '/c', keyFile: '/k', minimumVersion: '1.4' } }), '/listeners/0/tls/minimumVersion: must be one of'],
  ['field of TLS', withListener({ tls: { certificateFile: '/c', keyFile: '/k', clientCertificates: 'required' } }), '/listeners/0/tls: unknown field \'clientCertificates\''],
  ['field of the admission', withListener({ admission: { rateLimit: { requestsPerSecond: 5, by: 'client' } } }), '/listeners/0/admission/rateLimit: unknown field \'by\''],
  ['concurrency', withListener({ admission: { concurrency: { type: 'guess' } } }), '/listeners/0/admission/concurrency/type: unknown type "guess"'],
  ['wider bound', withRoute({ faults: Array.from({ length: 9 }, () => ({ percent: 1, delayMs: 1 })) }), '/listeners/0/routes/0/faults: must NOT have more than 8 items'],
])('an unknown %s refuses a newer document, and says that it is newer', (_, document, expected) => {
  const errors = errorsOf(document);
  expect(errors).toEqual([expect.stringContaining(expected), HINT]);
});

test.each([['a newer', NEWER], ['the same', CONTRACT_MINOR]])('a part that must be known and isn\'t refuses a document of %s minor version', (_, minor) => {
  expect(errorsOf({ ...sound, minor, requires: ['tls', 'wards'] })[0])
    .toBe('/requires/1: this proxy doesn\'t know \'wards\', and the document must not be run without; use a newer image of the proxy');
});

test('the parts that this proxy knows may be required', () => {
  expect(decoded({ ...sound, requires: ['admission', 'tls'] }).ignored).toEqual([]);
});

test.each([['the same', CONTRACT_MINOR], ['an older', 0], ['no', undefined]])('an unknown field is an error, given %s minor version', (_, minor) => {
  expect(errorsOf({ ...sound, minor, listners: [] })).toEqual(['/: unknown field \'listners\'; remove it or correct its name']);
  expect(errorsOf({ ...withCluster({ loadBalancing: { type: 'telepathy' } }), minor })).toEqual([expect.stringContaining('unknown type "telepathy"')]);
});

test('errors of other kinds refuse a newer document, together with nothing that was left out', () => {
  expect(errorsOf({ ...sound, shape: 'round', node: { service: 'web' }, clusters: [] })).toEqual([
    '/node: field \'namespace\' is missing', '/node: field \'version\' is missing', HINT,
  ]);
});

test('what routes need of what is left out is an error still', () => {
  expect(errorsOf({ ...sound, clusters: [] })).toEqual(['/listeners/0/routes/0/split/0/cluster: there is no cluster \'catalog\'; declare it under /clusters', HINT]);
});

test.each([['a text', '"7"'], ['null', 'null'], ['below 0', '-1']])('a minor version that is %s is an error', (_, minor) => {
  expect(errorsOf({ ...sound, minor: JSON.parse(minor) as unknown })).toEqual([expect.stringMatching(/^\/minor: must be/)]);
});

test('an empty array, a number and null are no documents', () => {
  for (const text of ['[]', '7', 'null']) expect(decodeConfig(text).ok).toBe(false);
});
