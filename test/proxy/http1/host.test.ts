import * as fc from 'fast-check';
import { isHost } from '../../../src/proxy/http1/host';

const judge = (text: string): boolean => {
  const buffer = Buffer.from(text, 'latin1');
  return isHost(buffer, 0, buffer.length);
};

test.each(['shop', 'shop:80', 'shop:', '127.0.0.1:8080', '[::1]', '[::1]:80', '[fe80::1:2]:65535', 'shop.', 'shop.:80', 'a.b.c'])('%s is a host', (text) => {
  expect(judge(text)).toBe(true);
});

test.each(['', ':80', '[::1', '[]', '[1]', '[::1]80', '[fe80::1%25eth0]', 'a%41', 'user@shop', 'shop:65536', 'shop:080x', 'shop:123456', '.', '..', '.shop', 'shop..', 'a..b', 'shop..:80'])('%j is none', (text) => {
  expect(judge(text)).toBe(false);
});

test('what is longer than any host is none, and is not even looked at closely', () => {
  for (const length of [300, 200_000]) {
    expect(judge(`[${'1'.repeat(length)}]`)).toBe(false);
    expect(judge('a'.repeat(length))).toBe(false);
  }
});

test('any bytes are judged without a word', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, bracket) => {
    const buffer = Buffer.concat([Buffer.from(bracket ? '[' : ''), bytes]);
    expect(typeof isHost(buffer, 0, buffer.length)).toBe('boolean');
  }));
});
