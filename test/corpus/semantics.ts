/** What fields ask of the proxy itself, several requests on one connection, messages that end too early or are too large. */
import { CORPUS_LIMITS, Family, HOST, request, RequestCase, shown, SMUGGLED } from './case';

const NEXT = SMUGGLED.replace('smuggled', 'next');
const TE = 'Transfer-Encoding: chunked';

function refused(name: string, send: string, code: RequestCase['refused'] = 'bad_request', begins?: string): RequestCase {
  return { name, send, reaches: [], refused: code!, ...(begins === undefined ? {} : { begins }) };
}

const PROTECTED = [
  'Authorization: x', 'Proxy-Authorization: x', 'Cookie: a=b', 'X-Forwarded-For: 10.0.0.1', 'X-Forwarded-Proto: https',
  'X-Real-IP: 10.0.0.1', 'Forwarded: for=10.0.0.1', 'Content-Type: text/plain', 'Content-Encoding: gzip', 'Origin: http://a', 'Cache-Control: no-cache',
  'X-Request-Id: 1', 'traceparent: 00-1', 'Range: bytes=0-1', 'If-Match: "a"', 'Expect: 100-continue', 'Date: now', 'Max-Forwards: 3',
];

const connection: Family<RequestCase> = {
  family: 'Connection',
  cases: [
    ...['keep-alive', 'Keep-Alive', 'keep-alive, X', '', ',', ', ,keep-alive,', 'foo'].map((value): RequestCase => ({
      name: shown(value), send: request('GET /c', [`Connection: ${value}`]), reaches: [{ line: 'GET /c', lacks: ['connection'] }],
    })),
    ...['close', 'CLOSE', 'keep-alive, close', 'close, keep-alive', ' close ', ',close,', 'X,close', 'close\t,x', 'keep-alive\r\nConnection: close', 'close\r\nConnection: keep-alive'].map(
      (value): RequestCase => ({
        name: `${shown(value)} ends it, and what follows is not read`, send: request('GET /c', [`Connection: ${value}`], SMUGGLED),
        reaches: [{ line: 'GET /c', lacks: ['connection'] }], closes: true,
      })),
    ...['keep-alive; timeout=5', 'keep-alive; timeout=5, max=100', 'keep-alive, timeout=5', '"close"', 'keep-alive close', 'a b', 'a=b', 'X-A: y', '(close)', '\xe4', 'a/b', ';', '"x", \xff'].map(
      (value): RequestCase => ({
        name: `${shown(value)}, of which what is no option is ignored`, send: request('GET /c', [`Connection: ${value}`], NEXT), reaches: [{ line: 'GET /c', lacks: ['connection'] }, 'GET /next'],
      })),
    ...['close;', 'close; x', 'close close', '"x", close', 'a b, close', 'close,"x"'].map((value): RequestCase => ({
      name: `${shown(value)} ends it`, send: request('GET /c', [`Connection: ${value}`], SMUGGLED), reaches: [{ line: 'GET /c', lacks: ['connection'] }], closes: true,
    })),
    {
      name: 'names fields, which go no further', send: request('GET /c', ['X-A: 1', 'Connection: x-a, X-B', 'X-B: 1', 'X-C: 1', 'x-b: 2']),
      reaches: [{ line: 'GET /c', has: ['X-C: 1'], lacks: ['x-a', 'x-b', 'connection'] }],
    },
    {
      name: 'names a field that is not there', send: request('GET /c', ['Connection: x-gone']), reaches: [{ line: 'GET /c', lacks: ['connection', 'x-gone'] }],
    },
    ...PROTECTED.map((line): RequestCase => ({
      name: `can't take ${shown(line)} away`, send: request('GET /c', [`Connection: ${line.slice(0, line.indexOf(':'))}`, line]), reaches: [{ line: 'GET /c', has: [line], lacks: ['connection'] }],
    })),
    ...['Keep-Alive: timeout=5', 'Proxy-Connection: close', 'Proxy-Connection: keep-alive', 'TE: gzip', 'Trailer: x', 'Upgrade: websocket', 'HTTP2-Settings: AAMAAABk'].map((line): RequestCase => ({
      name: `has nothing to do with ${shown(line)}, which goes no further either`, send: request('GET /c', [line]),
      reaches: [{ line: 'GET /c', lacks: [line.slice(0, line.indexOf(':')).toLowerCase(), 'connection'] }],
    })),
    ...['trailers', 'Trailers', 'gzip, trailers', 'trailers, deflate;q=0.5', ' trailers ,x'].map((value): RequestCase => ({
      name: `goes with TE: ${value}, said anew`, send: request('GET /c', [`TE: ${value}`, 'Connection: TE']), reaches: [{ line: 'GET /c', has: ['te: trailers', 'connection: te'] }],
    })),
    ...['xtrailers', 'trailersx', '"trailers"', 'trailers;q=0', ''].map((value): RequestCase => ({
      name: `goes without TE: ${value}`, send: request('GET /c', [`TE: ${value}`, 'Connection: TE']), reaches: [{ line: 'GET /c', lacks: ['te', 'connection'] }],
    })),
  ],
};

