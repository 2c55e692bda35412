import fc from 'fast-check';
import { DEFAULT_LIMITS } from '../../../src/contract';
import { word } from '../../../src/proxy/http1/bytes';
import { NEXT, setCookieParts, visitCookies } from '../../../src/proxy/http1/cookies';
import { RequestHead } from '../../../src/proxy/http1/request-head';

/** The values of a cookie in the head of a request, as many as `wanted`. */
function valuesOf(name: string, fields: string, wanted = Infinity): string[] {
  const buffer = Buffer.from(`GET / HTTP/1.1\r\nHost: shop\r\n${fields}\r\n`, 'latin1');
  const head = new RequestHead(100);
  expect(head.parse(buffer, 0, buffer.length, DEFAULT_LIMITS)).toBeUndefined();
  const values: string[] = [];
  visitCookies(word(name), buffer, head.fields, (bytes, start, end) => {
    values.push(bytes.toString('latin1', start, end));
    return values.length < wanted ? NEXT : 0;
  });
  return values;
}

test.each([
  ['one', 'Cookie: a=1\r\n', ['1']],
  ['one among others, with any space between', 'Cookie: b=2;a=1;\t c=3\r\n', ['1']],
  ['two of the name, in their order', 'Cookie: a=1; b=2; a=3\r\n', ['1', '3']],
  ['several fields, in any case', 'cookie: a=1\r\nCOOKIE: b=2; a=3\r\n', ['1', '3']],
  ['a quoted value, as it stands', 'Cookie: a="1"\r\n', ['"1"']],
  ['an empty value', 'Cookie: a=; b=2\r\n', ['']],
  ['a value with equals signs', 'Cookie: a=b==; c=1\r\n', ['b==']],
  ['names that begin or end so, or in another case', 'Cookie: aa=1; ba=2; A=3; a\r\n', []],
  ['nothing but separators', 'Cookie: ;; ; \r\n', []],
  ['no cookie', 'X-Cookie: a=1\r\n', []],
])('reads cookies in place, given %s', (_, fields, values) => {
  expect(valuesOf('a', fields)).toEqual(values);
});

test('stops looking once its visitor has what it wants', () => {
  expect(valuesOf('a', 'Cookie: a=1; a=2\r\nCookie: a=3\r\n', 2)).toEqual(['1', '2']);
});

test('writes a cookie with the attributes that it has, out of reach of scripts', () => {
  expect(setCookieParts('a', { path: '/' }).join('1')).toBe('set-cookie: a=1; Path=/; HttpOnly\r\n');
  expect(setCookieParts('a', { path: '/cart', maxAgeSeconds: 60, sameSite: 'none', secure: true }).join('1'))
    .toBe('set-cookie: a=1; Path=/cart; Max-Age=60; HttpOnly; SameSite=None; Secure\r\n');
});

test('reads the same cookies as a reader that cuts at semicolons, whatever the fields hold', () => {
  const piece = fc.constantFrom('a', '=', ';', ' ', '\t', '"', 'b', 'a=', '; a=', ',', '\xe9');
  const value = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('').trim());
  fc.assert(fc.property(fc.array(value, { maxLength: 3 }), (values) => {
    const expected = values.flatMap((text) => text.split(';')).map((pair) => pair.replace(/^[ \t]+/, '')).filter((pair) => pair.startsWith('a='))
      .map((pair) => pair.slice(2));
    expect(valuesOf('a', values.map((text) => `Cookie: ${text}\r\n`).join(''))).toEqual(expected);
  }));
});
