/** Access to the Kubernetes API over real sockets: credentials, addresses, and how requests end. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, IncomingMessage, RequestListener, Server } from 'node:http';
import { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubernetesApi, MAX_ERROR_BYTES } from '../../../src/proxy/discovery/kubernetes-api';
import { eventually } from '../../support/eventually';
import { FakeClock } from '../../support/fake-clock';

/** How long an answer is waited for. */
const ANSWER_MS = 2_000;

let folder: string;
let tokenFile: string;
let server: Server;
let handler: RequestListener;
let requests: IncomingMessage[];
const sockets = new Set<Socket>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubernetes-api-'));
  tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'first\n');
  requests = [];
  server = createServer((request, response) => {
    requests.push(request);
    handler(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => { server.close(resolve); });
  await rm(folder, { recursive: true });
});

function address(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function makeApi(config: { server?: string; caFile?: string } = { server: address() }, env: Record<string, string> = {}) {
  const clock = new FakeClock();
  return { clock, api: new KubernetesApi({ tokenFile, caFile: join(folder, 'ca.crt'), ...config }, env, clock) };
}

/** How a request went, as the handler was told. */
function stream(api: KubernetesApi, path = '/apis/x?limit=1') {
  const seen = { opened: false, text: '', ended: false, failure: undefined as { message: string; status?: number; gone: boolean } | undefined };
  const cancel = api.stream(path, {
    onOpen: () => { seen.opened = true; },
    onData: (chunk) => { seen.text += chunk.toString(); },
    onEnd: (failure) => {
      expect(seen.ended).toBe(false);
      seen.ended = true;
      seen.failure = failure;
    },
  }, ANSWER_MS);
  const ended = () => eventually('the end of the request', () => seen.ended);
  return { seen, cancel, ended };
}

test('streams the body of a good answer', async () => {
  handler = (_, response) => { response.end('{"a":1}'); };
  const { seen, ended } = stream(makeApi().api);
  expect(seen).toMatchObject({ opened: false, ended: false });
  await ended();
  expect(seen).toEqual({ opened: true, text: '{"a":1}', ended: true, failure: undefined });
  expect(requests[0]).toMatchObject({ url: '/apis/x?limit=1', headers: { authorization: 'Bearer first', accept: 'application/json' } });
});

test('keeps the path of the base URL', async () => {
  handler = (_, response) => { response.end(); };
  await stream(makeApi({ server: `${address()}/clusters/one/` }).api).ended();
  expect(requests[0]?.url).toBe('/clusters/one/apis/x?limit=1');
});

test('uses one connection for requests that follow each other, and sends again what a closed one swallowed', async () => {
  handler = (_, response) => { response.end(); };
  const { api } = makeApi();
  await stream(api).ended();
  await stream(api).ended();
  expect(sockets.size).toBe(1);

  let resets = 0;
  handler = (request, response) => {
    if (resets++ === 0) request.socket.resetAndDestroy();
    else response.end('ok');
  };
  const { seen, ended } = stream(api);
  await ended();
  expect(seen).toMatchObject({ text: 'ok', failure: undefined });
  api.close();
});

test('reads the token for every request, and tries a renewed one at once when the old is refused', async () => {
  handler = (request, response) => {
    if (request.headers.authorization === 'Bearer second') response.end('welcome');
    else void writeFile(tokenFile, 'second').then(() => response.writeHead(401).end('{"message":"Unauthorized"}'));
  };
  const { api } = makeApi();
  const first = stream(api);
  await first.ended();
  expect(first.seen).toMatchObject({ text: 'welcome', failure: undefined });
  expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
});

test('a refused token that has not changed is a failure, after one try', async () => {
  handler = (_, response) => { response.writeHead(401).end('{"kind":"Status","code":401,"message":"Unauthorized"}'); };
  const { seen, ended } = stream(makeApi().api);
  await ended();
  expect(seen.failure).toEqual({ message: 'the API server answered 401: Unauthorized', status: 401, gone: false });
  expect(requests).toHaveLength(1);
});

test('a token that is renewed and refused, over and over, is tried twice and no more', async () => {
  handler = (_, response) => { void writeFile(tokenFile, `token-${requests.length}`).then(() => response.writeHead(401).end()); };
  const { seen, ended } = stream(makeApi().api);
  await ended();
  expect(seen.failure).toMatchObject({ status: 401 });
  expect(requests).toHaveLength(2);
});

test.each([
  [410, '{"kind":"Status","code":410,"reason":"Expired","message":"too old"}', 'the API server answered 410: too old', true],
  [410, 'Gone', 'the API server answered 410', true],
  [504, '{"kind":"Status","message":"Too large resource version: 9, current: 5","details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}',
    'the API server answered 504: Too large resource version: 9, current: 5', true],
  [403, '{"kind":"Status","message":"endpointslices is forbidden"}', 'the API server answered 403: endpointslices is forbidden', false],
  [500, '', 'the API server answered 500', false],
  [302, '<html>', 'the API server answered 302', false],
])('status %d with %j: %s', async (status, body, message, gone) => {
  handler = (_, response) => { response.writeHead(status).end(body); };
  const { seen, ended } = stream(makeApi().api);
  await ended();
  expect(seen.opened).toBe(false);
  expect(seen.failure).toEqual({ message, status, gone });
});

test('a refusal of any length is read and not kept', async () => {
  handler = (_, response) => { response.writeHead(500).end('x'.repeat(MAX_ERROR_BYTES * 3)); };
  const { seen, ended } = stream(makeApi().api);
  await ended();
  expect(seen.failure?.message).toBe('the API server answered 500');
});

test('a body that breaks off is a failure, after what came', async () => {
  handler = (request, response) => { response.write('half', () => request.socket.destroy()); };
  const { seen, ended } = stream(makeApi().api);
  await ended();
  expect(seen).toMatchObject({ opened: true, text: 'half', failure: { message: expect.stringMatching(/^the connection to the API server failed: /), gone: false } });
});

test('a server that takes the request and says nothing is given up', async () => {
  handler = () => undefined;
  const { api, clock } = makeApi();
  const { seen, ended } = stream(api);
  await eventually('the request', () => requests.length === 1);
  clock.advance(ANSWER_MS - 1);
  expect(seen.ended).toBe(false);
  clock.advance(1);
  await ended();
  expect(seen.failure?.message).toBe('the connection to the API server failed: no response in time');
  await eventually('the connection to be closed', () => sockets.size === 0);
});

test('a cancelled request is not told of again', async () => {
  handler = (_, response) => { response.write('a'); };
  const { api, clock } = makeApi();
  const early = stream(api);
  early.cancel();
  const late = stream(api);
  await eventually('the first byte', () => late.seen.text === 'a');
  late.cancel();
  await eventually('the connection to be closed', () => sockets.size === 0);
  expect(late.seen.ended).toBe(false);
  expect(early.seen).toMatchObject({ opened: false, ended: false });
  expect(requests).toHaveLength(1);
  expect(clock.pending).toBe(0);
});

describe('what is missing', () => {
  async function failureOf(api: KubernetesApi): Promise<string | undefined> {
    const { seen, ended } = stream(api);
    await ended();
    return seen.failure?.message;
  }

  test('the token file', async () => {
    await rm(tokenFile);
    expect(await failureOf(makeApi().api)).toMatch(/^the token can't be read: ENOENT.*token'$/);
    await writeFile(tokenFile, ' \n');
    expect(await failureOf(makeApi().api)).toBe(`the token file ${tokenFile} is empty`);
  });

  test('the certificate authority', async () => {
    const { api } = makeApi({ server: 'https://127.0.0.1:1' });
    expect(await failureOf(api)).toMatch(/^the certificate authority can't be read: ENOENT/);
    await writeFile(join(folder, 'ca.crt'), 'rubbish');
    expect(await failureOf(api)).toBe(`the certificate authority file ${join(folder, 'ca.crt')} holds no PEM certificate`);
  });

  test('the address', async () => {
    expect(await failureOf(makeApi({}).api)).toContain('there is no KUBERNETES_SERVICE_HOST');
    expect(await failureOf(makeApi({ server: 'api:443' }).api)).toBe("kubernetes.server 'api:443' is not an http or https URL");
    expect(await failureOf(makeApi({ server: 'http://127.0.0.1:1' }).api)).toContain('ECONNREFUSED');
  });
});
