import * as fc from 'fast-check';
import { DEFAULT_LIMITS } from '../../../src/contract';
import { INCOMPLETE } from '../../../src/proxy/http1/fault';
import { Framing } from '../../../src/proxy/http1/framing';
import { HeadBuffer } from '../../../src/proxy/http1/head-buffer';
import { RequestHead } from '../../../src/proxy/http1/request-head';
import { Marks, serializeRequest } from '../../../src/proxy/http1/serialize';
import { Via } from '../../../src/proxy/serve/route/via';

const EMPTY = Buffer.alloc(0);
const VIA = new Via('host.of.listener:80', false, () => 0.5);

/** The fault's detail, or what would be forwarded. */
function read(text: string): string {
  const buffer = Buffer.from(text, 'latin1');
  const heads = new HeadBuffer(true);
  const head = new RequestHead(200);
  const fault = heads.feed(buffer, 0, head, DEFAULT_LIMITS);
  if (fault === INCOMPLETE) return 'incomplete';
  return fault ? `${fault.code}: ${fault.detail}` : serializeRequest(heads.buffer, head, VIA, Marks.NONE, false, EMPTY, EMPTY, EMPTY).toString('latin1');
}

function parse(text: string): RequestHead {
  const head = new RequestHead(200);
  const buffer = Buffer.from(text, 'latin1');
  expect(head.parse(buffer, 0, buffer.length, DEFAULT_LIMITS)).toBeUndefined();
  return head;
}

