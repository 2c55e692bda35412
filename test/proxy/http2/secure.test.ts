/** HTTP/2 under TLS: between sidecars, and to clients from outside, with whom the handshake agrees on a version. */
import { connect } from 'node:http2';
import { request } from 'node:https';
import { once } from 'node:events';
import { cleanupsAfterEach } from '../../support/cleanups';
import { Http2Client } from '../../support/http2-client';
import { idOf, MountedIdentity, TestAuthority } from '../../support/identities';
import { makeKeyPair, MountedSecret } from '../../support/key-pairs';
import { startProxy, TestProxy, TestProxyOptions } from '../../support/proxy';
import { RawBackend } from '../../support/raw-http';

const cleanups = cleanupsAfterEach();

async function proxy(ports: readonly number[], options: TestProxyOptions): Promise<TestProxy> {
  const test = await startProxy(ports, options);
  cleanups.push(() => test.proxy.close());
  return test;
}

async function app(): Promise<RawBackend> {
  const backend = await RawBackend.answering((head) => `HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx-caller: ${/x-mesh-caller: (\S+)/.exec(head)?.[1]}\r\n\r\nok`);
  cleanups.push(() => backend.close());
  return backend;
}

describe('between sidecars', () => {
  const authority = new TestAuthority();
  const identity = (service: string): NonNullable<TestProxyOptions['identity']> => {
    const mounted = new MountedIdentity(authority.leaf(service), authority.root.certificate);
    cleanups.push(() => mounted.remove());
    return mounted.config;
  };

  it('requests go by mutual TLS, and the app is told who sends them', async () => {
    const inbound = await proxy([(await app()).port], { direction: 'inbound', mutualTls: {}, identity: identity('catalog'), protocol: 'http2' });
    const outbound = await proxy([inbound.port], {
      identity: identity('web'), protocol: 'http2', cluster: { protocol: 'http2', mutualTls: { serverIds: [idOf('catalog')] } },
    });
    const client = await Http2Client.to(outbound.port);
    cleanups.push(() => client.close());
    const answers = await Promise.all([1, 2, 3].map(() => client.ask({ ':authority': 'catalog' })));
    expect(answers.map(({ status, headers }) => [status, headers['x-caller']])).toEqual([1, 2, 3].map(() => [200, idOf('web')]));
  });

  it('a caller of another version is refused, and told so in its metrics', async () => {
    const inbound = await proxy([(await app()).port], { direction: 'inbound', mutualTls: {}, identity: identity('catalog'), protocol: 'http2' });
    const outbound = await proxy([inbound.port], { identity: identity('web'), cluster: { mutualTls: { serverIds: [idOf('catalog')] } }, route: { retry: { maxRetries: 0 } } });
    const response = await fetch(`http://127.0.0.1:${outbound.port}/`);
    expect([response.status, response.headers.get('proxy-status')]).toEqual([503, expect.stringMatching(/tls_failed|server_unverified/)]);
  });
});

describe('to clients from outside', () => {
  it('both versions are spoken where the handshake agrees on one', async () => {
    const pair = await makeKeyPair();
    const secret = new MountedSecret(pair.certificate, pair.key);
    cleanups.push(() => secret.remove());
    const { port } = await proxy([(await app()).port], { protocol: 'alpn', tls: { certificates: [secret.config] } });

    const session = connect(`https://127.0.0.1:${port}`, { ca: pair.certificate });
    cleanups.push(() => session.destroy());
    const stream = session.request({ ':path': '/' });
    const [head] = await once(stream, 'response') as [{ readonly ':status': number }];
    expect(head[':status']).toBe(200);

    const status = await new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', ca: pair.certificate, agent: false }, (response) => {
        response.resume();
        resolve([response.statusCode, response.httpVersion]);
      }).on('error', reject).end();
    });
    expect(status).toEqual([200, '1.1']);
  });
});
