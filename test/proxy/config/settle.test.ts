import { ListenerConfig, ResolvedProxyConfig, withDefaults } from '../../../src/contract';
import { findBrokenReferences } from '../../../src/contract/references';
import { AddressByName, settleAddresses } from '../../../src/proxy/config/settle';
import { PodNames, succeed } from '../../../src/proxy/config/succeed';

interface Callee { readonly at: string; readonly names?: string[]; readonly port?: number }

/** A document with a listener for each of these, by the names of the listeners. */
function documentOf(callees: Readonly<Record<string, Callee>>): ResolvedProxyConfig {
  return withDefaults({
    version: 'v1',
    node: { service: 'web', namespace: 'shop', version: 'v1' },
    listeners: Object.entries(callees).map(([name, { at, names, port = 80 }]): ListenerConfig => ({
      name, direction: 'outbound', address: at, port, ...(names && { hostnames: names }), routes: [{ name: 'default', split: [{ cluster: name, weight: 1 }] }],
    })),
    clusters: Object.keys(callees).map((name) => ({ name, discovery: { type: 'static', endpoints: [] } })),
  });
}

function addressesOf(settled: ReturnType<typeof settleAddresses>): Record<string, string | undefined> {
  if (!settled.ok) throw new Error(settled.problems.join('\n'));
  return Object.fromEntries(settled.config.listeners.map(({ name, address }) => [name, address]));
}

const leads = (names: Readonly<Record<string, string>>): AddressByName => new Map(Object.entries(names));

test('a document is taken as it is where no name leads anywhere yet', () => {
  const document = documentOf({ cart: { at: '127.64.0.1', names: ['cart'] } });
  expect(settleAddresses(document, leads({}))).toEqual({ ok: true, config: document });
});

test('a callee stays where its names lead, and one that comes to its address keeps away', () => {
  // Both hash to 127.64.0.1: with `alpha`, which sorts first, the document moves `zeta`.
  const document = documentOf({ alpha: { at: '127.64.0.1', names: ['alpha'] }, zeta: { at: '127.64.0.2', names: ['zeta', 'zeta.shop'] } });
  expect(addressesOf(settleAddresses(document, leads({ zeta: '127.64.0.1' })))).toEqual({ alpha: '127.64.0.2', zeta: '127.64.0.1' });
});

test('a new callee keeps away from the address of a name whose callee is gone, and of those of the document', () => {
  const document = documentOf({ a: { at: '127.64.0.1', names: ['a'] }, b: { at: '127.64.0.2', names: ['b'] }, c: { at: '127.127.255.255', names: ['c'] } });
  expect(addressesOf(settleAddresses(document, leads({ gone: '127.64.0.1', away: '127.127.255.255' })))).toEqual({
    a: '127.64.0.3', b: '127.64.0.2', c: '127.64.0.0',
  });
});

test('all ports of a callee move together', () => {
  const document = documentOf({ 'a:80': { at: '127.64.0.9', names: ['a'] }, 'a:81': { at: '127.64.0.9', names: ['a'], port: 81 } });
  expect(addressesOf(settleAddresses(document, leads({ a: '127.64.0.1' })))).toEqual({ 'a:80': '127.64.0.1', 'a:81': '127.64.0.1' });
});

test('a name that another callee has now leads to that one, with the names that it had before', () => {
  const document = documentOf({ external: { at: '127.64.0.9', names: ['cart', 'cart.example.com'] } });
  expect(addressesOf(settleAddresses(document, leads({ cart: '127.64.0.1', 'cart.shop': '127.64.0.1' })))).toEqual({ external: '127.64.0.1' });
});

test('inbound listeners and those without names stay', () => {
  const document = documentOf({ plain: { at: '127.64.0.1' } });
  expect(addressesOf(settleAddresses(document, leads({ cart: '127.64.0.1' })))).toEqual({ plain: '127.64.0.1' });
});