describe('forwards', () => {
  test('a plain request as it is', () => {
    expect(read('GET /a?b=c HTTP/1.1\r\nHost: shop\r\nX-Trace: 1\r\n\r\n'))
      .toBe('GET /a?b=c HTTP/1.1\r\nHost: shop\r\nX-Trace: 1\r\n\r\n');
  });

  test('order and case of fields, given odd white space around values, which it drops', () => {
    expect(read('GET / HTTP/1.1\r\nhOst:shop\r\nB: \t2\t \r\nA:1\r\nEmpty:\r\n\r\n'))
      .toBe('GET / HTTP/1.1\r\nhOst: shop\r\nB: 2\r\nA: 1\r\nEmpty: \r\n\r\n');
  });

  test('nothing that is hop-by-hop or nominated by Connection', () => {
    expect(read('GET / HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive, X-Gone , close\r\nKeep-Alive: 5\r\nx-gone: 1\r\nX-Stays: 1\r\n'
      + 'Proxy-Connection: close\r\nUpgrade: websocket\r\nTE: gzip\r\nTrailer: x\r\n\r\n'))
      .toBe('GET / HTTP/1.1\r\nHost: shop\r\nX-Stays: 1\r\n\r\n');
  });

  test.each([
    'Host', 'Authorization', 'Cookie', 'Content-Length', 'X-Forwarded-For', 'Forwarded', 'Content-Type', 'X-Client-IP', 'True-Client-IP',
    'CF-Connecting-IP', 'Client-Cert', 'X-Auth-Request-User', 'X-User', 'X-Api-Key', 'l5d-client-id', 'b3', 'X-Envoy-External-Address',
  ])(
    '%s, though Connection nominates it', (name) => {
      const value = name === 'Content-Length' ? '5' : 'v';
      const fields = name === 'Host' ? 'Host: v\r\n' : `Host: shop\r\n${name}: ${value}\r\n`;
      expect(read(`POST / HTTP/1.1\r\n${fields}Connection: ${name.toLowerCase()}\r\n\r\n`)).toContain(`${name}: ${value}\r\n`);
    });

  test('nothing else that Connection names, up to as many names as are of use to anybody', () => {
    const named = (count: number): string => `GET / HTTP/1.1\r\nHost: shop\r\nConnection: ${'b,'.repeat(count)}b\r\nb: 1\r\n\r\n`;
    expect(read(named(63))).toBe('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    expect(read(named(64))).toBe('bad_request: more than 64 fields named by Connection');
  });

  test('a URL as target by its path, with Host made from it', () => {
    expect(read('GET http://shop.example:8080/a?b HTTP/1.1\r\nHost: evil\r\n\r\n'))
      .toBe('GET /a?b HTTP/1.1\r\nhost: shop.example:8080\r\n\r\n');
    expect(read('GET http://shop?b HTTP/1.1\r\nHost: evil\r\n\r\n')).toMatch(/^GET \/\?b HTTP\/1.1\r\nhost: shop\r\n/);
    expect(read('GET HTTP://shop HTTP/1.1\r\nHost: evil\r\n\r\n')).toMatch(/^GET \/ HTTP\/1.1\r\nhost: shop\r\n/);
  });

  test('an HTTP/1.0 request as HTTP/1.1, with a Host when it has none and without its Expect', () => {
    expect(read('GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n'))
      .toBe('GET / HTTP/1.1\r\nhost: host.of.listener:80\r\n\r\n');
  });

  test('Content-Length without leading zeros, which some take for octal', () => {
    expect(read('POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 0010\r\n\r\n')).toContain('\r\nContent-Length: 10\r\n');
  });

  test('chunked framing of its own', () => {
    expect(read('POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: CHUNKED\r\n\r\n'))
      .toBe('POST / HTTP/1.1\r\nHost: shop\r\ntransfer-encoding: chunked\r\n\r\n');
  });

  test('TE: trailers, named by a Connection of its own', () => {
    expect(read('GET / HTTP/1.1\r\nHost: shop\r\nTE: trailers\r\nConnection: TE\r\n\r\n')).toContain('te: trailers\r\nconnection: te\r\n');
  });

  test('a request behind empty lines', () => {
    for (const lines of ['\r\n', '\r\n\r\n\r\n\r\n', '\n', '\n\r\n']) expect(read(`${lines}GET / HTTP/1.1\r\nHost: shop\r\n\r\n`)).toMatch(/^GET \/ HTTP/);
  });

  test('a higher minor version as HTTP/1.1', () => {
    expect(read('GET / HTTP/1.7\r\nHost: shop\r\n\r\n')).toBe('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
  });

  test('a query with what is not ASCII in it, percent-encoded', () => {
    expect(read('GET /a?q=\xc3\xa4b\xff&c HTTP/1.1\r\nHost: shop\r\n\r\n')).toBe('GET /a?q=%C3%A4b%FF&c HTTP/1.1\r\nHost: shop\r\n\r\n');
    expect(read(`GET http://b?${'\xe4'.repeat(4_000)} HTTP/1.1\r\nHost: shop\r\n\r\n`)).toBe(`GET /?${'%E4'.repeat(4_000)} HTTP/1.1\r\nhost: b\r\n\r\n`);
  });

  test('nothing of options of Connection that are none', () => {
    expect(read('GET / HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive; timeout=5, x-a y, "close"\r\nX-A: 1\r\nY: 2\r\n\r\n'))
      .toBe('GET / HTTP/1.1\r\nHost: shop\r\nY: 2\r\n\r\n');
  });

  test('* with OPTIONS', () => {
    expect(read('OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n')).toMatch(/^OPTIONS \* HTTP/);
  });
});

describe('refuses', () => {
  const host = 'Host: shop\r\n';
  test.each([
    ['a bare LF behind the request line', 'GET / HTTP/1.1\nHost: shop\r\n\r\n'],
    ['bare LFs throughout', 'GET / HTTP/1.1\nHost: shop\n\n'],
    ['a bare LF behind a field', `GET / HTTP/1.1\r\n${host}A: 1\nB: 2\r\n\r\n`],
    ['a bare CR in a value', `GET / HTTP/1.1\r\n${host}A: 1\rB: 2\r\n\r\n`],
    ['NUL in a value', `GET / HTTP/1.1\r\n${host}A: 1\0\r\n\r\n`],
    ['white space before the first field', 'GET / HTTP/1.1\r\n Host: shop\r\n\r\n'],
    ['white space before a colon', `GET / HTTP/1.1\r\n${host}A : 1\r\n\r\n`],
    ['a folded field', `GET / HTTP/1.1\r\n${host}A: 1\r\n 2\r\n\r\n`],
    ['an empty field name', `GET / HTTP/1.1\r\n${host}: 1\r\n\r\n`],
    ['a line without a colon', `GET / HTTP/1.1\r\n${host}A\r\n\r\n`],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two Hosts', `GET / HTTP/1.1\r\n${host}${host}\r\n`],
    ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['Host with user information', 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n'],
    ['Host with a list', 'GET / HTTP/1.1\r\nHost: a,b\r\n\r\n'],
    ['Host with a port that is none', 'GET / HTTP/1.1\r\nHost: a:b\r\n\r\n'],
    ['a URL with user information', `GET http://u@a/ HTTP/1.1\r\n${host}\r\n`],
    ['a URL without a host', `GET http:///x HTTP/1.1\r\n${host}\r\n`],
    ['another scheme', `GET ftp://a/ HTTP/1.1\r\n${host}\r\n`],
    ['a target that is no path', `GET x HTTP/1.1\r\n${host}\r\n`],
    ['* with GET', `GET * HTTP/1.1\r\n${host}\r\n`],
    ['a fragment', `GET /a#b HTTP/1.1\r\n${host}\r\n`],
    ['a raw byte above 0x7f in the path', `GET /\xff HTTP/1.1\r\n${host}\r\n`],
    ['a raw byte above 0x7f in the path before a query', `GET /\xff?a HTTP/1.1\r\n${host}\r\n`],
    ['DEL in a query', `GET /?\x7f HTTP/1.1\r\n${host}\r\n`],
    ['a space behind a byte above 0x7f in a query', `GET /?\xff a HTTP/1.1\r\n${host}\r\n`],
    ['a fragment behind a byte above 0x7f', `GET /?\xff#a HTTP/1.1\r\n${host}\r\n`],
    ['a space in the target', `GET /a b HTTP/1.1\r\n${host}\r\n`],
    ['two spaces in the request line', `GET  / HTTP/1.1\r\n${host}\r\n`],
    ['a tab in the request line', `GET\t/ HTTP/1.1\r\n${host}\r\n`],
    ['no version', 'GET /\r\nHost: shop\r\n\r\n'],
    ['no version and nothing else', 'GET /\r\n\r\n'],
    ['a lower-case version', `GET / http/1.1\r\n${host}\r\n`],
    ['an invalid method', `G(T / HTTP/1.1\r\n${host}\r\n`],
    ['Content-Length and Transfer-Encoding', `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['Transfer-Encoding and Content-Length', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n`],
    ['Transfer-Encoding in HTTP/1.0', `POST / HTTP/1.0\r\n${host}Transfer-Encoding: chunked\r\n\r\n`],
    ['chunked twice', `POST / HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`],
    ['two equal lengths', `POST / HTTP/1.1\r\n${host}Content-Length: 5\r\nContent-Length: 5\r\n\r\n`],
    ...['+5', '-1', '0x5', '5 5', '5, 5', '', '9007199254740993', '99999999999999999999', '５', '1e3'].map((length) => [
      `Content-Length: ${length}`, `POST / HTTP/1.1\r\n${host}Content-Length: ${length}\r\n\r\n`]),
  ])('%s with 400', (_, text) => {
    expect(read(text!)).toMatch(/^bad_request: /);
  });

  test.each(['chunked, chunked', 'gzip, chunked', 'chunked, gzip', 'identity', 'xchunked', 'chunked;q=1', '\x0bchunked', '"chunked"', ''])(
    'Transfer-Encoding: %s', (coding) => {
      expect(read(`POST / HTTP/1.1\r\n${host}Transfer-Encoding: ${coding}\r\n\r\n`)).toMatch(/^(unsupported_transfer_coding|bad_request): /);
    });

  test.each(['HTTP/2.0', 'HTTP/0.9', 'HTTP/3', 'HTTP/11', 'HTTP/1.x'])('version %s with 505', (version) => {
    expect(read(`GET / ${version}\r\n${host}\r\n`)).toMatch(/^version_not_supported: /);
  });

  test('CONNECT with 501', () => {
    expect(read('CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n')).toMatch(/^connect_method_refused: /);
  });

  test('a request line, a head and a number of fields beyond their limits', () => {
    expect(read(`GET /${'a'.repeat(8_192)} HTTP/1.1\r\n${host}\r\n`)).toMatch(/^uri_too_long: /);
    expect(read(`GET / HTTP/1.1\r\n${host}A: ${'a'.repeat(16_384)}\r\n\r\n`)).toMatch(/^head_too_large: /);
    expect(read(`GET / HTTP/1.1\r\n${host}A: ${'a'.repeat(16_384)}`)).toMatch(/^head_too_large: /);
    expect(read(`GET / HTTP/1.1\r\n${host}${'A: 1\r\n'.repeat(100)}\r\n`)).toMatch(/^head_too_large: /);
  });
});

test('knows how long the body is, and whether the connection goes on', () => {
  expect(parse('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toMatchObject({ framing: Framing.NONE, persistent: true });
  expect(parse('GET / HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n')).toMatchObject({ persistent: false });
  expect(parse('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n')).toMatchObject({ framing: Framing.LENGTH, length: 12 });
  expect(parse('GET / HTTP/1.0\r\n\r\n')).toMatchObject({ persistent: false });
  expect(parse('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')).toMatchObject({ persistent: true });
  expect(parse('GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n')).toMatchObject({ persistent: false });
});

test('reads the same head, given it cut into pieces anywhere', () => {
  const message = Buffer.from('\r\nPOST /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\nabcGET', 'latin1');
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: message.length - 1 }), { maxLength: 8 }), (cuts) => {
    const heads = new HeadBuffer(true);
    const points = [...new Set([0, ...cuts, message.length])].sort((a, b) => a - b);
    for (let i = 0; i + 1 < points.length; i += 1) {
      const fault = heads.feed(message.subarray(points[i], points[i + 1]), 0, new RequestHead(10), DEFAULT_LIMITS);
      if (fault === INCOMPLETE) continue;
      expect(fault).toBeUndefined();
      const head = heads.buffer.subarray(heads.start, heads.end).toString();
      expect(head).toBe('POST /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\n');
      const rest = Buffer.concat([heads.buffer.subarray(heads.end), message.subarray(points[i + 1])]).toString();
      expect(rest).toBe('abcGET');
      return;
    }
    throw new Error('the head was never complete');
  }));
});

