/** Where a request's body ends: Content-Length, Transfer-Encoding, chunks, trailers (RFC 9112 sections 6 and 7). */
import { Family, request, RequestCase, shown, SMUGGLED } from './case';

const CHUNKS = '3\r\nabc\r\n0\r\n\r\n';
const TE = 'Transfer-Encoding: chunked';

function refused(name: string, send: string, refusedAs: RequestCase['refused'] = 'bad_request'): RequestCase {
  return { name, send, reaches: [], refused: refusedAs! };
}

const GOOD_CODINGS = [
  'Transfer-Encoding: chunked', 'TRANSFER-ENCODING: CHUNKED', 'transfer-Encoding: Chunked', 'Transfer-Encoding:chunked',
  'Transfer-Encoding:\tchunked', 'Transfer-Encoding:   chunked \t ',
];

/** Lines that some reader somewhere takes for `Transfer-Encoding: chunked`. */
const BAD_CODINGS = [
  'xchunked', 'chunk', 'chunkedx', 'identity', 'gzip', 'cow', '', 'chunked, gzip', 'chunked, chunked', 'chunked, identity', 'gzip, gzip',
  'chunked,', ',chunked', ', chunked', 'chunked;', 'chunked;q=1', 'chunked; q=0', '"chunked"', '\'chunked\'', 'chunked chunked',
  'chunked\x00', '\x00chunked', 'chunked\x0b', '\x0bchunked', '\x0cchunked', 'chunked\xa0', '\xa0chunked', '\xefchunked', 'chun\tked', 'c h u n k e d',
].map((value) => `Transfer-Encoding: ${value}`);
const OBSCURED_CODINGS = [
  'Transfer-Encoding : chunked', 'Transfer-Encoding\t: chunked', ' Transfer-Encoding: chunked', '\tTransfer-Encoding: chunked',
  'Transfer-Encoding\x00: chunked', 'Transfer Encoding: chunked', 'Transfer-Encoding\x0b: chunked', 'Transfer_Encoding: chunked',
  'transfer_encoding: chunked', 'X: y\nTransfer-Encoding: chunked', 'X: y\rTransfer-Encoding: chunked', 'X: y\n\rTransfer-Encoding: chunked',
  '\rTransfer-Encoding: chunked', '\nTransfer-Encoding: chunked', 'Transfer-Encoding:\n chunked', 'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding\r\n: chunked', 'Transfer-Encoding: chun\r\n ked', 'Transfer-Encoding', 'Transfer-Encoding chunked', ': chunked',
  `${TE}\r\n${TE}`, `${TE}\r\nTransfer-Encoding: identity`, `Transfer-Encoding: identity\r\n${TE}`, `Transfer-Encoding: gzip\r\n${TE}`,
  `${TE}\r\nTransfer-Encoding: gzip`, `${TE}\r\nTransfer-Encoding:`,
];
const UNKNOWN_CODINGS = ['gzip, chunked', 'identity, chunked', 'deflate, gzip, chunked', 'gzip,chunked', 'br , chunked']
  .map((value) => `Transfer-Encoding: ${value}`);

