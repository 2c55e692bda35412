/** Who calls, in Envoy's form: written by the proxy for apps that ask for it, and never taken from a client. */
import { X509Certificate } from 'node:crypto';
import type { ListenerMutualTlsConfig } from '../../../src/contract';
import { cleanupsAfterEach } from '../../support/cleanups';
import { idOf, MountedIdentity, TestAuthority } from '../../support/identities';
import { startProxy } from '../../support/proxy';
import { RawBackend, rawClient, RawConnection } from '../../support/raw-http';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** All that somebody who takes `_` for `-` would take for the field. */
const SPELLINGS = ['x-forwarded-client-cert', 'X_Forwarded_Client_Cert', 'x_forwarded-client-cert', 'x-forwarded_client-cert', 'x-forwarded-client_cert', 'X-FORWARDED_CLIENT_CERT'];
const FORGED = SPELLINGS.map((name) => `${name}: By=spiffe://a/b;URI=spiffe://a/admin\r\n`).join('');

const authority = new TestAuthority();
const cleanups = cleanupsAfterEach();

async function app(): Promise<RawBackend> {
  const backend = await RawBackend.answering(() => OK);
  cleanups.push(() => backend.close());
  return backend;
}

async function ask(port: number, connection = 'keep-alive'): Promise<RawConnection> {
  const client = await rawClient(port);
  cleanups.push(() => client.socket.destroy());
  client.send(`GET / HTTP/1.1\r\nHost: catalog\r\nConnection: ${connection}\r\n${FORGED}X-Mesh-Caller: spiffe://a/admin\r\n\r\n`);
  await client.receives(/200 OK[^]*ok$/);
  return client;
}

const told = ({ received }: RawBackend): string[] => received.match(/^x.forwarded.client.cert.*$/gim) ?? [];

async function throughBoth(mutualTls: ListenerMutualTlsConfig): Promise<{ readonly backend: RawBackend; readonly hash: string }> {
  const backend = await app();
  const leaf = authority.leaf('web');
  const [web, catalog] = [leaf, authority.leaf('catalog')].map((credentials) => new MountedIdentity(credentials, authority.root.certificate)) as [MountedIdentity, MountedIdentity];
  const callee = await startProxy([backend.port], { direction: 'inbound', identity: catalog.config, mutualTls });
  const caller = await startProxy([callee.port], { identity: web.config, cluster: { mutualTls: { serverIds: [idOf('catalog')] } } });
  cleanups.push(() => caller.proxy.close(), () => callee.proxy.close(), () => web.remove(), () => catalog.remove());
  await ask(caller.port);
  return { backend, hash: new X509Certificate(leaf.certificate).fingerprint256.replace(/:/g, '').toLowerCase() };
}

test('on request the app is told who calls as Envoy would, by whom, and the hash of the certificate', async () => {
  const { backend, hash } = await throughBoth({ forwardClientCert: true });
  expect(told(backend)).toEqual([`x-forwarded-client-cert: By=${idOf('catalog')};Hash=${hash};URI=${idOf('web')}`]);
  expect(backend.received.match(/^x-mesh-caller.*$/gim)).toEqual([`x-mesh-caller: ${idOf('web')}`]);
});

test('it is not told otherwise, and what a client says is dropped', async () => {
  expect(told((await throughBoth({})).backend)).toEqual([]);
});

test.each(['inbound', 'outbound'] as const)('what a client says is dropped where nobody proves anything: %s', async (direction) => {
  const backend = await app();
  const test = await startProxy([backend.port], { direction });
  cleanups.push(() => test.proxy.close());
  await ask(test.port, 'x-forwarded-client-cert, keep-alive');
  expect(told(backend)).toEqual([]);
});
