/** What a backend may send, and what the client must get for it (RFC 9112 sections 4, 6 and 7). */
import { CORPUS_LIMITS, Family, HOST, byte, byteName, ResponseCase, shown } from './case';

const { maxStartLineBytes, maxHeadBytes, maxHeaderFields } = CORPUS_LIMITS;
const TE = 'Transfer-Encoding: chunked';
const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';

function response(lines: readonly string[], body = '', status = 'HTTP/1.1 200 OK'): string {
  return `${status}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
}

function refused(name: string, send: string): ResponseCase {
  return { name, send, refused: 'upstream_protocol_error', reused: false };
}

function good(name: string, send: string, gives: ResponseCase['gives'], more: Partial<ResponseCase> = {}): ResponseCase {
  return { name, send, gives: gives!, reused: true, ...more };
}

const statusLines: Family<ResponseCase> = {
  family: 'status lines',
  cases: [
    ...['HTTP/1.1 200 OK', 'HTTP/1.1 200 ', 'HTTP/1.1 200', 'HTTP/1.1 200 Two words', 'HTTP/1.1 200 \xe4\xf6', 'HTTP/1.1 200 a\tb', 'HTTP/1.1  200 OK', 'HTTP/1.1    200', 'HTTP/1.1 200  OK', 'HTTP/1.2 200 OK', 'HTTP/1.9 200 OK'].map((line) =>
      good(shown(line), response(['Content-Length: 2'], 'ok', line), { status: 200, body: 'ok' })),
    good('of HTTP/1.0, which ends the connection', response(['Content-Length: 2'], 'ok', 'HTTP/1.0 200 OK'), { status: 200, body: 'ok' }, { reused: false }),
    good('of HTTP/1.0 with keep-alive', response(['Content-Length: 2', 'Connection: keep-alive'], 'ok', 'HTTP/1.0 200 OK'), { status: 200, body: 'ok', lacks: ['connection'] }),
    ...['201', '299', '300', '400', '404', '418', '451', '500', '503', '599', '600', '666', '999'].map((status) =>
      good(`with status ${status}`, response(['Content-Length: 2'], 'ok', `HTTP/1.1 ${status} X`), { status: Number(status), body: 'ok' })),
    ...['HTTP/1.1 099 X', 'HTTP/1.1 000 X', 'HTTP/1.1 20 X', 'HTTP/1.1 2000 X', 'HTTP/1.1 1000 X', 'HTTP/1.1 2O0 X', 'HTTP/1.1 -20 X', 'HTTP/1.1 +20 X', 'HTTP/1.1 2 0 X', 'HTTP/1.1 \t200 X',
      'HTTP/1.1\t200 X', 'HTTP/1.1 200\tX', 'HTTP/1.1 200X', 'HTTP/1.1 ', 'HTTP/1.1', 'HTTP/2.0 200 X', 'HTTP/1.a 200 X', 'HTTP/2 200 X', 'HTTP/0.9 200 X', 'HTTP/1.10 200 X', 'HTTP/1. 200 X', 'HTTP/11 200 X', 'http/1.1 200 X',
      'HTTPS/1.1 200 X', 'ICY 200 X', 'RTSP/1.0 200 X', '200 OK', '', ' HTTP/1.1 200 X', 'GET / HTTP/1.1', 'SSH-2.0-OpenSSH', '<html>'].map((line) =>
      refused(shown(line), `${line}\r\nContent-Length: 2\r\n\r\nok`)),
    ...[0x00, 0x07, 0x0b, 0x1b, 0x7f].map((code) => refused(`with ${byteName(code)} in the reason`, response([], '', `HTTP/1.1 200 a${byte(code)}b`))),
    ...['\r', '\r\r\n', '\n\r'].map((end) => refused(`that end in ${shown(end)}`, `HTTP/1.1 200 OK${end}Content-Length: 2\r\n\r\nok`)),
    refused('behind an empty line', `\r\n${response(['Content-Length: 2'], 'ok')}`),
    refused('beyond the limit', response(['Content-Length: 0'], '', `HTTP/1.1 200 ${'a'.repeat(maxStartLineBytes)}`)),
    refused('of TLS', '\x15\x03\x01\x00\x02\x02\x46\r\n\r\n'),
  ],
};

const fields: Family<ResponseCase> = {
  family: 'fields of a response',
  cases: [
    good('in any form that is valid', response(['X:a', 'y: \t b \t', 'Z:', 'Content-Length: 2'], 'ok'), { status: 200, body: 'ok', has: ['X: a', 'y: b', 'Z: '] }),
    good('twice', response(['Set-Cookie: a', 'Set-Cookie: b', 'Content-Length: 0']), { status: 200, has: ['Set-Cookie: a', 'Set-Cookie: b'] }),
    good('that belong to the connection', response(['Connection: keep-alive, X-A', 'X-A: 1', 'Keep-Alive: timeout=5', 'Proxy-Connection: x', 'Upgrade: h2c', 'Trailer: x', 'TE: x', 'Content-Length: 2'], 'ok'), {
      status: 200, body: 'ok', lacks: ['connection', 'x-a', 'keep-alive', 'proxy-connection', 'upgrade', 'trailer', 'te'],
    }),
    good('that Connection can\'t take away', response(['Connection: set-cookie, content-type, content-length, date', 'Set-Cookie: a', 'Content-Type: x', 'Date: now', 'Content-Length: 2'], 'ok'), {
      status: 200, body: 'ok', has: ['Set-Cookie: a', 'Content-Type: x', 'Date: now', 'Content-Length: 2'],
    }),
    good('with Upgrade where it is required', response(['Connection: upgrade', 'Upgrade: websocket', 'Content-Length: 0'], '', 'HTTP/1.1 426 Upgrade Required'), { status: 426, has: ['connection: upgrade', 'upgrade: websocket'] }),
    ...['close', 'Close', 'keep-alive, close', 'close, x'].map((value) =>
      good(`with Connection: ${value}, which is about the backend's connection only`, response([`Connection: ${value}`, 'Content-Length: 2'], 'ok'), { status: 200, body: 'ok', lacks: ['connection'] }, { reused: false })),
    good('with Via of others', response(['Via: 1.1 other', 'Content-Length: 0']), { status: 200, has: ['Via: 1.1 other'] }),
    ...['A : 1', 'A\t: 1', ' A: 1', '\tA: 1', ': 1', 'A', 'A B: 1', 'A: 1\r\n b', 'A: 1\r\n\tb', 'A: \x00', 'A: a\x01b', 'A: \x7f', 'A\x00: 1', 'A: 1\n b', 'A: 1\rB: 2', 'A: 1\r\r', 'A"B: 1', 'A\xe4: 1', '\x0bA: 1'].map((line) =>
      refused(`as ${shown(line)}`, response([line, 'Content-Length: 2'], 'ok'))),
    ...['\r', '\r\r\n', '\n\r'].flatMap((end) => [
      refused(`ended by ${shown(end)}`, `HTTP/1.1 200 OK\r\nX: y${end}Content-Length: 2\r\n\r\nok`),
      refused(`whose last is ended by ${shown(end)}`, `HTTP/1.1 200 OK\r\nContent-Length: 2${end}\r\nok\r\n\r\n`),
    ]),
    // CGI scripts end their lines so, also behind a status line of the server's.
    good('with LF throughout', 'HTTP/1.1 200 OK\nContent-Length: 2\nX: y \n\nok', { status: 200, body: 'ok', has: ['Content-Length: 2', 'X: y'] }),
    good('with LF behind the status line alone', 'HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok', { status: 200, body: 'ok' }),
    good('with LF behind all but the status line', 'HTTP/1.1 200 OK\r\nX: y\nContent-Length: 2\n\nok', { status: 200, body: 'ok', has: ['X: y'] }),
    good('with LF behind one', 'HTTP/1.1 200 OK\r\nX: y\nContent-Length: 2\r\n\r\nok', { status: 200, body: 'ok', has: ['X: y'] }),
    good('whose last ends in LF', 'HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nok', { status: 200, body: 'ok' }),
    good('with an empty line of LF', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\nok', { status: 200, body: 'ok' }),
    good('with LF throughout, and none of them', 'HTTP/1.0 200 OK\n\nok', { status: 200, body: 'ok' }, { ends: true, reused: false }),
    good('with LF throughout, before a body that holds the end of a head', 'HTTP/1.1 200 OK\nContent-Length: 10\n\nok\r\n\r\nok\n\n', { status: 200, body: 'ok\r\n\r\nok\n\n' }),
    good('with LF throughout, before a body longer than a head', `HTTP/1.1 200 OK\nContent-Length: ${maxHeadBytes * 2}\n\n${'x'.repeat(maxHeadBytes * 2)}`, { status: 200, body: 'x'.repeat(maxHeadBytes * 2) }),
    good('with LF throughout, before chunks', `HTTP/1.1 200 OK\n${TE}\n\n2\r\nok\r\n0\r\n\r\n`, { status: 200, body: 'ok' }),
    good('with LF throughout, of an interim response', 'HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok', { status: 200, body: 'ok', interim: [100] }),
    ...['keep-alive; timeout=5', 'a b', '"close"'].map((value) =>
      good(`with Connection: ${value}`, response([`Connection: ${value}`, 'Content-Length: 2'], 'ok'), { status: 200, body: 'ok', lacks: ['connection'] })),
    good('of a head at its limit', headOf(maxHeadBytes), { status: 200 }),
    refused('of a head beyond its limit', headOf(maxHeadBytes + 1)),
    refused('of a head without an end', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(maxHeadBytes)}`),
    refused('of more than the limit', response([...Array(maxHeaderFields).fill('X: y'), 'Content-Length: 0'])),
  ],
};

function headOf(bytes: number): string {
  return response([`X: ${'a'.repeat(bytes - response(['X: ', 'Content-Length: 0']).length)}`, 'Content-Length: 0']);
}

const BAD_LENGTHS = ['+2', '-2', '2.0', '0x2', '2 2', '2,2', '2, 2', '', '2;', '"2"', 'two', '2e0', '2_', '9007199254740992', '18446744073709551618', '00000000000000002', '2\x0b'];
const BAD_CODINGS = ['xchunked', 'identity', 'gzip', 'gzip, chunked', 'chunked, gzip', 'chunked, chunked', '', 'chunked;q=1', '"chunked"', 'chunked,', '\x0bchunked', 'chunked\xa0'];

const framing: Family<ResponseCase> = {
  family: 'framing of a response',
  cases: [
    good('by length', response(['Content-Length: 2'], 'ok'), { status: 200, body: 'ok', has: ['Content-Length: 2'] }),
    good('by length 0', response(['Content-Length: 0']), { status: 200 }),
    good('by a length with zeros in front', response(['Content-Length: 002'], 'ok'), { status: 200, body: 'ok', has: ['Content-Length: 2'] }),
    good('by chunks', response([TE], '1\r\no\r\n1;x="y"\r\nk\r\n0\r\n\r\n'), { status: 200, body: 'ok', has: ['transfer-encoding: chunked'] }),
    good('by no chunk', response([TE], '0\r\n\r\n'), { status: 200 }),
    good('by the end of the connection', response([], 'ok'), { status: 200, body: 'ok', has: ['transfer-encoding: chunked'] }, { ends: true, reused: false }),
    good('by the end of the connection, and nothing in between', response([]), { status: 200 }, { ends: true, reused: false }),
    good('by the end of the connection in HTTP/1.0', response([], 'ok', 'HTTP/1.0 200 OK'), { status: 200, body: 'ok' }, { ends: true, reused: false }),
    ...BAD_LENGTHS.map((length) => refused(`by length ${shown(length)}`, response([`Content-Length: ${length}`], 'ok'))),
    ...BAD_CODINGS.map((coding) => refused(`by coding ${shown(coding)}`, response([`Transfer-Encoding: ${coding}`], '2\r\nok\r\n0\r\n\r\n'))),
    good('by one length twice, of which one is passed on', response(['Content-Length: 2', 'X: y', 'Content-Length: 02'], 'ok'), { status: 200, body: 'ok', once: ['content-length'] }),
    ...([['2', '3'], ['0', '2'], ['2', ''], ['', '2']] as const).map(([one, two]) =>
      refused(`by two lengths, ${shown(one)} and ${shown(two)}`, response([`Content-Length: ${one}`, `Content-Length: ${two}`], 'ok'))),
    refused('by a length and chunks', response(['Content-Length: 2', TE], '2\r\nok\r\n0\r\n\r\n')),
    refused('by chunks and a length', response([TE, 'Content-Length: 2'], '2\r\nok\r\n0\r\n\r\n')),
    refused('by two codings', response([TE, TE], '2\r\nok\r\n0\r\n\r\n')),
    refused('by chunks in HTTP/1.0', response([TE], '2\r\nok\r\n0\r\n\r\n', 'HTTP/1.0 200 OK')),
    refused('by a length in disguise', response(['Content_Length: 2'], 'ok')),
    refused('by a coding in disguise', response(['Transfer_Encoding: chunked', 'Content-Length: 2'], 'ok')),
    good('behind which more comes', response(['Content-Length: 2'], `ok${EVIL}`), { status: 200, body: 'ok' }, { reused: false }),
    good('by length 0 behind which more comes', response(['Content-Length: 0'], EVIL), { status: 200 }, { reused: false }),
    good('by chunks behind which more comes', response([TE], `2\r\nok\r\n0\r\n\r\n${EVIL}`), { status: 200, body: 'ok' }, { reused: false }),
    good('behind which CRLF comes', response(['Content-Length: 2'], 'ok\r\n'), { status: 200, body: 'ok' }, { reused: false }),
  ],
};

/** Nothing was passed on when it came in one piece with its head; else what was can't be taken back. */
function brokenChunks(name: string, body: string): ResponseCase {
  return { name, send: response([TE], `1\r\no\r\n${body}`), refused: 'upstream_protocol_error', broken: 200, reused: false };
}

const chunks: Family<ResponseCase> = {
  family: 'chunks of a response',
  cases: [
    ...['1 ', '1\t', '1    ', '00000000000001', `${'0'.repeat(60)}1`].map((size) =>
      good(`of size ${shown(size)}`, response([TE], `1\r\no\r\n${size}\r\nk\r\n0 \r\n\r\n`), { status: 200, body: 'ok' })),
    ...[' ;a', '; a', ';a = b', ';a="b" ;c ', ';'].map((extension) =>
      good(`with extension ${shown(extension)}`, response([TE], `1${extension}\r\no\r\n1\r\nk\r\n0${extension}\r\n\r\n`), { status: 200, body: 'ok' })),
    ...['0x1', '+1', '-1', ' 1', '1 0', '', 'g', '1_', '1.0', '10000000000001', 'ffffffffffffffff', '1\x00'].map((size) => brokenChunks(`of size ${shown(size)}`, `${size}\r\nk\r\n0\r\n\r\n`)),
    ...['\n', '\r', '\r\r\n', '\n\r'].map((end) => brokenChunks(`whose size ends in ${shown(end)}`, `1${end}k\r\n0\r\n\r\n`)),
    ...['', '\n', '\r', '\r\r\n', 'X\r\n', ' \r\n'].map((end) => brokenChunks(`whose data ends in ${shown(end)}`, `1\r\nk${end}0\r\n\r\n`)),
    ...[';a\n', ';a\x00', ';a="b', ';a="b\\', ';\r\r\n'].map((extension) => brokenChunks(`with extension ${shown(extension)}`, `1${extension}\r\nk\r\n0\r\n\r\n`)),
    brokenChunks('with an extension beyond the limit', `1;${'a'.repeat(maxHeadBytes + 1)}\r\nk\r\n0\r\n\r\n`),
    brokenChunks('that end with LF', '1\r\nk\r\n0\r\n\n'),
    ...['A : 1', ' A: 1', 'A: 1\nB: 2', 'A: \x00', 'A', 'A: 1\r\n b'].map((line) =>
      brokenChunks(`with trailer ${shown(line)}`, `0\r\n${line}\r\n\r\n`)),
    brokenChunks('with trailers beyond the limit', `0\r\nA: ${'a'.repeat(maxHeadBytes)}\r\n\r\n`),
  ],
};

const PLAIN = `GET /r HTTP/1.1\r\n${HOST}\r\n`;
const trailers: Family<ResponseCase> = {
  family: 'trailers of a response',
  cases: [
    good('for a client that takes them', response([TE, 'Trailer: A'], '2\r\nok\r\n0\r\nA: 1\r\nB:2\r\n\r\n'), { status: 200, body: 'ok', trailers: 'A: 1\r\nB: 2', has: ['Trailer: A'] }),
    ...['Content-Length: 9', TE, 'Host: b', 'Set-Cookie: a', 'Connection: close', 'Date: now', 'Content-Type: x', 'Content_Length: 9'].map((line) =>
      good(`without ${shown(line)}, which belongs in the head`, response([TE], `2\r\nok\r\n0\r\nA: 1\r\n${line}\r\n\r\n`), { status: 200, body: 'ok', trailers: 'A: 1' })),
    good('for a client that does not', response([TE, 'Trailer: A'], '2\r\nok\r\n0\r\nA: 1\r\n\r\n'), { status: 200, body: 'ok', trailers: '', lacks: ['trailer'] }, { ask: PLAIN }),
    good('for a client of HTTP/1.0', response([TE], '2\r\nok\r\n0\r\nA: 1\r\n\r\n'), { status: 200, body: 'ok', lacks: ['transfer-encoding'] }, { ask: `GET /r HTTP/1.0\r\n${HOST}TE: trailers\r\n\r\n` }),
  ],
};

const HEAD = `HEAD /r HTTP/1.1\r\n${HOST}\r\n`;
const bodiless: Family<ResponseCase> = {
  family: 'responses without a body',
  cases: [
    good('to HEAD, with a length', response(['Content-Length: 5']), { status: 200, has: ['Content-Length: 5'] }, { ask: HEAD }),
    good('to HEAD, with chunked', response([TE]), { status: 200, lacks: ['transfer-encoding'] }, { ask: HEAD }),
    good('to HEAD, with neither', response([]), { status: 200 }, { ask: HEAD }),
    good('to HEAD, behind which a body comes', response(['Content-Length: 2'], 'ok'), { status: 200 }, { ask: HEAD, reused: false }),
    good('with status 204', response([], '', 'HTTP/1.1 204 No Content'), { status: 204 }),
    good('with status 204 and length 0', response(['Content-Length: 0'], '', 'HTTP/1.1 204 No Content'), { status: 204, lacks: ['content-length'] }),
    good('with status 204 and a length', response(['Content-Length: 2'], '', 'HTTP/1.1 204 No Content'), { status: 204, lacks: ['content-length'] }, { reused: false }),
    good('with status 204 and chunked', response([TE], '', 'HTTP/1.1 204 No Content'), { status: 204, lacks: ['transfer-encoding'] }, { reused: false }),
    good('with status 204 and a length, to HEAD', response(['Content-Length: 2'], '', 'HTTP/1.1 204 No Content'), { status: 204 }, { ask: HEAD, reused: false }),
    good('with status 204, behind which a body comes', response(['Content-Length: 2'], 'ok', 'HTTP/1.1 204 No Content'), { status: 204 }, { reused: false }),
    good('with status 304', response([], '', 'HTTP/1.1 304 Not Modified'), { status: 304 }),
    good('with status 304 and a length', response(['Content-Length: 5'], '', 'HTTP/1.1 304 Not Modified'), { status: 304, has: ['Content-Length: 5'] }),
    good('with status 304 and chunked', response([TE], '', 'HTTP/1.1 304 Not Modified'), { status: 304, lacks: ['transfer-encoding'] }),
    good('with status 304, behind which a body comes', response(['Content-Length: 2'], 'ok', 'HTTP/1.1 304 Not Modified'), { status: 304 }, { reused: false }),
    good('with status 205 and a length, which has a body like any other', response(['Content-Length: 2'], 'ok', 'HTTP/1.1 205 Reset Content'), { status: 205, body: 'ok' }),
    good('with status 205 and length 0', response(['Content-Length: 0'], '', 'HTTP/1.1 205 Reset Content'), { status: 205 }),
    refused('to HEAD, with length and coding', response(['Content-Length: 5', TE])),
    { ...refused('to HEAD, with a bad length', response(['Content-Length: +5'])), ask: HEAD },
    refused('with status 204 and a bad length', response(['Content-Length: x'], '', 'HTTP/1.1 204 No Content')),
  ],
};

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const OK = response(['Content-Length: 2'], 'ok');
const interim: Family<ResponseCase> = {
  family: 'interim responses',
  cases: [
    good('100', `${CONTINUE}${OK}`, { status: 200, body: 'ok', interim: [100] }),
    good('several', `${CONTINUE}HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${OK}`, { status: 200, body: 'ok', interim: [100, 103, 102] }),
    good('with a status nobody knows', `HTTP/1.1 199 X\r\n\r\n${OK}`, { status: 200, body: 'ok', interim: [199] }),
    good('with a length, which they can\'t have', `HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\n${OK}`, { status: 200, body: 'ok', interim: [100] }, { reused: false }),
    good('with chunked, which they can\'t have', `HTTP/1.1 103 Early Hints\r\n${TE}\r\n\r\n${OK}`, { status: 200, body: 'ok', interim: [103] }, { reused: false }),
    good('with length 0', `HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n${OK}`, { status: 200, body: 'ok', interim: [100] }),
    good('for a client of HTTP/1.0, which gets none', `${CONTINUE}${OK}`, { status: 200, body: 'ok', interim: [] }, { ask: `GET /r HTTP/1.0\r\n${HOST}\r\n` }),
    refused('101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'),
    refused('without end', CONTINUE.repeat(Math.ceil(maxHeadBytes / CONTINUE.length) + 1)),
    { name: 'and no final one', send: CONTINUE, ends: true, refused: 'upstream_closed', reused: false },
    refused('and garbage', `${CONTINUE}garbage\r\n\r\n`),
    refused('with a bad field', `HTTP/1.1 100 Continue\r\nA : 1\r\n\r\n${OK}`),
  ],
};

const BY_LENGTH = response(['Content-Length: 5'], 'hello');
const BY_CHUNKS = response([TE], '3\r\nabc\r\n2\r\nde\r\n0\r\nA: 1\r\n\r\n');
const truncated: Family<ResponseCase> = {
  family: 'truncated responses',
  cases: [BY_LENGTH, BY_CHUNKS].flatMap((text) => {
    const headEnd = text.indexOf('\r\n\r\n') + 4;
    return Array.from({ length: text.length }, (_, at) => at).map((at): ResponseCase => ({
      name: `${text === BY_LENGTH ? 'by length' : 'by chunks'}, behind byte ${at}`, send: text.slice(0, at), ends: true, reused: false,
      ...(at < headEnd ? { refused: 'upstream_closed' } : { broken: 200 }),
    }));
  }),
};

export const RESPONSES: readonly Family<ResponseCase>[] = [statusLines, fields, framing, chunks, trailers, bodiless, interim, truncated];
