import { isIP } from 'node:net';
import fc from 'fast-check';
import { contains, parseAddress, parseCidr } from '../../src/contract';

const within = (cidr: string, address: string): boolean => contains(parseCidr(cidr)!, parseAddress(address)!);

test.each<[string, string, boolean]>([
  ['10.0.0.0/8', '10.255.0.1', true], ['10.0.0.0/8', '11.0.0.1', false], ['10.1.2.3/8', '10.9.9.9', true], ['0.0.0.0/0', '1.2.3.4', true],
  ['192.0.2.128/25', '192.0.2.127', false], ['192.0.2.128/25', '192.0.2.128', true], ['192.0.2.1', '192.0.2.1', true], ['192.0.2.1', '192.0.2.2', false],
  ['2001:db8::/32', '2001:db8:ffff::1', true], ['2001:db8::/33', '2001:db8:8000::', false], ['::/0', '1.2.3.4', false], ['0.0.0.0/0', '::1', false],
  ['10.0.0.0/8', '::ffff:10.1.1.1', true], ['::ffff:10.0.0.0/104', '10.1.1.1', true], ['::ffff:0:0/96', '8.8.8.8', true], ['::1', '::1', true],
])('%s and %s: %s', (cidr, address, expected) => {
  expect(within(cidr, address)).toBe(expected);
});

test.each(['', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/', '10.0.0.0/-1', '10.0.0.0/8/8', '::/129', ':::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1::2::3', '::g', '::ffff:10.0.0.0/8',
  '010.0.0.0/8', 'shop', '1.2.3.4.5', '12345::'])('%j is no network', (text) => {
  expect(parseCidr(text)).toBeUndefined();
});

test('an address is one to it when it is one to Node, but for zones', () => {
  const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/), fc.ipV6().map((address) => address.replace(/:\w/, '::')));
  fc.assert(fc.property(text, (address) => {
    expect(parseAddress(address) !== undefined).toBe(isIP(address) !== 0);
  }), { numRuns: 5_000, seed: 1 });
});