const upgrade: Family<RequestCase> = {
  family: 'Upgrade',
  cases: [
    ...['websocket', 'WebSocket', 'a/1', 'a, b/2', 'a ,b'].map((value): RequestCase => ({
      name: `${shown(value)} is offered to the backend, and refused by it`, send: request('GET /u', ['Connection: Upgrade', `Upgrade: ${value}`], NEXT),
      reaches: [{ line: 'GET /u', has: ['connection: upgrade', `upgrade: ${value}`] }, 'GET /next'],
    })),
    {
      name: 'with other options and TE', send: request('GET /u', ['Connection: keep-alive, Upgrade, X-A', 'X-A: 1', 'TE: trailers', 'Upgrade: a']),
      reaches: [{ line: 'GET /u', has: ['te: trailers', 'connection: upgrade', 'upgrade: a'], lacks: ['x-a', 'keep-alive'] }],
    },
    ...['h2c', 'H2C', 'h2', 'h3', 'HTTP/2.0', 'http/3', 'TLS/1.2', 'websocket, h2c', 'h2c, websocket', 'TLS/1.0, HTTP/1.1'].map((value): RequestCase => ({
      name: `${shown(value)} is not passed on`, send: request('GET /u', ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${value}`, 'HTTP2-Settings: AAMAAABk'], NEXT),
      reaches: [{ line: 'GET /u', lacks: ['upgrade', 'connection', 'http2-settings'] }, 'GET /next'],
    })),
    { name: 'that Connection does not name', send: request('GET /u', ['Upgrade: websocket']), reaches: [{ line: 'GET /u', lacks: ['upgrade', 'connection'] }] },
    { name: 'that only Connection names', send: request('GET /u', ['Connection: upgrade']), reaches: [{ line: 'GET /u', lacks: ['upgrade', 'connection'] }] },
    {
      name: 'in HTTP/1.0', send: `GET /u HTTP/1.0\r\n${HOST}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`,
      reaches: [{ line: 'GET /u', lacks: ['upgrade', 'connection'] }], closes: true,
    },
    {
      name: 'with a body', send: request('POST /u', ['Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 2'], 'ab'),
      reaches: [{ line: 'POST /u', body: 'ab', lacks: ['upgrade', 'connection'] }],
    },
    ...['', ' ', ',', 'a,', ',a', 'web socket', 'a/', '/1', 'a/b/c', 'a;b', '"a"', 'a=b', 'a\xe4', 'a: b', '(a)'].map((value) =>
      refused(shown(value), request('GET /u', ['Connection: upgrade', `Upgrade: ${value}`]))),
    refused('twice', request('GET /u', ['Connection: upgrade', 'Upgrade: websocket', 'Upgrade: websocket'])),
  ],
};

const expect: Family<RequestCase> = {
  family: 'Expect',
  cases: [
    ...['100-continue', '100-Continue', ' 100-continue '].map((value): RequestCase => ({
      name: shown(value), send: request('POST /e', [`Expect: ${value}`, 'Content-Length: 2'], 'ab'),
      reaches: [{ line: 'POST /e', body: 'ab', has: [`Expect: ${value.trim()}`] }],
    })),
    { name: '100-continue without a body', send: request('GET /e', ['Expect: 100-continue']), reaches: ['GET /e'] },
    {
      name: 'in HTTP/1.0, where it goes no further', send: `POST /e HTTP/1.0\r\n${HOST}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab`,
      reaches: [{ line: 'POST /e', body: 'ab', lacks: ['expect'] }], closes: true,
    },
    ...['', '200-ok', '100-continue, x', '100-continue, 100-continue', '100-continue;x', '"100-continue"', '100 continue', '100-continu', '101-continue', 'x=y'].map((value) =>
      refused(shown(value), request('POST /e', [`Expect: ${value}`, 'Content-Length: 2'], 'ab'), 'expectation_failed')),
    refused('twice', request('POST /e', ['Expect: 100-continue', 'Expect: 100-continue', 'Content-Length: 2'], 'ab')),
  ],
};

const maxForwards: Family<RequestCase> = {
  family: 'Max-Forwards',
  cases: [
    ...['OPTIONS', 'TRACE'].flatMap((method): RequestCase[] => [
      ...[['1', '0'], ['10', '9'], ['010', '9']].map(([value, less]): RequestCase => ({
        name: `${value} with ${method} is one less`, send: request(`${method} /f`, [`Max-Forwards: ${value}`]), reaches: [{ line: `${method} /f`, has: [`max-forwards: ${less}`] }],
      })),
      { name: `0 with ${method} is answered`, send: request(`${method} /f`, ['Max-Forwards: 0'], NEXT), reaches: ['GET /next'], answered: 'max_forwards' },
      ...['', '-1', '+1', '1.0', '1, 2', 'x', '0x1', '99999999999999999999', '1 1'].map((value) =>
        refused(`${shown(value)} with ${method}`, request(`${method} /f`, [`Max-Forwards: ${value}`]))),
      refused(`twice with ${method}`, request(`${method} /f`, ['Max-Forwards: 1', 'Max-Forwards: 1'])),
    ]),
    { name: '0 with OPTIONS *', send: request('OPTIONS *', ['Max-Forwards: 0']), reaches: [], answered: 'max_forwards' },
    ...['0', 'x', ''].map((value): RequestCase => ({
      name: `${shown(value)} with GET means nothing`, send: request('GET /f', [`Max-Forwards: ${value}`]), reaches: [{ line: 'GET /f', has: [`Max-Forwards: ${value}`] }],
    })),
    { name: 'none with TRACE', send: request('TRACE /f'), reaches: [{ line: 'TRACE /f', lacks: ['max-forwards'] }] },
  ],
};

const pipelines: Family<RequestCase> = {
  family: 'pipelines',
  cases: [
    { name: 'of three requests', send: `${request('GET /1')}${request('GET /2')}${request('GET /3')}`, reaches: ['GET /1', 'GET /2', 'GET /3'] },
    {
      name: 'with bodies of both kinds', send: `${request('POST /1', ['Content-Length: 2'], 'ab')}${request('POST /2', [TE], '1\r\nc\r\n0\r\n\r\n')}${request('GET /3')}`,
      reaches: [{ line: 'POST /1', body: 'ab' }, { line: 'POST /2', body: 'c' }, 'GET /3'],
    },
    { name: 'with a body that looks like a request', send: `${request('POST /1', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED)}${NEXT}`, reaches: [{ line: 'POST /1', body: SMUGGLED }, 'GET /next'] },
    { name: 'with HEAD', send: `${request('HEAD /1')}${request('GET /2')}`, reaches: ['HEAD /1', 'GET /2'] },
    { name: 'whose second is refused', send: `${request('GET /1')}GET /2\r\n\r\n${SMUGGLED}`, reaches: ['GET /1'], refused: 'bad_request' },
    { name: 'whose second has no Host', send: `${request('GET /1')}GET /2 HTTP/1.1\r\n\r\n`, reaches: ['GET /1'], refused: 'bad_request' },
    { name: 'whose second has length and coding', send: `${request('GET /1')}${request('POST /2', ['Content-Length: 5', TE], '0\r\n\r\n')}${SMUGGLED}`, reaches: ['GET /1'], refused: 'bad_request' },
    { name: 'whose first is refused', send: `${request('GET /1', ['X : y'])}${SMUGGLED}`, reaches: [], refused: 'bad_request' },
    { name: 'whose first body is longer than said', send: `${request('POST /1', ['Content-Length: 2'], 'abc')}${SMUGGLED}`, reaches: [{ line: 'POST /1', body: 'ab' }, 'cGET /smuggled'] },
    { name: 'whose first body is longer than said, by what no method begins with', send: `${request('POST /1', ['Content-Length: 2'], 'ab{}')}${SMUGGLED}`, reaches: [{ line: 'POST /1', body: 'ab' }], refused: 'bad_request' },
    { name: 'whose first closes', send: `${request('GET /1', ['Connection: close'])}${SMUGGLED}`, reaches: ['GET /1'], closes: true },
    { name: 'whose first is HTTP/1.0', send: `GET /1 HTTP/1.0\r\n${HOST}\r\n${SMUGGLED}`, reaches: ['GET /1'], closes: true },
    { name: 'behind CONNECT', send: `CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n${SMUGGLED}`, reaches: [], refused: 'connect_method_refused' },
    { name: 'behind garbage', send: `garbage\r\n\r\n${SMUGGLED}`, reaches: [], refused: 'bad_request' },
    { name: 'of twenty', send: Array.from({ length: 20 }, (_, i) => request(`GET /${i}`)).join(''), reaches: Array.from({ length: 20 }, (_, i) => `GET /${i}`) },
  ],
};

/** Messages to cut, with the length of the head. */
const WHOLE = [
  { kind: 'a head alone', line: 'GET /t', text: request('GET /t', ['X: y']) },
  { kind: 'a body by length', line: 'POST /t', text: request('POST /t', ['Content-Length: 5'], 'hello') },
  { kind: 'a body in chunks', line: 'POST /t', text: request('POST /t', [TE], '3;x="y"\r\nabc\r\n0\r\nA: 1\r\n\r\n') },
];

const truncation: Family<RequestCase> = {
  family: 'truncation',
  cases: WHOLE.flatMap(({ kind, line, text }) => {
    const headEnd = text.indexOf('\r\n\r\n') + 4;
    return Array.from({ length: text.length - 1 }, (_, i) => i + 1).map((at): RequestCase => ({
      name: `of ${kind} behind byte ${at}`, send: text.slice(0, at), reaches: [], refused: 'bad_request', ends: true, ...(at >= headEnd ? { begins: line } : {}),
    }));
  }),
};

const { maxStartLineBytes, maxHeadBytes, maxHeaderFields } = CORPUS_LIMITS;
/** A request whose line, or whose head, has exactly so many bytes. */
const lineOf = (bytes: number): string => request(`GET /${'a'.repeat(bytes - 'GET / HTTP/1.1\r\n'.length)}`);
const headOf = (bytes: number): string => request('GET /o', [`X: ${'a'.repeat(bytes - request('GET /o', ['X: ']).length)}`]);
const fieldsOf = (count: number): string => request('GET /o', Array(count - 1).fill('X: y'));

const oversize: Family<RequestCase> = {
  family: 'oversize',
  cases: [
    { name: 'not: a request line at its limit', send: lineOf(maxStartLineBytes), reaches: [lineOf(maxStartLineBytes).split(' HTTP')[0]!] },
    refused('a request line one byte beyond its limit', lineOf(maxStartLineBytes + 1), 'uri_too_long'),
    refused('a request line beyond the limit of the head', lineOf(maxHeadBytes * 2), 'uri_too_long'),
    refused('a request line without an end', `GET /${'a'.repeat(maxHeadBytes)}`, 'uri_too_long'),
    refused('a method without an end', 'A'.repeat(maxHeadBytes * 2), 'uri_too_long'),
    { name: 'not: a head at its limit', send: headOf(maxHeadBytes), reaches: ['GET /o'] },
    refused('a head one byte beyond its limit', headOf(maxHeadBytes + 1), 'head_too_large'),
    refused('a head far beyond its limit', headOf(maxHeadBytes * 8), 'head_too_large'),
    refused('a field without an end', `GET /o HTTP/1.1\r\n${HOST}X: ${'a'.repeat(maxHeadBytes)}`, 'head_too_large'),
    refused('a field name without an end', `GET /o HTTP/1.1\r\n${HOST}${'a'.repeat(maxHeadBytes)}`, 'head_too_large'),
    refused('fields without an end', `GET /o HTTP/1.1\r\n${'X: y\r\n'.repeat(maxHeadBytes / 6)}`, 'head_too_large'),
    { name: 'not: as many fields as the limit', send: fieldsOf(maxHeaderFields), reaches: ['GET /o'] },
    refused('one field more than the limit', fieldsOf(maxHeaderFields + 1), 'head_too_large'),
    refused('many empty fields', request('GET /o', Array(maxHeaderFields * 2).fill('X:')), 'head_too_large'),
    refused('a head beyond its limit with LF within it', `GET /o HTTP/1.1\r\n${HOST}X: y\n${'a'.repeat(maxHeadBytes)}\r\n\r\n`),
    refused('a head beyond its limit with LF behind it', `GET /o HTTP/1.1\r\n${HOST}X: ${'a'.repeat(maxHeadBytes)}\n\r\n\r\n`, 'head_too_large'),
    { name: 'behind a good request', send: `${request('GET /1')}${headOf(maxHeadBytes + 1)}`, reaches: ['GET /1'], refused: 'head_too_large' },
  ],
};

export const SEMANTICS: readonly Family<RequestCase>[] = [connection, upgrade, expect, maxForwards, pipelines, truncation, oversize];