test('a callee whose names lead to two addresses is refused, as are two whose names lead to one', () => {
  const two = documentOf({ cart: { at: '127.64.0.9', names: ['cart', 'basket'] } });
  expect(settleAddresses(two, leads({ cart: '127.64.0.1', basket: '127.64.0.2' }))).toEqual({
    ok: false,
    problems: ["listener 'cart' has names that lead to different addresses in this pod ('cart' to 127.64.0.1, 'basket' to 127.64.0.2): replace the pod, so that it begins without them"],
  });
  const one = { a: { at: '127.64.0.8', names: ['a'] }, b: { at: '127.64.0.9', names: ['b'] } };
  expect(settleAddresses(documentOf(one), leads({ a: '127.64.0.1', b: '127.64.0.1' }))).toEqual({
    ok: false, problems: ["the names of listeners 'a' and 'b' all lead to 127.64.0.1:80 in this pod: replace the pod, so that it begins without them"],
  });
  // At ports of their own, they can have one address.
  expect(settleAddresses(documentOf({ a: one.a, b: { ...one.b, port: 81 } }), leads({ a: '127.64.0.1', b: '127.64.0.1' })).ok).toBe(true);
});

describe('what succeeds a document', () => {
  const before = documentOf({ alpha: { at: '127.64.0.1', names: ['alpha'] }, zeta: { at: '127.64.0.2', names: ['zeta'] } });

  test('has its names where they led, though no hosts file says so', () => {
    const next = documentOf({ zeta: { at: '127.64.0.1', names: ['zeta'] } });
    expect(addressesOf(succeed(before, next))).toEqual({ alpha: '127.64.0.1', zeta: '127.64.0.2' });
  });

  test('leaves a kept listener the names that nobody else has', () => {
    const next = documentOf({ 'zeta:81': { at: '127.64.0.2', names: ['zeta', 'alpha'], port: 81 } });
    const settled = succeed(documentOf({ cart: { at: '127.64.0.2', names: ['zeta', 'old'] } }), next);
    if (!settled.ok) throw new Error();
    expect(settled.config.listeners.map(({ name, hostnames }) => [name, hostnames])).toEqual([['cart', ['old']], ['zeta:81', ['zeta', 'alpha']]]);
  });

  test.each([
    ['at its address', { cart: { at: '127.64.0.1', names: ['basket'] } }, { 'cart': '127.64.0.2', 'cart@127.64.0.1:80': '127.64.0.1' }],
    ['at another address', { cart: { at: '127.64.0.9', names: ['basket'] } }, { 'cart': '127.64.0.9', 'cart@127.64.0.1:80': '127.64.0.1' }],
    ['at another port', { cart: { at: '127.64.0.1', names: ['cart'], port: 81 } }, { 'cart': '127.64.0.1', 'cart@127.64.0.1:80': '127.64.0.1' }],
  ])('has a callee\'s listener where its names lead though another has its name, %s', (_, callees, addresses) => {
    const cart = documentOf({ cart: { at: '127.64.0.1', names: ['cart', 'cart.shop'] } });
    const first = succeed(cart, documentOf(callees));
    expect(addressesOf(first)).toEqual(addresses);
    if (!first.ok) throw new Error();
    expect(findBrokenReferences(first.config)).toEqual([]);
    // Whatever comes after that, a document that is there again has its own.
    const [kept] = first.config.listeners;
    expect(addressesOf(succeed(first.config, documentOf({})))).toEqual(addresses);
    const back = succeed(first.config, cart);
    if (!back.ok) throw new Error();
    expect(back.config.listeners).toContainEqual(cart.listeners[0]);
    expect(back.config.listeners.map(({ name }) => name)).not.toContain(kept!.name);
  });

  test('is refused when the hosts file can\'t take it', () => {
    const names: PodNames = { leads: new Map(), problemsWith: ({ listeners }) => [`no room for ${listeners.length}`] };
    expect(succeed(before, documentOf({}), names)).toEqual({ ok: false, problems: ['no room for 2'] });
  });
});