const conflicts: Family<RequestCase> = {
  family: 'Content-Length and Transfer-Encoding',
  cases: [
    ...GOOD_CODINGS.flatMap((line): RequestCase[] => [
      { name: `${shown(line)} alone`, send: request('POST /te', [line], CHUNKS), reaches: [{ line: 'POST /te', body: 'abc' }] },
      refused(`${shown(line)} before a length`, request('POST /te', [line, 'Content-Length: 5'], `0\r\n\r\n${SMUGGLED}`)),
      refused(`${shown(line)} behind a length`, request('POST /te', ['Content-Length: 5', line], `0\r\n\r\n${SMUGGLED}`)),
    ]),
    ...[...BAD_CODINGS, ...OBSCURED_CODINGS].flatMap((line) => [
      refused(`${shown(line)} alone`, request('POST /te', [line], `${CHUNKS}${SMUGGLED}`)),
      refused(`${shown(line)} behind a length`, request('POST /te', ['Content-Length: 5', line], `0\r\n\r\n${SMUGGLED}`)),
    ]),
    ...UNKNOWN_CODINGS.flatMap((line) => [
      refused(`${shown(line)} alone`, request('POST /te', [line], CHUNKS), 'unsupported_transfer_coding'),
      refused(`${shown(line)} behind a length`, request('POST /te', ['Content-Length: 5', line], CHUNKS), 'unsupported_transfer_coding'),
    ]),
    refused('a coding in HTTP/1.0', `POST /te HTTP/1.0\r\nHost: a\r\n${TE}\r\n\r\n${CHUNKS}`),
    refused('a coding in HTTP/1.0 that would be kept alive', `POST /te HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n${TE}\r\n\r\n${CHUNKS}`),
    refused('a coding and a length in HTTP/1.0', `POST /te HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n${TE}\r\n\r\n0\r\n\r\n${SMUGGLED}`),
    refused('a coding and a length with GET', request('GET /te', ['Content-Length: 5', TE], `0\r\n\r\n${SMUGGLED}`)),
    refused('a coding that Connection would take away, with a length',
      request('POST /te', ['Connection: Transfer-Encoding', 'Content-Length: 5', TE], `0\r\n\r\n${SMUGGLED}`)),
    {
      name: 'a coding that Connection would take away', send: request('POST /te', ['Connection: Transfer-Encoding', TE], CHUNKS),
      reaches: [{ line: 'POST /te', body: 'abc', has: ['transfer-encoding: chunked'], lacks: ['connection'] }],
    },
    {
      name: 'a length that Connection would take away', send: request('POST /cl', ['Connection: content-length', 'Content-Length: 3'], 'abc'),
      reaches: [{ line: 'POST /cl', body: 'abc', has: ['Content-Length: 3'] }],
    },
  ],
};

const GOOD_LENGTHS: readonly (readonly [string, string])[] = [
  ['5', '5'], ['05', '5'], ['0000000000000005', '5'], ['5 ', '5'], ['\t 5\t', '5'],
];
const BAD_LENGTHS = [
  '+5', '-5', '-0', '5.0', '5.', '.5', '5e0', '5E0', '0x5', '0X5', 'x5', '5h', '0b101', '0o5', '5 5', '5,5', '5, 5', '5,', ',5', '5;', '5;5', '"5"',
  '\'5\'', '', ' ', ',', 'five', 'NaN', 'Infinity', '5_0', '1_000', '5%', '%35', '5\x00', '\x005', '5\x0b', '5\x0c', '\xef\xbc\x95', '\xb2', '5\xa0',
  '9007199254740992', '9007199254740993', '18446744073709551616', '18446744073709551621', '00000000000000005',
  '99999999999999999999999999999999', '-18446744073709551611', '5 Content-Length: 6', '5\t5', '(5)', '5#', 'inf',
];
const OBSCURED_LENGTHS = [
  'Content-Length : 5', 'Content-Length\t: 5', ' Content-Length: 5', '\tContent-Length: 5', 'Content_Length: 5', 'content_length: 5',
  'Content Length: 5', 'Content-Length\x00: 5', 'X: y\nContent-Length: 5', 'X: y\rContent-Length: 5', 'Content-Length:\r\n 5',
  'Content-Length\r\n: 5', 'Content-Length', 'Content-Length 5', 'Content-Length:\n5', 'Content-Length: 5\r\n 0',
];

