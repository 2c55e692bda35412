/**
 * Sidecars and other implementations of TLS, with certificates that OpenSSL has made: each as the client and as the server, for every form
 * in which issuers write keys, chains and trust bundles. `npm run test:tls-peers` runs it, on the Node that the image ships.
 *
 * Needs nginx with its module for streams, HAProxy, Go and a JDK; Envoy is fetched from the Python package index.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanupsAfterEach } from '../support/cleanups';
import type { Bench } from '../support/foreign-programs';
import { DOMAIN, idOf } from '../support/identities';
import { startProxy, TestProxy, TestProxyOptions } from '../support/proxy';
import { RawBackend, rawClient } from '../support/raw-http';
import { Files, Form, FORMS, OpensslAuthority, USUAL } from './certificates';
import { CLIENT_NAME, Peer, SERVER_NAME } from './peer';
import { PEERS } from './peers';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const POST = 'POST / HTTP/1.1\r\nHost: catalog\r\nContent-Length: 2\r\n\r\nhi';

jest.setTimeout(60_000);

const folder = mkdtempSync(join(tmpdir(), 'mesh-peers-'));
afterAll(() => rmSync(folder, { recursive: true }));
const bench: Bench = { folder, cleanups: cleanupsAfterEach() };

type Sides = Readonly<Record<'web' | 'catalog' | 'cart', Files>>;

const made = new Map<string, Sides>();

/** Files of one form, made once; those of `elsewhere` are by another authority. */
function filesOf(form: Form, elsewhere = ''): Sides {
  const key = form.title + elsewhere;
  let sides = made.get(key);
  if (!sides) {
    const authority = new OpensslAuthority(join(folder, `authority-${made.size}`), form);
    const issue = (name: string, host: string): Files => authority.issue(name, idOf(name), host);
    sides = { web: issue('web', CLIENT_NAME), catalog: issue('catalog', SERVER_NAME), cart: issue('cart', SERVER_NAME) };
    made.set(key, sides);
  }
  return sides;
}

const peers = new Map<string, Peer>();

function peerOf(name: string): Peer {
  const peer = peers.get(name) ?? PEERS[name]!(bench);
  peers.set(name, peer);
  return peer;
}

async function sidecar(ports: readonly number[], files: Files, options: TestProxyOptions): Promise<TestProxy> {
  const test = await startProxy(ports, { identity: { trustDomain: DOMAIN, ...files }, ...options });
  bench.cleanups.push(() => test.proxy.close());
  expect(test.proxy.readiness()).toMatchObject({ ready: true });
  return test;
}

async function callee(files: Files): Promise<TestProxy> {
  const app = await RawBackend.answering(() => OK);
  bench.cleanups.push(() => app.close());
  return sidecar([app.port], files, { direction: 'inbound', mutualTls: {} });
}

const caller = (ports: readonly number[], files: Files): Promise<TestProxy> => sidecar(ports, files, {
  // The first handshake of Java takes seconds where others work, too.
  cluster: { mutualTls: { serverIds: [idOf('catalog')] }, connectTimeoutMs: 20_000 }, route: { timeoutMs: 30_000 },
});

async function ask({ port }: TestProxy, request = 'GET / HTTP/1.1\r\nHost: catalog\r\n\r\n'): Promise<string> {
  const client = await rawClient(port);
  bench.cleanups.push(() => client.socket.destroy());
  client.send(request);
  return client.receives(/\r\n\r\n/, 30_000);
}

describe.each(Object.keys(PEERS))('%s', (name) => {
  describe.each(FORMS.map((form) => [form.title, form] as const))('with %s', (_, form) => {
    const { web, catalog } = filesOf(form);

    test('as a server gets requests', async () => {
      const peer = peerOf(name);
      if (!peer.takes(form)) return;
      expect(await ask(await caller([await peer.serve(catalog)], web))).toMatch(/^HTTP\/1.1 200/);
    });

    test('as a client is let in', async () => {
      const peer = peerOf(name);
      if (!peer.takes(form)) return;
      const answer = await peer.ask((await callee(catalog)).port, web);
      if (name === 'nginx') expect(answer).toMatch(/HTTP\/1.1 503 [^]*it doesn't speak the protocol 'mesh\/h1'/);
      else expect(answer).toMatch(/HTTP\/1.1 200 OK/);
    });
  });

  test('as a server that is another service gets nothing, and the request goes elsewhere', async () => {
    const { web, catalog, cart } = filesOf(USUAL);
    const there = await caller([await peerOf(name).serve(cart), (await callee(catalog)).port], web);
    for (let i = 0; i < 4; i += 1) expect(await ask(there, POST)).toMatch(/^HTTP\/1.1 200/);
    expect(there.metrics()).toMatch(/mesh_retries_total\{cluster="backend",reason="server_unverified"\} [1-9]/);
  });

  test('as a server that refuses our certificate by an alert counts as never reached', async () => {
    // nginx ends the handshake, and closes without a word.
    if (name === 'nginx') return;
    const { web, catalog } = filesOf(USUAL);
    const stranger = filesOf(USUAL, 'elsewhere');
    // Its certificate is ours, and its roots are others.
    const refusing = await peerOf(name).serve({ ...catalog, trustBundleFile: stranger.web.trustBundleFile });
    const there = await caller([refusing, (await callee(catalog)).port], web);
    for (let i = 0; i < 4; i += 1) expect(await ask(there, POST)).toMatch(/^HTTP\/1.1 200/);
    expect(there.metrics()).toMatch(/mesh_upstream_connection_failures_total\{cluster="backend",kind="certificate_refused"\} [1-9]/);
  });

  test('as a client of another authority is refused', async () => {
    const { catalog } = filesOf(USUAL);
    const inbound = await callee(catalog);
    const { web } = filesOf(USUAL, 'elsewhere');
    await peerOf(name).ask(inbound.port, { ...web, trustBundleFile: catalog.trustBundleFile });
    expect(inbound.metrics()).toMatch(/mesh_mutual_tls_callers_refused_total\{listener="test",fault="(?:untrusted|alpn)"\} 1/);
    expect(inbound.metrics()).toMatch(/mesh_requests_total\{[^}]*\} 0|^(?![^]*mesh_requests_total\{)/);
  });
});
