import fc from 'fast-check';
import { linesFor, markerOf, readHosts, writesFor } from '../../../src/proxy/hosts/hosts-text';

const nothing = { has: () => false };
const PAGE = 4_096;

test('a name is there with and without a final dot, for IPv4 and for IPv6', () => {
  expect(linesFor([{ address: '127.64.0.1', names: ['cart', 'cart.shop'] }], nothing)).toEqual([
    '127.64.0.1 cart cart.shop\n',
    '127.64.0.1 cart. cart.shop.\n',
    '::ffff:127.64.0.1 cart cart.shop\n',
    '::ffff:127.64.0.1 cart. cart.shop.\n',
  ]);
  expect(linesFor([{ address: '::1', names: ['cart'] }], nothing)).toEqual(['::1 cart\n', '::1 cart.\n']);
});

test('no line is longer than what C libraries read, nor has more names', () => {
  const names = Array.from({ length: 20 }, (_, i) => `${'n'.repeat(i * 12)}${i}`);
  const lines = linesFor([{ address: '127.127.255.255', names }], nothing);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(511);
  expect(Math.max(...lines.map((line) => line.split(' ').length))).toBe(1 + 6);
  expect(lines.filter((line) => line.startsWith('127')).flatMap((line) => line.trim().split(' ').slice(1)).filter((name) => !name.endsWith('.'))).toEqual(names);
});

test('what is read knows kubelet\'s names from ours, and what is missing of ours', () => {
  const content = readHosts([
    '# Kubernetes-managed hosts file.', '127.0.0.1\tlocalhost', '10.0.0.5\tweb-0.web.shop web-0', '10.9.9.9 db # the old one', '',
    markerOf(['10.0.0.5', 'fd00::5']), '127.64.0.1 cart Cart.shop', '127.64.0.1 cart.', '127.64.0.2 till', '',
  ].join('\n'));
  expect(content.madeFor).toBe('10.0.0.5,fd00::5');
  expect([...content.taken]).toEqual([['localhost', '127.0.0.1'], ['web-0.web.shop', '10.0.0.5'], ['web-0', '10.0.0.5'], ['db', '10.9.9.9']]);
  expect([...content.leads]).toEqual([['cart', '127.64.0.1'], ['cart.shop', '127.64.0.1'], ['till', '127.64.0.2']]);
  expect(linesFor([{ address: '127.64.0.2', names: ['till'] }, { address: '127.64.0.1', names: ['cart'] }], content)).toEqual([
    '127.64.0.2 till.\n', '::ffff:127.64.0.2 till\n', '::ffff:127.64.0.2 till.\n', '::ffff:127.64.0.1 cart\n', '::ffff:127.64.0.1 cart.\n',
  ]);
});

test('another file is none of ours', () => {
  expect(readHosts('127.0.0.1 localhost\n').madeFor).toBeUndefined();
  expect(readHosts(`127.0.0.1 localhost\n${markerOf([])}\n`).madeFor).toBe('');
});

test('whatever is appended, each write is whole lines within a page', () => {
  const line = fc.integer({ min: 3, max: 511 }).map((length) => `${'x'.repeat(length - 1)}\n`);
  fc.assert(fc.property(fc.array(line, { maxLength: 60 }), fc.nat({ max: 3 * PAGE }), (lines, size) => {
    let at = size;
    for (const write of writesFor(lines, size)) {
      expect(write.endsWith('\n')).toBe(true);
      expect(Math.floor(at / PAGE)).toBe(Math.floor((at + write.length - 1) / PAGE));
      at += write.length;
    }
    const written = writesFor(lines, size).join('').split('\n').filter((text) => text !== '' && !text.startsWith('#'));
    expect(written).toEqual(lines.map((text) => text.trimEnd()));
  }));
});