const lengths: Family<RequestCase> = {
  family: 'Content-Length',
  cases: [
    ...GOOD_LENGTHS.map(([value, meant]): RequestCase => ({
      name: `of ${shown(value)}`, send: request('POST /cl', [`Content-Length: ${value}`], `hello${SMUGGLED.replace('smuggled', 'next')}`),
      reaches: [{ line: 'POST /cl', body: 'hello', has: [`Content-Length: ${meant}`] }, 'GET /next'],
    })),
    ...['0', '00'].map((value): RequestCase => ({
      name: `of ${shown(value)}`, send: request('POST /cl', [`Content-Length: ${value}`], SMUGGLED.replace('smuggled', 'next')),
      reaches: [{ line: 'POST /cl', has: ['Content-Length: 0'] }, 'GET /next'],
    })),
    ...BAD_LENGTHS.map((value) => refused(`of ${shown(value)}`, request('POST /cl', [`Content-Length: ${value}`], `hello${SMUGGLED}`))),
    ...OBSCURED_LENGTHS.map((line) => refused(`as ${shown(line)}`, request('POST /cl', [line], `hello${SMUGGLED}`))),
    ...([['5', '5'], ['5', '6'], ['6', '5'], ['0', '5'], ['5', '0'], ['', '5'], ['5', ''], ['5', '05']] as const).map(([one, two]) =>
      refused(`twice, ${shown(one)} and ${shown(two)}`, request('POST /cl', [`Content-Length: ${one}`, `Content-Length: ${two}`], `hello${SMUGGLED}`))),
    refused('twice, with another field between', request('POST /cl', ['Content-Length: 5', 'X: y', 'content-length: 5'], 'hello')),
    ...['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'FOO'].map((method): RequestCase => ({
      name: `with ${method}`, send: request(`${method} /cl`, ['Content-Length: 5'], 'hello'), reaches: [{ line: `${method} /cl`, body: 'hello' }],
    })),
    refused('with TRACE', request('TRACE /cl', ['Content-Length: 5'], 'hello')),
    refused('with TRACE, by chunks', request('TRACE /cl', [TE], CHUNKS)),
    ...[['2^32 + 5', '4294967301'], ['2^31', '2147483648'], ['2^53 - 1', '9007199254740991']].map(([name, value]): RequestCase => ({
      name: `of ${name}, which is not rounded or cut`, send: request('POST /cl', [`Content-Length: ${value}`], `hello${SMUGGLED}`),
      reaches: [], refused: 'bad_request', begins: 'POST /cl', ends: true,
    })),
  ],
};

function chunked(body: string): string {
  return request('POST /c', [TE], body);
}

function brokenChunks(name: string, body: string, refusedAs: RequestCase['refused'] = 'bad_request'): RequestCase {
  return { name, send: chunked(body), reaches: [], refused: refusedAs!, begins: 'POST /c' };
}

function goodChunks(name: string, body: string, meant: string, passed: readonly string[] = []): RequestCase {
  return {
    name, send: chunked(`${body}${SMUGGLED.replace('smuggled', 'next')}`), reaches: [{ line: 'POST /c', body: meant, trailers: passed, lacks: ['trailer'] }, 'GET /next'],
  };
}

const BAD_SIZES = [
  '', ' 5', '\t5', '0x5', '0X5', 'x5', '+5', '-5', '-0', '5.', '5.0', '5,', '5h', '5_', '0_5', '5\x00', '\x005', '5\x0b', '5\x0c', '5\xa0', '"5"',
  '#5', '5 5', 'g', 'five', '5 0', '5 x', 'ffffffffffffff', 'ffffffffffffffff', '10000000000000005', '1000000000000000000000000000000000005',
  '5=x', '00000000000010000000000005', `${'0'.repeat(1_100)}5`, `5${' '.repeat(1_100)}`, '5/', '\xef\xbc\x95', '(5)', '%35', '5\\',
];
const SIZE_ENDS = ['\n', '\r', '\r\r\n', '\n\n', '\n\r', '', ' \n', ' \r', '\x00\r\n', '\x85'];
const DATA_ENDS = ['', '\n', '\r', '\r\r\n', '\n\r', '\n\n', ' \r\n', 'X\r\n', '\x00\r\n', '\r\n\r\n', '\rX'];
const GOOD_EXTENSIONS = [
  ';a', ';a=b', ';a="b"', ';a="b;c"', ';a="b\\"c"', ';a="\\\\"', ';a;b;c', ';a=b;c="";d', ';a="b\tc"', ';a="\xff"', ';a=!#$%&\'*+-.^_`|~',
  // White space between the parts (RFC 9112 section 7.1.1), and no name.
  '; a', ';a ', ' ;a', ';a =b', ';a= b', ';a=b ', ';a\t=\t"b" ;c', ' ; a = b ; c = "d" ', ';', ';;', ';;a', ';a;', '; ;',
];
const BAD_EXTENSIONS = [
  ';a=', ';a= ', ';a=;b', ';=b', '; =b', ';a==b', ';a b', ';a=b c', ';a="b"c', ';a="b" c', ';a=b"c"', ';"a"', ';a,b', ';a:b', ';\xff', ';a=\xff',
  ';a\n', ';a\r', ';\n', ';\r\r\n', ';a\x00', ';a\x01b', ';\x7f', ';a="b', ';a="', ';a="b\\', ';a="b\\"', ';a="b\n"', ';a="b\r\nc"', ';a="\x00"', ';a\x0bb', ';a="\\\n"',
];

