/** What a Prometheus, or who is taken for one, can answer to a query. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROMETHEUS_LIMITS, PrometheusClient } from '../../../src/cli/prometheus/client';
import { freePort } from '../../support/ports';

let server: Server;
let url: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let folder: string;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), 'mesh-prometheus-'));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const says = (status: number, body: string, headers: Record<string, string> = {}): void => {
  answer = (_, response) => { response.writeHead(status, headers).end(body); };
};
const vector = (...result: unknown[]): string => JSON.stringify({ status: 'success', data: { resultType: 'vector', result } });
const tokenFile = (token: string): string => {
  const file = join(folder, 'token');
  writeFileSync(file, token);
  return file;
};
const query = (path = '', file?: string): Promise<unknown> => new PrometheusClient({ url: `${url}${path}`, tokenFile: file }).query('up{a="b"}');

test('GIVEN a vector, has labels and values', async () => {
  says(200, vector({ metric: { pod: 'web-1' }, value: [1, '2.5'] }, { metric: { pod: 'web-2' }, value: [1, 'NaN'] }));
  expect(await query()).toEqual([{ labels: { pod: 'web-1' }, value: 2.5 }, { labels: { pod: 'web-2' }, value: NaN }]);
});

test('GIVEN series that are none, leaves them out', async () => {
  says(200, vector(null, 7, {}, { metric: { pod: 'web-1' } }, { metric: null, value: [1, '1'] }, { metric: { pod: 'web-1' }, value: [1, '1'] }));
  expect(await query()).toEqual([{ labels: { pod: 'web-1' }, value: 1 }]);
});

test('GIVEN labels that could steer a terminal, takes that out of them', async () => {
  says(200, vector({ metric: { pod: 'web\u001b[2J' }, value: [1, '1'] }));
  expect(await query()).toEqual([{ labels: { pod: 'web?[2J' }, value: 1 }]);
});

test('GIVEN a path, with a slash or without, asks below it, with the token of the file as it is then', async () => {
  const asked: (string | undefined)[] = [];
  answer = (request, response) => {
    asked.push(request.url, request.headers.authorization);
    response.end(vector());
  };
  const client = new PrometheusClient({ url: `${url}/prom`, tokenFile: tokenFile('first\n') });
  await client.query('up');
  tokenFile('second');
  await client.query('up');
  await query('/prom/');
  expect(asked).toEqual(['/prom/api/v1/query?query=up', 'Bearer first', '/prom/api/v1/query?query=up', 'Bearer second',
    '/prom/api/v1/query?query=up%7Ba%3D%22b%22%7D', undefined]);
});

test.each([
  [401, '', {}, 'it refuses the query with 401; give a token with --prometheus-token-file FILE'],
  [403, 'no', {}, 'it refuses the query with 403'],
  [302, '', { location: 'https://login.example.com/?a=b' }, 'it sends elsewhere (302), to "https://login.example.com/?a=b"'],
  [200, '<html>\u001b[31mHello', {}, 'the answer is no JSON, but "<html>\\u001b[31mHello"; is it the address of a Prometheus?'],
  [200, 'a\u009b2Jb\u202ec\u007f', {}, 'the answer is no JSON, but "a?2Jb?c?"; is it'],
  [302, '', { location: '/\u009b2J' }, 'it sends elsewhere (302), to "/?2J"'],
  [200, '{}', {}, 'the answer is none to a query, but "{}"'],
  [200, 'null', {}, 'the answer is none to a query, but "null"'],
  [200, '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}', {}, 'the answer is none to a query'],
  [400, '{"status":"error","errorType":"bad_data","error":"parse error"}', {}, 'it says "parse error"'],
  [503, 'Service Unavailable', {}, 'it answers with 503: "Service Unavailable"'],
])('GIVEN %s %j, says so', async (status, body, headers, text) => {
  says(status, body, headers);
  await expect(query()).rejects.toThrow(`Prometheus at ${url}: ${text}`);
});

test('GIVEN a token that is refused, points at its file', async () => {
  says(401, '');
  await expect(query('', tokenFile('wrong'))).rejects.toThrow('it refuses the query with 401; look at the token in --prometheus-token-file');
});

test('GIVEN an answer that does not end, reads no more than the limit', async () => {
  const chunk = Buffer.alloc(1 << 20, 32);
  answer = (_, response) => {
    const more = (): void => { while (!response.destroyed && response.write(chunk)); };
    response.on('drain', more);
    more();
  };
  await expect(query()).rejects.toThrow(`the answer has more than ${PROMETHEUS_LIMITS.answerBytes >> 20} MiB; choose a namespace with --namespace`);
});

test('GIVEN nobody, or a connection that breaks, says what happened', async () => {
  answer = (request) => { request.socket.destroy(); };
  await expect(query()).rejects.toThrow('it does not answer: ');
  const nobody = `http://127.0.0.1:${await freePort()}`;
  await expect(new PrometheusClient({ url: nobody }).query('up')).rejects.toThrow(`Prometheus at ${nobody}: it does not answer: ECONNREFUSED`);
});

test.each([
  ['127.0.0.1:9090', '--prometheus must be an address such as http://127.0.0.1:9090'],
  ['ftp://prometheus', '--prometheus must be an address'],
  ['', '--prometheus must be an address'],
  ['http://me:secret@prometheus', '--prometheus has a password in it'],
  ['http://prometheus/graph?g0=x', '--prometheus must be an address without \'?\' and \'#\''],
])('GIVEN the address %j, refuses it', (address, text) => {
  expect(() => new PrometheusClient({ url: address })).toThrow(text);
});

test('GIVEN a token, sends it in the open on this machine only', () => {
  const file = tokenFile('secret');
  expect(() => new PrometheusClient({ url: 'http://prometheus:9090', tokenFile: file })).toThrow('--prometheus-token-file needs an address with https');
  for (const address of ['https://prometheus', 'http://localhost:9090', 'http://[::1]:9090', 'http://127.1.2.3']) {
    expect(() => new PrometheusClient({ url: address, tokenFile: file })).not.toThrow();
  }
});

test.each(['', 'two words', 'two\nlines'])('GIVEN a file with %j as its token, refuses it', async (token) => {
  await expect(query('', tokenFile(token))).rejects.toThrow('is to have a token and nothing else, in one line');
});

test('GIVEN no such file, says so', async () => {
  await expect(query('', join(folder, 'nowhere'))).rejects.toThrow('--prometheus-token-file: can\'t read');
});