test('forwards what it itself would read alike, given any bytes that it accepts', () => {
  const piece = fc.oneof(
    fc.constantFrom('GET', 'POST', ' ', '/', 'HTTP/1.1', '\r\n', '\n', '\r', ':', 'Host: a', 'Content-Length: ', '5', 'Transfer-Encoding: chunked', 'Connection: ', 'x', '\t', '\0', '\xff'),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
    const out = read(`${pieces.join('')}\r\n\r\n`);
    if (/^(bad_request|head_too_large|uri_too_long|version_not_supported|unsupported_transfer_coding|expectation_failed): |^incomplete$/.test(out)) return;
    const again = read(out);
    expect(again).toBe(out);
  }), { numRuns: 2_000 });
  fc.assert(fc.property(fc.array(fc.tuple(fc.stringMatching(/^[A-Za-z-]{1,20}$/), fc.stringMatching(/^[ -~\t]{0,30}$/)), { maxLength: 10 }), (fields) => {
    const lines = fields.map(([name, value]) => `${name}:${value}\r\n`).join('');
    const out = read(`GET / HTTP/1.1\r\nHost: shop\r\n${lines}\r\n`);
    if (!out.startsWith('GET')) return;
    expect(read(out)).toBe(out);
  }), { numRuns: 2_000 });
});
