/**
 * What other proxies do with messages that are not quite as RFC 9112 has them: each is sent through nginx, HAProxy, Envoy and
 * this proxy, between a client and a backend that speak in bytes. The table in docs/http1.md rests on it.
 * `node bench/strictness.mjs [--json]`.
 *
 * A cell says `passes` when the request reached the backend and its response the client (or the response was passed on as a
 * whole), else what the client got in its place: a status, `cut` (a response that begins and breaks), `closed`, or `waits` (nothing
 * within a second).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OWN, PEERS } from './peers.mjs';
import { HOST, portOf } from './processes.mjs';

const WAIT_MS = 1_000;
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

function get(fields = '', { version = '1.1', before = '', query = '', host = 'Host: a\r\n' } = {}) {
  return (path) => `${before}GET ${path}${query} HTTP/${version}\r\n${host}${fields}\r\n`;
}

function post(body, fields = '') {
  return (path) => `POST ${path} HTTP/1.1\r\nHost: a\r\n${CHUNKED}${fields}\r\n${body}`;
}

/** Requests, by what is odd about them. */
const REQUESTS = {
  'white space behind a chunk size': post('2 \r\nok\r\n0\r\n\r\n'),
  'a tab behind a chunk size': post('2\t\r\nok\r\n0\r\n\r\n'),
  '20 spaces behind a chunk size': post(`2${' '.repeat(20)}\r\nok\r\n0\r\n\r\n`),
  'white space before a chunk size': post(' 2\r\nok\r\n0\r\n\r\n'),
  'white space around a chunk extension': post('2 ; a = b ;c\r\nok\r\n0 ;d\r\n\r\n'),
  'a chunk extension without a name': post('2;\r\nok\r\n0\r\n\r\n'),
  'a chunk size of 16 digits with zeros in front': post('0000000000000002\r\nok\r\n0\r\n\r\n'),
  'a chunk size of 40 digits with zeros in front': post(`${'2'.padStart(40, '0')}\r\nok\r\n0\r\n\r\n`),
  'a last chunk of 40 zeros': post(`2\r\nok\r\n${'0'.repeat(40)}\r\n\r\n`),
  'chunk lines that end in LF': post('2\nok\r\n0\r\n\r\n'),
  'an ordinary trailer': post('2\r\nok\r\n0\r\nA: 1\r\n\r\n'),
  'Content-Type and Date as trailers': post('2\r\nok\r\n0\r\nContent-Type: a\r\nDate: b\r\n\r\n'),
  'Content-Length as a trailer': post('2\r\nok\r\n0\r\nContent-Length: 7\r\n\r\n'),
  'Host as a trailer': post('2\r\nok\r\n0\r\nHost: b\r\n\r\n'),
  'Authorization as a trailer': post('2\r\nok\r\n0\r\nAuthorization: b\r\n\r\n'),
  'HTTP/1.2': get('', { version: '1.2' }),
  'HTTP/1.9': get('', { version: '1.9' }),
  'HTTP/1.10': get('', { version: '1.10' }),
  'HTTP/2.0': get('', { version: '2.0' }),
  'two empty lines before it': get('', { before: '\r\n\r\n' }),
  'three empty lines before it': get('', { before: '\r\n\r\n\r\n' }),
  'LF before it': get('', { before: '\n' }),
  'an empty Host': get('', { host: 'Host:\r\n' }),
  'an empty Host, and HTTP/1.0': get('', { host: 'Host: \r\n', version: '1.0' }),
  'no Host': get('', { host: '' }),
  'Host twice, equal': get('Host: a\r\n'),
  'Connection: keep-alive; timeout=5': get('Connection: keep-alive; timeout=5\r\n'),
  'Connection: keep-alive, timeout=5': get('Connection: keep-alive, timeout=5\r\n'),
  'Connection: "close"': get('Connection: "close"\r\n'),
  'Content-Length twice, equal': (path) => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok`,
  'Content-Length: 2, 2': (path) => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 2, 2\r\n\r\nok`,
  'Content-Length and Transfer-Encoding': post('2\r\nok\r\n0\r\n\r\n', 'Content-Length: 2\r\n'),
  'UTF-8 in the query': get('', { query: '?q=\xc3\xa4' }),
  'UTF-8 in the path': get('', { query: '/\xc3\xa4' }),
  'a space in the query': get('', { query: '?q=a b' }),
  '" < > in the query': get('', { query: '?q="<>' }),
  '| { } in the query': get('', { query: '?q=|{}^`' }),
  'a fragment': get('', { query: '#b' }),
  'a head with LF alone': (path) => `GET ${path} HTTP/1.1\nHost: a\n\n`,
  'a field line that ends in LF': (path) => `GET ${path} HTTP/1.1\r\nHost: a\r\nX: y\nZ: y\r\n\r\n`,
  'a space before a colon': get('X : y\r\n'),
  'a folded field': get('X: y\r\n z\r\n'),
  'a field name with a space': get('X Y: z\r\n'),
  'a field without a colon': get('X\r\n'),
  'a field name with ( )': get('X(Y): z\r\n'),
  'two spaces in the request line': (path) => `GET  ${path} HTTP/1.1\r\nHost: a\r\n\r\n`,
  'a space at the end of the request line': (path) => `GET ${path} HTTP/1.1 \r\nHost: a\r\n\r\n`,
  'Transfer-Encoding: chunked in HTTP/1.0': (path) => `POST ${path} HTTP/1.0\r\nHost: a\r\n${CHUNKED}\r\n2\r\nok\r\n0\r\n\r\n`,
  'Transfer-Encoding: identity': (path) => `GET ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n`,
  'Content_Length besides': get('Content_Length: 5\r\n'),
  'Expect: something': get('Expect: something\r\n'),
};

