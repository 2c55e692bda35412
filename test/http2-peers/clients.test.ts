/**
 * Clients and servers of other makes through one sidecar and through two. Needs curl, nghttp2-client, nghttp2-server, a JDK, Go and Python; Python's
 * packages are fetched.
 */
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LimitsConfig } from '../../src/contract';
import { cleanupsAfterEach } from '../support/cleanups';
import { HOST, Program, pythonPackages } from '../support/foreign-programs';
import { makeKeyPair, MountedSecret } from '../support/key-pairs';
import { freePort } from '../support/ports';
import { startProxy } from '../support/proxy';
import { buildGo, goPeer, goServer } from './go';
import { SIDECARS } from './sidecars';

jest.setTimeout(60_000);
buildGo();

const PYTHON_PACKAGES = ['grpcio==1.85.3', 'httpx[http2]==0.28.1', 'hypercorn==0.17.3'];
beforeAll(() => { pythonPackages(PYTHON_PACKAGES); }, 300_000);

const cleanups = cleanupsAfterEach();
const folder = mkdtempSync(join(tmpdir(), 'mesh-http2-clients-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BODY = Buffer.alloc(300_000, 'abcdefghijklmnopqrstuvwxyz\n');
const bodyFile = join(folder, 'body');
writeFileSync(bodyFile, BODY);

const run = (command: string, ...args: readonly string[]): Promise<string> => (
  new Program({ cleanups }, command, args, { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` }).ends());

function python(...args: readonly string[]): Program {
  return new Program({ cleanups }, 'python3', [join(__dirname, 'programs/peers.py'), ...args], { ...process.env, PYTHONPATH: pythonPackages(PYTHON_PACKAGES) });
}

/** An app of HTTP/1.1 that sends bodies back. */
async function echo(): Promise<number> {
  const app = createServer((request, response) => { request.pipe(response); });
  await new Promise<void>((resolve) => { app.listen(0, HOST, resolve); });
  cleanups.push(() => { app.closeAllConnections(); app.close(); });
  return (app.address() as AddressInfo).port;
}

describe.each(SIDECARS)('through %s', (_, sidecars) => {
  const url = async (port: number, limits?: LimitsConfig): Promise<string> => `http://${HOST}:${(await sidecars(cleanups, port, { limits })).port}/`;

  it('Go, as client and as server, with early hints and trailers', async () => {
    const base = await url(await goServer(cleanups, 'serve'));
    expect(await goPeer(cleanups, 'ask', base, '50', '300000').ends()).toBe('50 right\n');
    const hints = await run('curl', '-sS', '--http2-prior-knowledge', '-i', '-H', 'early: yes', base);
    expect(hints).toMatch(/^HTTP\/2 103 \r\n([^\r]+\r\n)*link: <\/style.css>; rel=preload\r\n\r\nHTTP\/2 200 [^]*"proto":"HTTP\/2.0"/);
  });

  it('curl', async () => {
    const base = await url(await goServer(cleanups, 'serve'));
    const written = ['-w', '%{http_version} %{response_code}', '-o', join(folder, 'got')];
    const got = await run('curl', '-sS', '--http2-prior-knowledge', ...written, '-H', 'echo: yes', '--data-binary', `@${bodyFile}`, base);
    expect(got).toBe('2 200');
    expect(await run('tail', '-c', String(BODY.length), join(folder, 'got'))).toBe(BODY.toString());
  });

  it.each([
    ['as it is'],
    ['with padding', '--padding=200'],
    ['with tiny windows', '--window-bits=10', '--connection-window-bits=10'],
    ['with large windows', '--window-bits=30', '--connection-window-bits=30'],
    ['without a table of fields', '--header-table-size=0'],
    ['with a small table of fields', '--header-table-size=100'],
    ['with a header block in many frames', '--continuation'],
    ['with a wait for 100 Continue', '--expect-continue'],
    ['with trailers', '--trailer=x-end: yes'],
  ])('nghttp %s', async (__, ...options) => {
    // The header block in many frames is one of more than 16 KiB.
    const base = await url(await goServer(cleanups, 'serve'), { maxHeadBytes: 65_536 });
    const said = await run(
      'nghttp', '--null-out', '--stat', '--multiply=20', '--max-concurrent-streams=100', '--no-push', ...options, `--data=${bodyFile}`, '-H', 'echo: yes', base,
    );
    // A line for each: ids, times, status and size, with the fields of the request.
    expect(said.match(/^ *\d+ .* 200 +(29|31)\dK \/$/gm) ?? said).toHaveLength(20);
  });

  it('nghttpd, as a server', async () => {
    const port = await freePort();
    await new Program({ cleanups }, 'nghttpd', ['--no-tls', '--htdocs', folder, '--padding=100', '--trailer=x-end: yes', String(port)]).listensOn(port);
    expect(await run('curl', '-sS', '--http2-prior-knowledge', `${await url(port)}body`)).toBe(BODY.toString());
  });

  it('h2load: no request fails', async () => {
    const said = await run('h2load', '-n', '4000', '-c', '8', '-m', '16', await url(await goServer(cleanups, 'serve')));
    expect(said).toMatch(/requests: 4000 total, 4000 started, 4000 done, 4000 succeeded, 0 failed, 0 errored, 0 timeout/);
  });

  it('httpx and hypercorn, which stand on Python\'s h2', async () => {
    const port = await freePort();
    await python('hypercorn', String(port)).listensOn(port);
    expect(await python('httpx', await url(port)).ends()).toBe('all right\n');
  });

  it('grpcio, as client and as server', async () => {
    const port = await freePort();
    await python('grpc-serve', String(port)).says(/listening/);
    expect(await python('grpc', String((await sidecars(cleanups, port)).port)).ends()).toBe('all right\n');
  });
});

describe('clients from outside, under TLS', () => {
  async function gateway(): Promise<{ readonly url: string; readonly certificate: string }> {
    const pair = await makeKeyPair();
    const secret = new MountedSecret(pair.certificate, pair.key);
    cleanups.push(() => secret.remove());
    const { port, proxy } = await startProxy([await echo()], { protocol: 'alpn', tls: { certificates: [secret.config] } });
    cleanups.push(() => proxy.close());
    return { url: `https://${HOST}:${port}/`, certificate: secret.config.certificateFile };
  }

  it.each([['--http2', '2'], ['--http1.1', '1.1']])('curl %s', async (option, version) => {
    const { url, certificate } = await gateway();
    const got = await run('curl', '-sS', option, '--cacert', certificate, '-w', '%{http_version}', '--data-binary', `@${bodyFile}`, '-o', join(folder, 'got'), url);
    expect([got, await run('cat', join(folder, 'got'))]).toEqual([version, BODY.toString()]);
  });

  it('nghttp', async () => {
    const { url } = await gateway();
    expect((await run('nghttp', '--no-verify-peer', `--data=${bodyFile}`, url)).endsWith(BODY.toString())).toBe(true);
  });

  it('Java', async () => {
    const { url, certificate } = await gateway();
    expect(await run('java', join(__dirname, 'programs/Http2Client.java'), url, certificate)).toBe('all right\n');
  });
});
