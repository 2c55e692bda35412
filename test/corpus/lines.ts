/** Lines: what ends them, white space in and around fields, folded lines, bytes that may not be there (RFC 9112 sections 2 and 5). */
import { Family, HOST, byte, byteName, request, RequestCase, shown, SMUGGLED } from './case';

const NEXT = SMUGGLED.replace('smuggled', 'next');

function refused(name: string, send: string, begins?: string): RequestCase {
  return { name, send, reaches: [], refused: 'bad_request', ...(begins === undefined ? {} : { begins }) };
}

/** Where a line ends in a message, and whether its head is complete by then. */
const PLACES: readonly { readonly place: string; readonly inBody: boolean; send(end: string): string }[] = [
  { place: 'the request line', inBody: false, send: (end) => `GET /l HTTP/1.1${end}${HOST}\r\n` },
  { place: 'the first field', inBody: false, send: (end) => `GET /l HTTP/1.1\r\nHost: a${end}B: 1\r\n\r\n` },
  { place: 'the last field', inBody: false, send: (end) => `GET /l HTTP/1.1\r\n${HOST}B: 1${end}\r\n` },
  { place: 'the head', inBody: false, send: (end) => `GET /l HTTP/1.1\r\n${HOST}${end}` },
  { place: 'a chunk\'s size', inBody: true, send: (end) => `POST /l HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3${end}abc\r\n0\r\n\r\n` },
  { place: 'a chunk\'s data', inBody: true, send: (end) => `POST /l HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc${end}0\r\n\r\n` },
  { place: 'the last chunk', inBody: true, send: (end) => `POST /l HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0${end}A: 1\r\n\r\n` },
  { place: 'a trailer', inBody: true, send: (end) => `POST /l HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\nA: 1${end}\r\n` },
  { place: 'the trailers', inBody: true, send: (end) => `POST /l HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\nA: 1\r\n${end}` },
];
const ENDS = ['\n', '\r', '\r\r\n', '\n\r', '\n\n', '\x00\r\n', '\x0b\r\n', '\x0c\r\n', '\r\x00\n', '\r \n'];

const lineEnds: Family<RequestCase> = {
  family: 'line ends',
  cases: [
    ...PLACES.flatMap(({ place, inBody, send }) => ENDS.map((end) =>
      refused(`${shown(end)} behind ${place}`, `${send(end)}${SMUGGLED}`, inBody ? 'POST /l' : undefined))),
    refused('LF throughout', 'GET /l HTTP/1.1\nHost: a\n\n'),
    refused('LF throughout, with a body', 'POST /l HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello'),
    refused('CR throughout', `GET /l HTTP/1.1\rHost: a\r\r${SMUGGLED}`),
    refused('a request in a field behind LF', `GET /l HTTP/1.1\r\n${HOST}X: y\n\nGET /smuggled HTTP/1.1\nHost: a\r\n\r\n`),
    refused('a request in a field behind CR', `GET /l HTTP/1.1\r\n${HOST}X: y\r\rGET /smuggled HTTP/1.1\rHost: a\r\n\r\n`),
  ],
};

const emptyLines: Family<RequestCase> = {
  family: 'empty lines',
  cases: [
    { name: 'one in front', send: `\r\n${request('GET /l')}`, reaches: ['GET /l'] },
    ...['\r\n\r\n', '\r\n'.repeat(200), '\n', '\n\r\n\n'].map((lines): RequestCase => ({ name: `${shown(lines)} in front`, send: `${lines}${request('GET /l')}`, reaches: ['GET /l'] })),
    { ...refused('in front, beyond the limit of a head', `${'\r\n'.repeat(600)}${request('GET /l')}`), refused: 'head_too_large' },
    refused('CR in front', `\r${request('GET /l')}`),
    refused('CR CR LF in front', `\r\r\n${request('GET /l')}`),
    refused('a space and CRLF in front', ` \r\n${request('GET /l')}`),
    { name: 'one between requests', send: `${request('GET /l')}\r\n${NEXT}`, reaches: ['GET /l', 'GET /next'] },
    { name: 'one behind a body', send: `${request('POST /l', ['Content-Length: 2'], 'ab')}\r\n${NEXT}`, reaches: [{ line: 'POST /l', body: 'ab' }, 'GET /next'] },
    ...['\r\n\r\n', '\n', '\r\n\n'].map((lines): RequestCase => ({
      name: `${shown(lines)} behind a body`, send: `${request('POST /l', ['Content-Length: 2'], 'ab')}${lines}${NEXT}`, reaches: [{ line: 'POST /l', body: 'ab' }, 'GET /next'],
    })),
    { ...refused('CR behind a body', `${request('POST /l', ['Content-Length: 2'], 'ab')}\r${SMUGGLED}`), reaches: [{ line: 'POST /l', body: 'ab' }] },
    { name: 'one and no request', send: '\r\n', reaches: [], ends: true, closes: true },
    { name: 'several and no request', send: '\r\n\n\r\n', reaches: [], ends: true, closes: true },
    refused('one within the fields', `GET /l HTTP/1.1\r\n${HOST}X: 1\r\n \r\nY: 2\r\n\r\n`),
  ],
};

