/** Where connections to an endpoint with several addresses are tried, and what is remembered. */
import { Addresses, Dial, DOUBTED_AFTER } from '../../../src/proxy/cluster/addresses';

const ALL = ['10.0.0.7', '127.0.0.1', '::1'];

/** Dials where only `listening` accepts; the addresses that were tried. */
function dial(addresses: Addresses, listening: string | undefined, error = 'ECONNREFUSED'): string[] {
  const one = new Dial(addresses);
  const tried = [one.address];
  while (one.address !== listening) {
    if (!one.goesOn(error)) return tried;
    tried.push(one.address);
  }
  one.succeeded();
  return tried;
}

test('the addresses are tried in their order, up to the one that accepts, which comes first from then on', () => {
  const addresses = new Addresses(ALL);
  expect(dial(addresses, '::1')).toEqual(ALL);
  expect(dial(addresses, '::1')).toEqual(['::1']);
  expect(dial(addresses, '127.0.0.1')).toEqual(['::1', '10.0.0.7', '127.0.0.1']);
  expect(dial(addresses, '127.0.0.1')).toEqual(['127.0.0.1']);
  expect(dial(addresses, undefined)).toEqual(['127.0.0.1', '10.0.0.7', '::1']);
});

test.each(['ECONNREFUSED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH', 'EHOSTUNREACH'])('GIVEN %s THEN the next one is tried', (error) => {
  expect(dial(new Addresses(ALL), undefined, error)).toEqual(ALL);
});

test.each(['timeout', 'ECONNRESET', 'EMFILE', ''])('GIVEN %j THEN no other is tried, for somebody is there, or it would go no better', (error) => {
  expect(dial(new Addresses(ALL), undefined, error)).toEqual(['10.0.0.7']);
});

test('what was learned is doubted after some connections, and stays when nothing has changed', () => {
  const addresses = new Addresses(ALL);
  dial(addresses, '127.0.0.1');
  for (let i = 0; i < DOUBTED_AFTER; i += 1) expect(dial(addresses, '127.0.0.1')).toEqual(['127.0.0.1']);
  expect(dial(addresses, '127.0.0.1')).toEqual(['10.0.0.7', '127.0.0.1']);
  expect(dial(addresses, '127.0.0.1')).toEqual(['127.0.0.1']);
});

test('connections that are made at the same time don\'t take addresses from each other', () => {
  const addresses = new Addresses(ALL);
  const [first, second] = [new Dial(addresses), new Dial(addresses)];
  expect(first.goesOn('ECONNREFUSED')).toBe(true);
  first.succeeded();
  expect(second.goesOn('ECONNREFUSED')).toBe(true);
  expect(second.address).toBe('127.0.0.1');
  expect(second.goesOn('ECONNREFUSED')).toBe(true);
  expect(second.address).toBe('::1');
  expect(second.goesOn('ECONNREFUSED')).toBe(false);
});

test('words name the addresses where there are several, and nothing listens at any', () => {
  expect(new Dial(new Addresses(ALL)).describe('ECONNREFUSED')).toBe('ECONNREFUSED at 10.0.0.7, 127.0.0.1, ::1');
  expect(new Dial(new Addresses(ALL)).describe('timeout')).toBe('timeout');
  expect(new Dial(new Addresses(['10.0.0.7'])).describe('ECONNREFUSED')).toBe('ECONNREFUSED');
});
