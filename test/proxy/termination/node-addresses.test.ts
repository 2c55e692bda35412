import { isFromNode, nodeAddresses } from '../../../src/proxy/termination/node-addresses';

const TABLES: Record<string, string> = {
  '/proc/net/route': 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n'
    + 'eth0\t00000000\t0101F40A\t0003\t0\t0\t0\t00000000\neth0\t0001F40A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n',
  '/proc/net/ipv6_route': `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 fd000010024400010000000000000001 00000400 00000001 00000000 00000003     eth0\n`
    + `${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} ffffffff 00000001 00000000 00200200       lo\n`,
};

describe('who speaks to the pod from its node', () => {
  const nodes = nodeAddresses('10.200.0.1', (path) => TABLES[path]!);

  test.each(['10.200.0.1', '10.244.1.1', '::ffff:10.244.1.1', 'fd00:10:244:1::1', '127.0.0.1', '::1'])('%s does', (address) => {
    expect(isFromNode(address, nodes)).toBe(true);
  });

  test.each(['10.244.1.7', '::ffff:10.244.1.7', 'fd00:10:244:1::7', '0.0.0.0', '::', ''])('%s does not', (address) => {
    expect(isFromNode(address, nodes)).toBe(false);
  });

  test('without routing tables only the node\'s address counts', () => {
    expect([...nodeAddresses(undefined, () => '')]).toEqual([]);
    expect(isFromNode('10.244.1.1', nodeAddresses('10.200.0.1', () => ''))).toBe(false);
  });
});