function head(fields, status = 'HTTP/1.1 200 OK') {
  return `${status}\r\n${fields}\r\n`;
}

const chunks = (body, fields = '') => head(`${CHUNKED}${fields}`) + body;

/** Responses, by what is odd about them. */
const RESPONSES = {
  'white space behind a chunk size': chunks('2 \r\nok\r\n0\r\n\r\n'),
  '20 spaces behind a chunk size': chunks(`2${' '.repeat(20)}\r\nok\r\n0${' '.repeat(20)}\r\n\r\n`),
  'white space before a chunk size': chunks(' 2\r\nok\r\n0\r\n\r\n'),
  'white space around a chunk extension': chunks('2 ; a = b ;c\r\nok\r\n0 ;d\r\n\r\n'),
  'a chunk size of 16 digits with zeros in front': chunks('0000000000000002\r\nok\r\n0\r\n\r\n'),
  'a chunk size of 40 digits with zeros in front': chunks(`${'2'.padStart(40, '0')}\r\nok\r\n0\r\n\r\n`),
  'a last chunk of 40 zeros': chunks(`2\r\nok\r\n${'0'.repeat(40)}\r\n\r\n`),
  'chunk lines that end in LF': chunks('2\nok\n0\n\n'),
  'an ordinary trailer': chunks('2\r\nok\r\n0\r\nA: 1\r\n\r\n'),
  'Content-Type and Date as trailers': chunks('2\r\nok\r\n0\r\nContent-Type: a\r\nDate: b\r\n\r\n'),
  'Content-Length as a trailer': chunks('2\r\nok\r\n0\r\nContent-Length: 7\r\n\r\n'),
  'Set-Cookie as a trailer': chunks('2\r\nok\r\n0\r\nSet-Cookie: b\r\n\r\n'),
  'a head with LF alone': 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok',
  'a field line that ends in LF': head('X: y\nContent-Length: 2\r\n') + 'ok',
  'a status line that ends in LF': 'HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok',
  'HTTP/1.2': head('Content-Length: 2\r\n', 'HTTP/1.2 200 OK') + 'ok',
  'HTTP/1.9': head('Content-Length: 2\r\n', 'HTTP/1.9 200 OK') + 'ok',
  'HTTP/2.0': head('Content-Length: 2\r\n', 'HTTP/2.0 200 OK') + 'ok',
  'status 600': head('Content-Length: 2\r\n', 'HTTP/1.1 600 X') + 'ok',
  'status 999': head('Content-Length: 2\r\n', 'HTTP/1.1 999 X') + 'ok',
  'status 099': head('Content-Length: 2\r\n', 'HTTP/1.1 099 X') + 'ok',
  'status 1000': head('Content-Length: 2\r\n', 'HTTP/1.1 1000 X') + 'ok',
  'two spaces before the status': head('Content-Length: 2\r\n', 'HTTP/1.1  200 OK') + 'ok',
  'two spaces behind the status': head('Content-Length: 2\r\n', 'HTTP/1.1 200  OK') + 'ok',
  'no reason and no space': head('Content-Length: 2\r\n', 'HTTP/1.1 200') + 'ok',
  'an empty line before it': `\r\n${OK}`,
  'ICY 200 OK': head('Content-Length: 2\r\n', 'ICY 200 OK') + 'ok',
  'Connection: keep-alive; timeout=5': head('Connection: keep-alive; timeout=5\r\nContent-Length: 2\r\n') + 'ok',
  'Content-Length twice, equal': head('Content-Length: 2\r\nContent-Length: 2\r\n') + 'ok',
  'Content-Length twice, different': head('Content-Length: 2\r\nContent-Length: 3\r\n') + 'ok',
  'Content-Length: 2, 2': head('Content-Length: 2, 2\r\n') + 'ok',
  'Content-Length and Transfer-Encoding': chunks('2\r\nok\r\n0\r\n\r\n', 'Content-Length: 2\r\n'),
  'Transfer-Encoding twice': chunks('2\r\nok\r\n0\r\n\r\n', CHUNKED),
  'chunked in HTTP/1.0': head(CHUNKED, 'HTTP/1.0 200 OK') + '2\r\nok\r\n0\r\n\r\n',
  'Transfer-Encoding: identity': { bytes: head('Transfer-Encoding: identity\r\n') + 'ok', ends: true },
  'a space before a colon': head('X : y\r\nContent-Length: 2\r\n') + 'ok',
  'a folded field': head('X: y\r\n z\r\nContent-Length: 2\r\n') + 'ok',
  'a field name with a space': head('X Y: z\r\nContent-Length: 2\r\n') + 'ok',
  'a field without a colon': head('X\r\nContent-Length: 2\r\n') + 'ok',
  'a field name with ( )': head('X(Y): z\r\nContent-Length: 2\r\n') + 'ok',
  'a control character in a value': head('X: a\x01b\r\nContent-Length: 2\r\n') + 'ok',
  'Content_Length besides': head('Content_Length: 5\r\nContent-Length: 2\r\n') + 'ok',
};

