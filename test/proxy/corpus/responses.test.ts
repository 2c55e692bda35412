/**
 * The corpus of responses: a raw backend sends them, whole and in pieces, and what the client gets is read with a parser of
 * its own. Whatever came back for one request, the next one gets its own answer.
 */
import { isDeepStrictEqual } from 'node:util';
import { CORPUS_LIMITS, ResponseCase } from '../../corpus/case';
import { RESPONSES } from '../../corpus/responses';
import { everyCut, pieces, readResponsePieces } from '../../support/codec-reader';
import { startProxy, TestProxy } from '../../support/proxy';
import { seededRandom } from '../../support/random';
import { RawBackend, rawClient, RawConnection, until } from '../../support/raw-http';
import { readRequests, readResponses, valuesOf } from '../../support/strict-http';

const ASK = 'GET /r HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n';
const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';
const NEXT_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext';

let backend: RawBackend;
let test: TestProxy;
/** What the backend does with the next request for `/r`. */
let answer: (connection: RawConnection) => unknown = () => {};
const random = seededRandom(11);

beforeAll(async () => {
  backend = await RawBackend.start((connection) => {
    let answered = 0;
    connection.socket.on('data', () => {
      const { messages } = readRequests(connection.received);
      for (const { line } of messages.slice(answered)) {
        if (line === 'GET /next') connection.send(NEXT_ANSWER);
        else answer(connection);
      }
      answered = messages.length;
    });
  });
  test = await startProxy([backend.port], { limits: CORPUS_LIMITS });
});
afterAll(async () => {
  test.proxy.close();
  await backend.close();
});

const cases = RESPONSES.flatMap(({ family, cases: members }) => members.map((each) => [`${family}: ${each.name}`, each] as const));

it('has at least 200 cases, each with a name of its own', () => {
  expect(cases.length).toBeGreaterThanOrEqual(200);
  expect(new Set(cases.map(([name]) => name)).size).toBe(cases.length);
});

it.each(RESPONSES.map(({ family, cases: members }) => [family, members] as const))('%s: mean the same to the codec, cut at every byte', (_, members) => {
  const different = members.flatMap((each) => {
    const bytes = Buffer.from(each.send, 'latin1');
    const read = (cuts: readonly number[]) => readResponsePieces(pieces(bytes, cuts), CORPUS_LIMITS, each.ask?.startsWith('HEAD') === true);
    const whole = read([]);
    return everyCut(bytes).filter((cuts) => !isDeepStrictEqual(read(cuts), whole)).map((cuts) => ({ case: each.name, cuts, got: read(cuts), whole }));
  });
  expect(different.slice(0, 3)).toEqual([]);
});

it.each(cases)('%s: is passed on or refused as it must be, whole and in pieces, and the next request gets its own answer', async (_, each) => {
  await receive(each, []);
  await receive(each, [Math.floor(random() * each.send.length), Math.floor(random() * each.send.length)]);
});

async function receive(each: ResponseCase, cuts: readonly number[]): Promise<void> {
  const ask = each.ask ?? ASK;
  const method = ask.slice(0, ask.indexOf(' '));
  let used: RawConnection | undefined;
  answer = async (connection) => {
    used = connection;
    for (const piece of pieces(Buffer.from(each.send, 'latin1'), cuts)) {
      if (connection.closed) return;
      connection.send(piece);
      if (cuts.length > 0) await new Promise((resolve) => { setImmediate(resolve); });
    }
    if (each.ends) connection.end();
  };
  const client = await rawClient(test.port);
  client.send(ask);
  const mayBreak = each.broken !== undefined && (each.refused === undefined || cuts.length > 0);
  if (mayBreak) await until('there is an answer, or the connection breaks', () => client.closed || (each.refused !== undefined && /^HTTP\/1\.1 502 /.test(client.received)));
  if (mayBreak && client.closed) {
    await until('the client\'s connection breaks', () => client.closed);
    expect(client.error?.code).toBe('ECONNRESET');
    const { messages, begun } = readResponses(client.received, [method]);
    // A reset may overtake the head that was sent before it.
    expect(messages).toEqual([]);
    expect([undefined, String(each.broken)]).toContain(begun);
  } else {
    await checkResponse(each, client, method);
  }

  if (!each.reused) await until('the backend\'s connection is closed', () => used!.closed || used!.ended);
  const next = client.ended || client.closed ? await rawClient(test.port) : client;
  const from = next.received.length;
  const connections = backend.connections.length;
  next.send(NEXT);
  await until('the next answer', () => readResponses(next.received.slice(from), ['GET']).messages.length === 1);
  expect(readResponses(next.received.slice(from), ['GET']).messages[0]!.body).toBe('next');
  expect(backend.connections.length - connections).toBe(each.reused ? 0 : 1);
  client.socket.destroy();
  next.socket.destroy();
  await until('nothing is left of the client', () => test.proxy.context.connections === 0);
  expect(test.proxy.clusters.get('backend').endpoints[0]!.inFlight).toBe(0);
}

async function checkResponse(each: ResponseCase, client: RawConnection, method: string): Promise<void> {
  const closes = each.ask?.includes('HTTP/1.0') === true;
  await until(
    () => `the response arrives; so far ${JSON.stringify(client.received)}`,
    () => readResponses(client.received, [method], client.ended).messages.some(({ line }) => line >= '200') && (!closes || client.ended),
  );
  const { messages, rest } = readResponses(client.received, [method], client.ended);
  expect(rest).toBe('');
  const final = messages.at(-1)!;
  if (each.refused) {
    expect(final.line).toBe('502');
    expect(valuesOf(final.fields, 'proxy-status')[0]).toContain(`details="${each.refused}"`);
    expect(client.ended).toBe(false);
    return;
  }
  const { status, body = '', trailers = '', has = [], lacks = [], once = [], interim = [] } = each.gives!;
  expect(messages.slice(0, -1).map(({ line }) => Number(line))).toEqual(interim);
  expect([Number(final.line), final.body]).toEqual([status, body]);
  expect(final.trailers.join('\r\n')).toBe(trailers);
  for (const field of has) expect(final.fields).toContain(field);
  for (const name of lacks.filter((each_) => !(closes && each_ === 'connection'))) expect([name, valuesOf(final.fields, name)]).toEqual([name, []]);
  for (const name of [...once, 'date']) expect([name, valuesOf(final.fields, name).length]).toEqual([name, 1]);
}
