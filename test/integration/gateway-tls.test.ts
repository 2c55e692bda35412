/** A gateway as clients of all kinds see it: curl, OpenSSL, a WebSocket, server-sent events. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { Agent as HttpsAgent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Duration } from 'cdk8s';
import { Agent, WebSocket } from 'undici';
import { GatewayCertificate, GatewayProps, Match, Route } from '../../src';
import { AppServer } from '../support/app-server';
import { GatewayProcess } from '../support/gateway-process';
import { Certificate, makeCertificateFor } from '../support/key-pairs';
import { until } from '../support/raw-http';

jest.setTimeout(60_000);

const run = promisify(execFile);
const SHOP = 'shop.example.com';
const BLOG = 'blog.example.com';

let certificates: Record<'shop-tls' | 'blog-tls', Certificate>;
let folder: string;
let web: AppServer;
let search: AppServer;
let edge: GatewayProcess;

async function gateway(props: GatewayProps): Promise<GatewayProcess> {
  return GatewayProcess.start({
    props, secrets: certificates, backends: { web: web.port, search: search.port },
    build: (construct, service) => {
      const [target, other] = [service('web'), service('search')];
      construct.route(SHOP, target);
      construct.route(BLOG, other);
      construct.addRoute(SHOP, Route.when(Match.pathPrefix('/search')).to(other));
    },
  });
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gateway-tls-'));
  certificates = { 'shop-tls': await makeCertificateFor([SHOP]), 'blog-tls': await makeCertificateFor([BLOG]) };
  writeFileSync(join(folder, 'ca.crt'), Object.values(certificates).map(({ certificate }) => certificate).join('\n'));
  [web, search] = [await AppServer.start('web'), await AppServer.start('search')];
  edge = await gateway({
    tls: [GatewayCertificate.fromSecretName('shop-tls'), GatewayCertificate.fromSecretName('blog-tls', { hosts: [BLOG] })],
    hsts: {}, errorPages: [{ statuses: [404], body: '<h1>Not here</h1>' }], deregistrationDelay: Duration.millis(1_000),
  });
});
afterAll(async () => {
  await edge.close();
  await Promise.all([web.close(), search.close()]);
  rmSync(folder, { recursive: true });
});

/** What curl gets, with the fields of the response. */
async function curl(url: string, ...args: string[]): Promise<string> {
  const resolve = [SHOP, BLOG, 'other.example.com'].flatMap((host) => [edge.port, edge.tlsPort].flatMap((port) => ['--resolve', `${host}:${port}:127.0.0.1`]));
  return (await run('curl', ['-sS', '-i', '--max-time', '20', '--cacert', join(folder, 'ca.crt'), ...resolve, ...args, url])).stdout;
}

describe('curl', () => {
  test.each([
    [SHOP, '/', '--http2', /^HTTP\/2 200 \r\n/, '"name":"web"'],
    [SHOP, '/', '--http1.1', /^HTTP\/1\.1 200 OK\r\n/, '"name":"web"'],
    [SHOP, '/search/all', '--http2', /^HTTP\/2 200 \r\n/, '"name":"search"'],
    [BLOG, '/', '--http2', /^HTTP\/2 200 \r\n/, '"name":"search"'],
  ])('gets https://%s%s with %s from the service of the route, with HSTS', async (host, path, version, status, body) => {
    const response = await curl(`https://${host}:${edge.tlsPort}${path}`, version);
    expect(response).toMatch(status);
    expect(response).toContain('strict-transport-security: max-age=31536000\r\n');
    expect(response).toContain(body);
    expect(response).toContain('"x-forwarded-proto":"https"');
    expect(response).toContain('"x-forwarded-for":"127.0.0.1"');
  });

  test('is redirected from HTTP', async () => {
    const response = await curl(`http://${SHOP}:${edge.port}/a?b`);
    expect(response).toMatch(/^HTTP\/1\.1 308 Permanent Redirect\r\n/);
    expect(response).toContain(`location: https://${SHOP}/a?b\r\n`);
  });

  test('gets the page for a host without a route, and 421 for one of another certificate', async () => {
    const url = `https://${SHOP}:${edge.tlsPort}/`;
    expect(await curl(url, '-H', `Host: ${BLOG}`)).toMatch(/^HTTP\/2 421 /);
    expect(await curl(`https://other.example.com:${edge.tlsPort}/`, '-k')).toMatch(/^HTTP\/2 404 [^]*<h1>Not here<\/h1>$/);
  });

  test('uploads and downloads', async () => {
    writeFileSync(join(folder, 'upload'), Buffer.alloc(5_000_000, 7));
    expect(await curl(`https://${SHOP}:${edge.tlsPort}/upload`, '-T', join(folder, 'upload'))).toContain('"bytes":5000000');
  });
});