const requestNames = Object.keys(REQUESTS);
const responseNames = Object.keys(RESPONSES);
const KINDS = [{ kind: 'requests', letter: 'q', names: requestNames }, { kind: 'responses', letter: 'r', names: responseNames }];
const folder = mkdtempSync(join(tmpdir(), 'mesh-strictness-'));
/** Paths of the requests that the backend got whole. */
const reached = new Map();

const backend = createServer((socket) => {
  let received = '';
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    for (let end = requestEnd(received); end > 0; end = requestEnd(received)) {
      const message = received.slice(0, end);
      received = received.slice(end);
      const path = /^\S+ \/?([qr]\d+)/.exec(message)?.[1];
      if (path) reached.set(path, message);
      if (!path?.startsWith('r')) {
        socket.write(OK);
        continue;
      }
      const answer = RESPONSES[responseNames[Number(path.slice(1))]];
      socket.write(Buffer.from(answer.bytes ?? answer, 'latin1'));
      if (answer.ends) socket.end();
    }
  });
});
await new Promise((done) => { backend.listen(0, HOST, () => done(undefined)); });

/** Where the first request in the text ends; 0 when it does not. Lenient: it reads what proxies write. */
function requestEnd(text) {
  const at = text.indexOf('\r\n\r\n');
  if (at < 0) return 0;
  const fields = text.slice(0, at).toLowerCase();
  if (/\r\ntransfer-encoding:[^\r]*chunked/.test(fields)) {
    const last = /(?:^|\r\n)0+[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text.slice(at + 2));
    return last ? at + 2 + last.index + last[0].length : 0;
  }
  const length = Number(/\r\ncontent-length: *(\d+)/.exec(fields)?.[1] ?? 0);
  return text.length >= at + 4 + length ? at + 4 + length : 0;
}

function exchange(port, bytes) {
  return new Promise((done) => {
    let received = '';
    const socket = connect({ port, host: HOST, noDelay: true });
    const finish = (how) => {
      clearTimeout(late);
      socket.destroy();
      done({ received, how });
    };
    const late = setTimeout(() => finish('waits'), WAIT_MS);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (/\r\n\r\n(?:ok|2\r\nok\r\n0\r\n(?:[^\r]+\r\n)*\r\n)$/.test(received)) finish('whole');
    });
    socket.on('error', () => finish('closed'));
    socket.on('close', () => finish('closed'));
    socket.write(Buffer.from(bytes, 'latin1'));
  });
}

function outcome(path, { received, how }) {
  const status = /^HTTP\/1\.\d (\d+)/.exec(received)?.[1];
  const own = reached.has(path);
  if (how === 'whole' && own) return 'passes';
  if (path.startsWith('r') && status && own && !/^(?:50[0-9])$/.test(status)) return how === 'closed' && /ok$|ok\r\n0\r\n\r\n$/.test(received) ? 'passes' : 'cut';
  return status ?? how;
}

const found = {};
try {
  for (const peer of PEERS.filter(({ node }) => !node)) {
    const { missing, start } = peer.find();
    if (!start) {
      console.error(`${peer.name} is left out: ${missing}`);
      continue;
    }
    const proxy = await start(folder, 0, portOf(backend));
    const cells = found[peer.name] = { requests: {}, responses: {} };
    for (const { kind, letter, names } of KINDS) {
      for (const [i, name] of names.entries()) {
        const path = `${letter}${i}`;
        reached.delete(path);
        const result = await exchange(proxy.port, letter === 'q' ? REQUESTS[name](`/${path}`) : get()(`/${path}`));
        cells[kind][name] = outcome(path, result);
        if (process.argv.includes('--verbose')) console.error(peer.name, kind, name, JSON.stringify({ ...result, reached: reached.get(path) }));
      }
    }
    await proxy.stop();
  }
} finally {
  backend.close();
  rmSync(folder, { recursive: true, force: true });
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify(found, null, 2));
} else {
  const peers = Object.keys(found).sort((a, b) => Number(a === OWN) - Number(b === OWN));
  for (const { kind, names } of KINDS) {
    console.log(`\n| ${kind} | ${peers.join(' | ')} |\n|${' --- |'.repeat(peers.length + 1)}`);
    for (const name of names) console.log(`| ${name} | ${peers.map((peer) => found[peer][kind][name]).join(' | ')} |`);
  }
}
process.exit(0);
