import fc from 'fast-check';
import { canonicalAddress, peerAddress } from '../../../src/proxy/net/ip-address';

test.each([
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'], ['2001:0db8::0001', '2001:db8::1'], ['::', '::'], ['0:0:0:0:0:0:0:1', '::1'], ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'], ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'], ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'], ['10:0:0:10:20:30:40:50', '10::10:20:30:40:50'],
  ['::ffff:192.0.2.1', '192.0.2.1'], ['192.0.2.1', '192.0.2.1'],
])('%s is %s', (text, expected) => {
  expect(canonicalAddress(text)).toBe(expected);
});

test.each(['', 'shop', '1.2.3', '::1%lo', '1::2::3'])('%j is none', (text) => {
  expect(canonicalAddress(text)).toBeUndefined();
});

test.each([['fe80::1%eth0', 'fe80::1'], ['::ffff:192.0.2.1', '192.0.2.1'], [undefined, '']])('the address of a socket with %s is %j', (remoteAddress, expected) => {
  expect(peerAddress(remoteAddress)).toBe(expected);
});

test('IPv6 comes out as the URL standard has it, which is as RFC 5952 has it', () => {
  fc.assert(fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }), (groups) => {
    const text = groups.map((group) => group.toString(16)).join(':');
    fc.pre(!/^0:0:0:0:0:ffff:/.test(text));
    expect(canonicalAddress(text)).toBe(new URL(`http://[${text}]`).hostname.slice(1, -1));
  }), { numRuns: 3_000, seed: 1 });
});