const chunks: Family<RequestCase> = {
  family: 'chunks',
  cases: [
    ...['5', '05', '0000000000005', '00000000000005', `${'0'.repeat(60)}5`, '5 ', '5\t', '5   ', `5${' '.repeat(60)}`, '05 '].map((size) => goodChunks(`of size ${shown(size)}`, `${size}\r\nhello\r\n0\r\n\r\n`, 'hello')),
    ...['A', 'a', '0A'].map((size) => goodChunks(`of size ${shown(size)}`, `${size}\r\n0123456789\r\n0\r\n\r\n`, '0123456789')),
    goodChunks('that look like chunks inside', '8\r\n0\r\n\r\nabc\r\n0\r\n\r\n', '0\r\n\r\nabc'),
    goodChunks('none', '0\r\n\r\n', ''),
    ...['0000', '00000000000000', '0'.repeat(60), '0 ', '0\t ', '00  '].map((size) => goodChunks(`whose last has size ${shown(size)}`, `3\r\nabc\r\n${size}\r\n\r\n`, 'abc')),
    goodChunks('with padding that is beyond the limit only together', `${'1         \r\na\r\n'.repeat(150)}0\r\n\r\n`, 'a'.repeat(150)),
    goodChunks('of one byte each', '1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n', 'abc'),
    ...BAD_SIZES.map((size) => brokenChunks(`of size ${shown(size)}`, `${size}\r\nhello\r\n0\r\n\r\n${SMUGGLED}`)),
    ...['+0', '-0', ' 0', '0x0', '0\x00', '0.0', '0 x', '0'.repeat(1_100)].map((size) =>
      brokenChunks(`whose last has size ${shown(size)}`, `3\r\nabc\r\n${size}\r\n\r\n${SMUGGLED}`)),
    ...SIZE_ENDS.map((end) => brokenChunks(`whose size ends in ${shown(end)}`, `5${end}hello\r\n0\r\n\r\n${SMUGGLED}`)),
    ...DATA_ENDS.map((end) => brokenChunks(`whose data ends in ${shown(end)}`, `5\r\nhello${end}0\r\n\r\n${SMUGGLED}`)),
    ...['\n', '\r', '\r\r\n', '\n\r'].map((end) => brokenChunks(`whose last size ends in ${shown(end)}`, `5\r\nhello\r\n0${end}\r\n${SMUGGLED}`)),
    ...['\n', '\r\r\n', '\n\r\n'].map((end) => brokenChunks(`whose end is ${shown(end)}`, `5\r\nhello\r\n0\r\n${end}${SMUGGLED}`)),
    brokenChunks('with less data than their size', `6\r\nhello\r\n0\r\n\r\n${SMUGGLED}`),
    brokenChunks('with more data than their size', `4\r\nhello\r\n0\r\n\r\n${SMUGGLED}`),
    ...['7fffffff', '80000000', 'ffffffff', '100000005', '1fffffffffffff'].map((size): RequestCase => ({
      ...brokenChunks(`of size ${size}, which is not cut or rounded`, `${size}\r\nhello\r\n0\r\n\r\n${SMUGGLED}`), ends: true,
    })),
    ...GOOD_EXTENSIONS.flatMap((extension) => [
      goodChunks(`with extension ${shown(extension)}`, `3${extension}\r\nabc\r\n0\r\n\r\n`, 'abc'),
      goodChunks(`whose last has extension ${shown(extension)}`, `3\r\nabc\r\n0${extension}\r\n\r\n`, 'abc'),
    ]),
    ...BAD_EXTENSIONS.flatMap((extension) => [
      brokenChunks(`with extension ${shown(extension)}`, `3${extension}\r\nabc\r\n0\r\n\r\n${SMUGGLED}`),
      brokenChunks(`whose last has extension ${shown(extension)}`, `3\r\nabc\r\n0${extension}\r\n\r\n${SMUGGLED}`),
    ]),
    brokenChunks('with an extension beyond the limit', `3;${'a'.repeat(1_100)}\r\nabc\r\n0\r\n\r\n`),
    brokenChunks('with extensions that are beyond the limit together', `${`1;${'a'.repeat(100)}\r\nx\r\n`.repeat(12)}0\r\n\r\n`),
  ],
};

