/** Calls that a pod's template has and its document doesn't: the rules, then a proxy with a DNS server on real sockets. */
import { Resolver } from 'node:dns/promises';
import { ProxyConfig, ResolvedProxyConfig, withDefaults } from '../../../src/contract';
import { systemClock } from '../../../src/proxy/runtime/clock';
import { createSource } from '../../../src/proxy/discovery';
import { aliasesIn, AliasNames, MAX_ALIASES, unclaimed } from '../../../src/proxy/hosts/alias-names';
import { Proxy } from '../../../src/proxy/process/proxy';
import { MetricRegistry } from '../../../src/proxy/telemetry/registry';
import { FakeDns } from '../../support/fake-dns';
import { ask } from '../../support/process-pod';
import { freePort } from '../../support/proxy';
import { seededRandom } from '../../support/random';
import { RawBackend, until } from '../../support/raw-http';

const HOSTS = [
  '# Kubernetes-managed hosts file.', '127.0.0.1\tlocalhost', '10.244.1.7\tweb-0',
  '# Entries added by HostAliases.', '127.66.239.6\tcart\tcart.shop\tcart.shop.svc\tcart.shop.svc.cluster.local', '127.127.0.9\tbank.example.com',
  '127.63.0.1\tmine', '10.1.2.3\tother.example.com', '',
].join('\n');
const CART = { address: '127.66.239.6', names: ['cart', 'cart.shop', 'cart.shop.svc', 'cart.shop.svc.cluster.local'] };
const BANK = { address: '127.127.0.9', names: ['bank.example.com'] };

const base: ProxyConfig = { version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, listeners: [], clusters: [] };

/** A document with one call, at this address. */
function calling(address: string, port: number, hostnames?: string[], name = 'outbound/other'): ResolvedProxyConfig {
  return withDefaults({
    ...base,
    listeners: [{ name, direction: 'outbound', address, port, ...(hostnames && { hostnames }), routes: [{ name: 'default', split: [{ cluster: 'x', weight: 1 }] }] }],
    clusters: [{ name: 'x', discovery: { type: 'static', endpoints: [] } }],
  });
}

/** DNS that knows one port of every Service. */
const anyService = { resolveSrv: (name: string) => Promise.resolve([{ name, port: 80, priority: 0, weight: 100 }]) };
const ignore = (): void => undefined;

test('aliases are the names at addresses of callees, and no others', () => {
  expect(aliasesIn(HOSTS)).toEqual([CART, BANK]);
  expect(aliasesIn('')).toEqual([]);
});

test('an alias is claimed by a listener at its address, or with one of its names', () => {
  expect(unclaimed([CART, BANK], [])).toEqual([CART, BANK]);
  expect(unclaimed([CART, BANK], [withDefaults(base), calling(CART.address, 80)])).toEqual([BANK]);
  expect(unclaimed([CART, BANK], [calling('127.64.0.1', 80, ['bank.example.com'])])).toEqual([CART]);
});

test('a call that no document has is served at all ports of its Service, with the defaults', async () => {
  const events: unknown[] = [];
  const client = { resolveSrv: (name: string) => Promise.resolve([80, 9090, 80].map((port) => ({ name, port, priority: 0, weight: 100 }))) };
  const names = await AliasNames.find([CART], [CART], client, (event, { ports }) => events.push([event, ports]), ignore);
  const { listeners, clusters } = names.complete(withDefaults(base));
  expect(listeners).toMatchObject([80, 9090].map((port) => (
    { name: `outbound/shop/cart:${port}`, direction: 'outbound', address: CART.address, port, hostnames: CART.names, routes: [{ meshFields: false, timeoutMs: 15_000 }] }
  )));
  expect(clusters.map(({ discovery }) => discovery)).toEqual([80, 9090].map((port) => ({ type: 'dns', record: 'address', hostname: 'cart.shop.svc.cluster.local', port })));
  expect(events).toEqual([['call_not_in_document', ['80', '9090']]]);
});

test.each<[string, ResolvedProxyConfig, number]>([
  ['its socket', calling(CART.address, 80), 0],
  ['one of its names', calling('127.64.0.1', 80, ['cart.shop']), 0],
  ['another port of its address', calling(CART.address, 8080), 1],
])('what stands in gives way to a document that has %s', async (_, document, count) => {
  const names = await AliasNames.find([CART], [CART], anyService, ignore, ignore);
  expect(names.complete(document).listeners).toHaveLength(1 + count);
});

