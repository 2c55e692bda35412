import { hostNamesIn, hostOf, wildcardOf } from '../../../src/proxy/tls/host-names';

test.each<[string | undefined, readonly string[]]>([
  [undefined, []],
  ['DNS:Shop.example.com, DNS:*.example.com, IP Address:127.0.0.1, URI:spiffe://a/b', ['shop.example.com', '*.example.com']],
  ['DNS:"a.example.com\\u0000.evil.com", DNS:b.example.com', ['b.example.com']],
  ['URI:"x, DNS:evil.com", DNS:good.com', ['good.com']],
  ['DNS:a*.example.com, DNS:*, DNS:*.*.com', []],
])('the names in %j', (text, expected) => {
  expect(hostNamesIn(text)).toEqual(expected);
});

test('a wildcard covers one label, the first', () => {
  expect(wildcardOf('a.b.example.com')).toBe('*.b.example.com');
  expect(wildcardOf('localhost')).toBeUndefined();
});

test.each([['Shop.Example.com.', 'shop.example.com'], ['shop:8443', 'shop'], ['[::1]:80', '[::1]'], ['[::1]', '[::1]']])('the host of %s', (authority, host) => {
  expect(hostOf(authority)).toBe(host);
});