describe('openssl s_client', () => {
  async function client(...args: string[]): Promise<string> {
    return new Promise((resolve) => {
      const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${edge.tlsPort}`, '-showcerts', ...args]);
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { output += text; });
      child.on('close', () => resolve(output));
      child.stdin.end();
    });
  }

  test.each([[SHOP, SHOP], [BLOG, BLOG], ['other.example.com', SHOP]])('is shown for %s the certificate of %s', async (name, shown) => {
    expect(await client('-servername', name)).toContain(`subject=CN = ${shown}`);
  });

  test('without a name is shown the first certificate', async () => {
    expect(await client('-noservername')).toContain(`subject=CN = ${SHOP}`);
  });

  test.each([['h2,http/1.1', 'h2'], ['http/1.1', 'http/1.1']])('that offers %s agrees on %s by ALPN', async (offered, agreed) => {
    expect(await client('-servername', SHOP, '-alpn', offered)).toContain(`ALPN protocol: ${agreed}`);
  });

  test.each(['-tls1', '-tls1_1'])('gets nowhere with %s', async (version) => {
    expect(await client('-servername', SHOP, version, '-cipher', 'ALL@SECLEVEL=0')).not.toContain('BEGIN CERTIFICATE');
  });

  test('speaks TLS 1.2 and 1.3', async () => {
    expect(await client('-servername', SHOP, '-tls1_2')).toContain('Protocol  : TLSv1.2');
    expect(await client('-servername', SHOP, '-tls1_3')).toContain('New, TLSv1.3');
  });
});

test('a WebSocket goes through to the app', async () => {
  const dispatcher = new Agent({ connect: { ca: certificates['shop-tls'].certificate, servername: SHOP, lookup: toLoopback } });
  const socket = new WebSocket(`wss://${SHOP}:${edge.tlsPort}/socket`, { dispatcher });
  const got: string[] = [];
  socket.addEventListener('message', ({ data }) => got.push(String(data)));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', ({ error }) => reject(error as Error));
  });
  for (const text of ['one', 'two']) {
    socket.send(text);
    await until(() => `'${text}' comes back`, () => got.includes(text));
  }
  socket.close();
  await dispatcher.destroy();
});

test('server-sent events come one by one', async () => {
  const agent = new HttpsAgent({ ca: certificates['shop-tls'].certificate, servername: SHOP });
  const at = { host: '127.0.0.1', port: edge.tlsPort, agent, headers: { host: SHOP } };
  let got = '';
  const stream = get({ ...at, path: '/events' }, (response) => { response.setEncoding('utf8').on('data', (text) => { got += text; }); });
  for (let count = 0; count < 3; count += 1) {
    await until(() => `event ${count} has come`, () => got.endsWith(`data: ${count}\n\n`));
    await new Promise((resolve) => { get({ ...at, path: '/next' }, (response) => response.resume().on('end', resolve)); });
  }
  stream.destroy();
  agent.destroy();
});

test('the hook of the kubelet ends when load balancers had the time to learn of it, and no earlier', async () => {
  const leaving = await gateway({ deregistrationDelay: Duration.millis(700) });
  const page = (path: string): Promise<number> => new Promise((resolve, reject) => {
    httpGet({ host: '127.0.0.1', port: leaving.adminPort, path, agent: false }, (response) => response.resume().on('end', () => resolve(response.statusCode!))).on('error', reject);
  });
  let isOver = false;
  const hook = page('/terminating/wait').then(() => { isOver = true; });
  await until(() => 'the notice is taken', () => leaving.process.output.includes('"event":"terminating"'));
  expect([await page('/ready'), isOver]).toEqual([503, false]);
  const served = await new Promise((resolve) => {
    httpGet({ host: '127.0.0.1', port: leaving.port, headers: { host: SHOP }, agent: false }, (response) => resolve([response.statusCode, response.headers.connection]));
  });
  expect(served).toEqual([200, 'close']);
  await hook;
  leaving.process.child.kill('SIGTERM');
  expect(await leaving.process.exited).toBe(0);
  await leaving.close();
});

function toLoopback(_host: string, options: { readonly all?: boolean }, done: (error: null, ...found: never[]) => void): void {
  const found = options.all ? [[{ address: '127.0.0.1', family: 4 }]] : ['127.0.0.1', 4];
  done(null, ...found as never[]);
}