test('what stands in stays beside a listener that has its name at another address', async () => {
  const names = await AliasNames.find([CART], [CART], anyService, ignore, ignore);
  const { listeners } = names.complete(calling('127.64.0.1', 80, ['basket'], 'outbound/shop/cart:80'));
  expect(listeners.map(({ name, address }) => [name, address])).toEqual([
    ['outbound/shop/cart:80', '127.64.0.1'], [`outbound/shop/cart:80@${CART.address}:80`, CART.address],
  ]);
});

test('a name without a Service, and one that DNS doesn\'t know, are told of and left alone', async () => {
  const events: unknown[] = [];
  const client = { resolveSrv: () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' })) };
  const names = await AliasNames.find([CART, BANK], [CART, BANK], client, (event, { reason }) => events.push([event, reason]), ignore);
  const document = withDefaults(base);
  expect(names.complete(document)).toBe(document);
  expect(events).toEqual(expect.arrayContaining([
    ['call_not_found', 'the SRV records of \'cart.shop.svc.cluster.local\' can\'t be resolved: ENOTFOUND'],
    ['call_not_found', 'none of them is the full name of a Service'],
  ]));
});

test('no more than the limit are looked up', async () => {
  const many = Array.from({ length: MAX_ALIASES + 5 }, (_, i) => ({ address: `127.64.1.${i}`, names: [`s${i}.shop.svc.cluster.local`] }));
  let asked = 0;
  let left = 0;
  const client = { resolveSrv: (name: string) => anyService.resolveSrv(name).finally(() => { asked += 1; }) };
  await AliasNames.find(many, many, client, ignore, () => { left += 1; });
  expect([asked, left]).toEqual([MAX_ALIASES, 5]);
});

test('a proxy serves what its pod\'s template calls, until a document has it, and binds that one where the names lead', async () => {
  const port = await freePort('127.66.239.6');
  const backend = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const service = await RawBackend.start((connection) => {
    connection.socket.on('data', () => { connection.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'); });
  }, '127.0.2.1', port);
  const dns = new FakeDns();
  await dns.listen();
  dns.answers.set('cart.shop.svc.cluster.local SRV', [{ type: 'SRV', target: 'cart.shop.svc.cluster.local', port, priority: 0, weight: 100, ttl: 5 }]);
  dns.answers.set('cart.shop.svc.cluster.local A', [{ type: 'A', address: '127.0.2.1', ttl: 5 }]);
  const resolver = new Resolver();
  resolver.setServers([dns.server]);

  const names = await AliasNames.find([CART], [CART], resolver, ignore, ignore);
  const started = await Proxy.start(JSON.stringify(base), {
    clock: systemClock, random: seededRandom(1), registry: new MetricRegistry(), identity: 'test', podAddresses: ['127.0.0.1'], names,
    sources: ({ discovery }) => createSource(discovery, {
      clock: systemClock, random: seededRandom(2), kubernetes: undefined, podIps: ['127.0.0.1'], onEvent: ignore, dnsClient: () => resolver,
    }),
  });
  if (!('proxy' in started)) throw new Error(started.problems.join('\n'));
  const { proxy } = started;
  try {
    await until('it is ready', () => proxy.readiness().ready);
    await ask(port, CART.address);
    expect([service.connections.length, backend.connections.length]).toEqual([1, 0]);

    // The document of the release after has the call, at an address that it had to move to.
    const document: ProxyConfig = {
      ...base,
      listeners: [{ name: 'outbound/shop/cart:80', direction: 'outbound', address: '127.64.0.77', port, hostnames: CART.names, routes: [{ name: 'default', split: [{ cluster: 'cart', weight: 1 }] }] }],
      clusters: [{ name: 'cart', discovery: { type: 'static', endpoints: [{ address: '127.0.0.1', port: backend.port }] } }],
    };
    expect(await proxy.apply(JSON.stringify(document))).toMatchObject({ ok: true });
    await ask(port, CART.address);
    expect([service.connections.length, backend.connections.length]).toEqual([1, 1]);
  } finally {
    proxy.close();
    await dns.close();
    await backend.close();
    await service.close();
  }
});