const whiteSpace: Family<RequestCase> = {
  family: 'white space',
  cases: [
    ...[' ', '\t', '  '].map((space) => refused(`${shown(space)} before the request line`, `${space}${request('GET /l')}`)),
    ...['  ', '\t', ' \t', '\x0b', '\x0c', '\xa0'].flatMap((space) => [
      refused(`${shown(space)} behind the method`, `GET${space}/l HTTP/1.1\r\n${HOST}\r\n`),
      refused(`${shown(space)} behind the target`, `GET /l${space}HTTP/1.1\r\n${HOST}\r\n`),
    ]),
    ...[' ', '\t', '\x00'].map((space) => refused(`${shown(space)} behind the version`, `GET /l HTTP/1.1${space}\r\n${HOST}\r\n`)),
    ...[' ', '\t', '  ', '\x0b', '\xa0'].map((space) => refused(`${shown(space)} before a colon`, `GET /l HTTP/1.1\r\n${HOST}X${space}: y\r\n\r\n`)),
    ...[' ', '\t', '  '].map((space) => refused(`${shown(space)} before the first field`, `GET /l HTTP/1.1\r\n${space}X: y\r\n${HOST}\r\n`)),
    ...[' ', '\t'].map((space) => refused(`a line of ${shown(space)} before the first field`, `GET /l HTTP/1.1\r\n${space}\r\n${HOST}\r\n`)),
    ...[['none', 'X:y'], ['two spaces', 'X:  y'], ['a tab', 'X:\ty'], ['space behind', 'X: y \t']].map(([name, line]): RequestCase => ({
      name: `${name} around a value, which comes out as one space in front`, send: request('GET /l', [line!]), reaches: [{ line: 'GET /l', has: ['X: y'] }],
    })),
    ...['X:', 'X: ', 'X: \t '].map((line): RequestCase => ({
      name: `and nothing else as a value: ${shown(line)}`, send: request('GET /l', [line]), reaches: [{ line: 'GET /l', has: ['X: '] }],
    })),
    { name: 'within a value, which stays', send: request('GET /l', ['X: a \t b']), reaches: [{ line: 'GET /l', has: ['X: a \t b'] }] },
  ],
};

const folds: Family<RequestCase> = {
  family: 'folded lines',
  cases: [
    ...[' ', '\t', '  ', ' \t'].map((space) => refused(`by ${shown(space)}`, request('GET /l', [`X: a\r\n${space}b`]))),
    refused('in Host', 'GET /l HTTP/1.1\r\nHost: a\r\n b\r\n\r\n'),
    refused('in Content-Length', request('POST /l', ['Content-Length: 5\r\n 0'], 'hello')),
    refused('that hide Transfer-Encoding', request('POST /l', ['X: y\r\n Transfer-Encoding: chunked'], '0\r\n\r\n')),
    refused('with nothing on the second line', request('GET /l', ['X: a\r\n '])),
    refused('with nothing on the first line', request('GET /l', ['X:\r\n a'])),
    refused('by LF', request('GET /l', ['X: a\n b'])),
  ],
};

const CONTROLS = [...Array(32).keys(), 0x7f].filter((code) => code !== 0x09 && code !== 0x0a && code !== 0x0d);
const SEPARATORS = [...'"(),/;<=>?@[\\]{}'].map((character) => character.charCodeAt(0));

const bytes: Family<RequestCase> = {
  family: 'bytes',
  cases: [
    ...CONTROLS.map((code) => refused(`${byteName(code)} in a value`, request('GET /l', [`X: a${byte(code)}b`]))),
    ...[...CONTROLS, ...SEPARATORS, 0x80, 0xff].map((code) => refused(`${byteName(code)} in a field name`, request('GET /l', [`X${byte(code)}Y: a`]))),
    ...[...CONTROLS, ...SEPARATORS, 0x3a, 0x80, 0xff].map((code) => refused(`${byteName(code)} in the method`, request(`G${byte(code)}T /l`))),
    ...[...CONTROLS, 0x23, 0x80, 0xff].map((code) => refused(`${byteName(code)} in the target`, request(`GET /l${byte(code)}x`))),
    ...[0x80, 0xa0, 0xff].map((code): RequestCase => ({
      name: `${byteName(code)} in a value, which stays`, send: request('GET /l', [`X: a${byte(code)}b`]),
      reaches: [{ line: 'GET /l', has: [`X: a${byte(code)}b`] }],
    })),
    { name: 'a colon in a name begins the value', send: request('GET /l', ['X:Y: 1']), reaches: [{ line: 'GET /l', has: ['X: Y: 1'] }] },
    refused('an empty field name', request('GET /l', [': a'])),
    refused('a field without a colon', request('GET /l', ['X'])),
    refused('nothing but NUL', '\x00\x00\x00\x00\r\n\r\n'),
    { ...refused('the start of a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'), refused: 'wrong_protocol' },
  ],
};

export const LINES: readonly Family<RequestCase>[] = [lineEnds, emptyLines, whiteSpace, folds, bytes];