/** They frame, route, authorize, identify or say how to treat the message, and are left out. */
const HEAD_ONLY = [
  'Content-Length: 5', TE, 'Host: b', 'Connection: close', 'Keep-Alive: timeout=5', 'TE: trailers', 'Trailer: x', 'Upgrade: websocket',
  'Expect: 100-continue', 'Authorization: x', 'Proxy-Authorization: x', 'Cookie: a=b', 'Set-Cookie: a=b', 'Content-Type: text/plain',
  'Content-Encoding: gzip', 'Content-Range: bytes 0-1/2', 'Via: 1.1 x', 'X-Forwarded-For: 10.0.0.1', 'x-forwarded-client-cert: x', 'Forwarded: for=1',
  'X-Real-IP: 10.0.0.1', 'Cache-Control: no-store', 'Max-Forwards: 1', 'Range: bytes=0-1', 'If-Match: "a"', 'Date: now', 'Proxy-Connection: close', 'Content_Length: 5', 'Location: /', 'Age: 1',
];
const BAD_TRAILERS = [
  'A : 1', ' A: 1', 'A', ': 1', 'A\x00: 1', 'A: \x00', 'A: 1\x01', 'A: 1\nB: 2', 'A: 1\rB: 2', 'A: 1\r\n b', 'A b: 1', 'A\x7f: 1', '\xc0: 1', 'A: 1\n', 'GET / HTTP/1.1',
];

const trailers: Family<RequestCase> = {
  family: 'trailers',
  cases: [
    ...['A: 1', 'a:1', 'A:', 'A: 1\r\nB: 2', 'X-Checksum: \xe4', 'Server-Timing: a;dur=1', 'Content-Digest: x', 'ETag: "a"'].map((lines) =>
      goodChunks(`of ${shown(lines)}, which are passed on`, `3\r\nabc\r\n0\r\n${lines}\r\n\r\n`, 'abc', lines.split('\r\n').map((line) => line.replace(/:\s*/, ': ')))),
    ...HEAD_ONLY.map((line) => goodChunks(`of ${shown(line)}, which belongs in the head`, `3\r\nabc\r\n0\r\nA: 1\r\n${line}\r\n\r\n`, 'abc', ['A: 1'])),
    ...BAD_TRAILERS.map((lines) => brokenChunks(`of ${shown(lines)}`, `3\r\nabc\r\n0\r\n${lines}\r\n\r\n${SMUGGLED}`)),
    brokenChunks('beyond the limit', `0\r\nA: ${'a'.repeat(1_100)}\r\n\r\n`, 'head_too_large'),
    brokenChunks('beyond the limit and without an end', `0\r\nA: ${'a'.repeat(1_100)}`, 'head_too_large'),
    brokenChunks('of more fields than the limit', `0\r\n${'A: 1\r\n'.repeat(21)}\r\n`, 'head_too_large'),
    {
      name: 'that Trailer announces, which is passed on', send: request('POST /c', ['Trailer: A', TE], '1\r\nx\r\n0\r\nA: 1\r\n\r\n'),
      reaches: [{ line: 'POST /c', body: 'x', has: ['Trailer: A'], lacks: ['a'], trailers: ['A: 1'] }],
    },
  ],
};

export const FRAMING: readonly Family<RequestCase>[] = [conflicts, lengths, chunks, trailers];
