import { hashText } from '../../../src/balancing';
import { DEFAULT_LIMITS, HashKeyConfig } from '../../../src/contract';
import { HashKeys } from '../../../src/proxy/http1/hash-keys';
import { RequestHead } from '../../../src/proxy/http1/request-head';
import { seededRandom } from '../../support/random';

const SOURCE = hashText('10.0.0.7');

function hashOf(keys: readonly HashKeyConfig[], fields: string, target = '/'): number | undefined {
  const buffer = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: shop\r\n${fields}\r\n`, 'latin1');
  const head = new RequestHead(100);
  expect(head.parse(buffer, 0, buffer.length, DEFAULT_LIMITS)).toBeUndefined();
  return new HashKeys(keys, seededRandom(1)).hash(buffer, head, SOURCE);
}

const user: HashKeyConfig = { type: 'header', name: 'X-User' };

test.each([
  ['a header, whatever the case of its name', [user], 'x-uSER: ann\r\n', '/', hashText('ann')],
  ['the first header of that name', [user], 'X-User: ann\r\nX-User: bob\r\n', '/', hashText('ann')],
  ['a cookie among others', [{ type: 'cookie', name: 'cart' }], 'Cookie: a=1; cart=c7; b=2\r\n', '/', hashText('c7')],
  ['a cookie of a second field', [{ type: 'cookie', name: 'cart' }], 'Cookie: a=1\r\nCookie: cart=c7\r\n', '/', hashText('c7')],
  ['a cookie whose name another one ends in', [{ type: 'cookie', name: 'cart' }], 'Cookie: mycart=x; cart=c7\r\n', '/', hashText('c7')],
  ['a query parameter', [{ type: 'query', name: 'id' }], '', '/p?x=1&id=42&y=2', hashText('42')],
  ['an empty value', [{ type: 'query', name: 'id' }], '', '/p?id=', hashText('')],
  ['the client\'s address', [{ type: 'sourceAddress' }], '', '/', SOURCE],
] satisfies [string, HashKeyConfig[], string, string, number][])('hashes %s', (_, keys, fields, target, expected) => {
  expect(hashOf(keys, fields, target)).toBe(expected);
});

test.each([
  ['a header that is not there', [user], 'X-Users: ann\r\n', '/'],
  ['a cookie with another case of letters', [{ type: 'cookie', name: 'cart' }], 'Cookie: Cart=1\r\n', '/'],
  ['a parameter without a value', [{ type: 'query', name: 'id' }], '', '/p?id&x=1'],
  ['a parameter outside of the query', [{ type: 'query', name: 'id' }], '', '/id=3'],
  ['no keys', [], 'X-User: ann\r\n', '/'],
] satisfies [string, HashKeyConfig[], string, string][])('has no hash, given %s', (_, keys, fields, target) => {
  expect(hashOf(keys, fields, target)).toBeUndefined();
});

test('combines what is found in order: a rotation of the hash so far, and the next', () => {
  const combined = hashOf([user, { type: 'query', name: 'id' }], 'X-User: ann\r\n', '/?id=1');
  const first = hashText('ann');
  expect(combined).toBe((((first << 1) | (first >>> 31)) ^ hashText('1')) >>> 0);
  expect(combined).not.toBe(hashOf([{ type: 'query', name: 'id' }, user], 'X-User: ann\r\n', '/?id=1'));
});

test('stops at a terminal key that is found, and goes on when it is not', () => {
  const keys: HashKeyConfig[] = [{ ...user, terminal: true }, { type: 'sourceAddress' }];
  expect(hashOf(keys, 'X-User: ann\r\n')).toBe(hashText('ann'));
  expect(hashOf(keys, '')).toBe(SOURCE);
});

describe('a hash cookie with a lifetime', () => {
  const keys: HashKeyConfig[] = [{ type: 'cookie', name: 'cart', ttlMs: 3_600_000 }];
  const made = (hashKeys: HashKeys, fields = ''): { readonly hash: number | undefined; readonly setCookie: string } => {
    const buffer = Buffer.from(`GET / HTTP/1.1\r\nHost: shop\r\n${fields}\r\n`, 'latin1');
    const head = new RequestHead(100);
    head.parse(buffer, 0, buffer.length, DEFAULT_LIMITS);
    return { hash: hashKeys.hash(buffer, head, SOURCE), setCookie: hashKeys.setCookie.toString('latin1') };
  };

  it('is made for a request without it, which is hashed as those with it will be', () => {
    const hashKeys = new HashKeys(keys, seededRandom(1));
    const first = made(hashKeys);
    const [, pair] = /^set-cookie: (cart=[0-9a-f]{16}); Path=\/; Max-Age=3600; HttpOnly\r\n$/.exec(first.setCookie)!;
    expect(made(hashKeys, `Cookie: ${pair}\r\n`)).toEqual({ hash: first.hash, setCookie: '' });
    expect(made(hashKeys).hash).not.toBe(first.hash);
  });

  it('lasts as long as its client likes, given a lifetime of 0', () => {
    expect(made(new HashKeys([{ type: 'cookie', name: 'cart', ttlMs: 0 }], seededRandom(1))).setCookie).toMatch(/^set-cookie: cart=\w+; Path=\/; HttpOnly\r\n$/);
  });

  it('is not made behind a terminal key that was found; several are made at once', () => {
    const terminal: HashKeyConfig = { ...user, terminal: true };
    expect(made(new HashKeys([terminal, ...keys], seededRandom(1)), 'X-User: ann\r\n')).toEqual({ hash: hashText('ann'), setCookie: '' });
    const two = new HashKeys([...keys, { type: 'cookie', name: 'user', ttlMs: 0 }], seededRandom(1));
    expect(made(two).setCookie).toMatch(/^set-cookie: cart=[^\r]+\r\nset-cookie: user=[^\r]+\r\n$/);
  });
});
