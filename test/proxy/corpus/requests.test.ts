/**
 * The corpus of requests, sent to the proxy over real sockets, with a backend that records what it gets and reads it with a
 * parser of its own. Nothing that the client did not send as a request may be a request there.
 *
 * Each message goes whole and in pieces. The codec alone, without sockets, gets each cut at every byte.
 */
import { isDeepStrictEqual } from 'node:util';
import { CORPUS_LIMITS, RequestCase, Seen } from '../../corpus/case';
import { REQUESTS } from '../../corpus';
import { everyCut, pieces, readRequestPieces } from '../../support/codec-reader';
import { startProxy, TestProxy } from '../../support/proxy';
import { seededRandom } from '../../support/random';
import { RawBackend, rawClient, until } from '../../support/raw-http';
import { readRequests, readResponses, StrictMessage, valuesOf } from '../../support/strict-http';
import { ReasonCode, REASONS } from '../../../src/proxy/telemetry/reasons';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const NO_BODY = 'HTTP/1.1 200 OK\r\n\r\n';

let backend: RawBackend;
let test: TestProxy;
const random = seededRandom(7);

beforeAll(async () => {
  backend = await RawBackend.start((connection) => {
    let read = 0;
    connection.socket.on('data', () => {
      const { messages, rest } = readRequests(connection.received.slice(read));
      for (const { line } of messages) connection.send(line.startsWith('HEAD ') ? NO_BODY.replace('\r\n\r\n', '\r\nContent-Length: 2\r\n\r\n') : OK);
      read = connection.received.length - rest.length;
    });
  });
  test = await startProxy([backend.port], { limits: CORPUS_LIMITS });
});
afterAll(async () => {
  test.proxy.close();
  await backend.close();
});

const cases = REQUESTS.flatMap(({ family, cases: members }) => members.map((each) => [`${family}: ${each.name}`, each] as const));

it('has at least 400 cases, each with a name of its own', () => {
  expect(cases.length).toBeGreaterThanOrEqual(400);
  expect(cases.map(([name]) => name).filter((name, i, names) => names.indexOf(name) !== i)).toEqual([]);
});

it.each(REQUESTS.map(({ family, cases: members }) => [family, members] as const))('%s: mean the same to the codec, cut at every byte', (_, members) => {
  const different = members.flatMap((each) => {
    const bytes = Buffer.from(each.send, 'latin1');
    const read = (cuts: readonly number[]) => readRequestPieces(pieces(bytes, cuts), CORPUS_LIMITS);
    const whole = read([]);
    return everyCut(bytes).filter((cuts) => !isDeepStrictEqual(read(cuts), whole)).map((cuts) => ({ case: each.name, cuts, got: read(cuts), whole }));
  });
  expect(different.slice(0, 3)).toEqual([]);
});

it.each(cases)('%s: is passed on or refused as it must be, whole and in pieces', async (_, each) => {
  await send(each, []);
  await send(each, [Math.floor(random() * each.send.length), Math.floor(random() * each.send.length)]);
});

async function send(each: RequestCase, cuts: readonly number[]): Promise<void> {
  const before = backend.connections.map((connection) => connection.received.length);
  const client = await rawClient(test.port);
  const reasonsBefore = test.metrics();
  for (const piece of pieces(Buffer.from(each.send, 'latin1'), cuts)) {
    client.send(piece);
    if (cuts.length > 0) await new Promise((resolve) => { setImmediate(resolve); });
  }
  if (each.ends) client.end();

  const methods = each.reaches.map((seen) => lineOf(seen).split(' ')[0]!);
  const refusedMethod = each.reaches.length === 0 && each.send.startsWith('HEAD ') ? 'HEAD' : 'GET';
  // The proxy's own answer comes before what is answered behind it.
  const asked = each.answered === undefined ? [...methods, refusedMethod] : ['GET', ...methods];
  const expected = methods.length + (each.refused === undefined && each.answered === undefined ? 0 : 1);
  await until(
    () => `${expected} responses arrive; so far ${JSON.stringify(client.received)}`,
    () => readResponses(client.received, asked).messages.filter(({ line }) => line >= '200').length === expected,
  );
  const closes = each.refused !== undefined || each.closes === true;
  if (closes) await until('the connection is closed', () => client.ended || client.closed);

  const { messages, rest } = readResponses(client.received, asked);
  expect(rest).toBe('');
  if (expected > methods.length) {
    const own = ownReason(each, client.received);
    const { line, fields, body } = each.answered === undefined ? messages.at(-1)! : messages[0]!;
    expect([own, line, body === '' || body.split(':')[0] === own || REASONS[own].status === 200]).toEqual([own, String(REASONS[own].status), true]);
    expect(valuesOf(fields, 'proxy-status')[0]).toContain(`details="${own}"`);
    expect(valuesOf(fields, 'connection')).toEqual(each.refused === undefined ? [] : ['close']);
    expect(counted(test.metrics(), own)).toBe(counted(reasonsBefore, own) + 1);
  }
  if (!closes) expect([client.ended, client.closed]).toEqual([false, false]);
  client.socket.destroy();
  await until('nothing is left of the client', () => test.proxy.context.connections === 0);

  const seen = backend.connections.map((connection, i) => readRequests(connection.received.slice(before[i] ?? 0)));
  expect(seen.flatMap((reading) => reading.messages).map(({ line }) => line)).toEqual(each.reaches.map(lineOf));
  seen.flatMap((reading) => reading.messages).forEach((message, i) => checkSeen(message, each.reaches[i]!));
  const begun = seen.filter((reading) => reading.rest !== '').map((reading) => reading.begun);
  expect([undefined, each.begins]).toContain(begun[0]);
  expect(begun.length).toBeLessThanOrEqual(1);
}

/** Another protocol has no name yet when it is refused for its first byte alone. */
function ownReason(each: RequestCase, received: string): ReasonCode {
  const own = each.refused ?? each.answered!;
  return own === 'wrong_protocol' && received.includes('details="bad_request"') ? 'bad_request' : own;
}

function lineOf(seen: string | Seen): string {
  return typeof seen === 'string' ? seen : seen.line;
}

function checkSeen(message: StrictMessage, expected: string | Seen): void {
  const { body = '', has = [], lacks = [], trailers = [] } = typeof expected === 'string' ? {} : expected;
  expect(message.body).toBe(body);
  expect(message.trailers).toEqual(trailers);
  for (const field of has) expect(message.fields).toContain(field);
  for (const name of lacks) expect(valuesOf(message.fields, name)).toEqual([]);
  expect(valuesOf(message.fields, 'x-mesh-via')).toEqual([expect.stringMatching(/^out-[0-9a-f]{8}$/)]);
}

/** How many requests ended with a reason. */
function counted(metrics: string, reason: string): number {
  return [...metrics.matchAll(/^mesh_requests_total\{.*reason="(\w+)"\} (\d+)$/gm)]
    .reduce((sum, [, each, value]) => sum + (each === reason ? Number(value) : 0), 0);
}
