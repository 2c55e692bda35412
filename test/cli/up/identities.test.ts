import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IdentityConfig } from '../../../src/contract';
import { Identities } from '../../../src/cli/up/identities';
import { mapConfig } from '../../../src/cli/up/map-config';
import { readIdentity } from '../../../src/proxy/tls/identity-files';
import { configOf, placementOf } from './support';

const root = mkdtempSync(join(tmpdir(), 'mesh-up-identities-'));
afterAll(() => rmSync(root, { recursive: true }));

const DECLARED: IdentityConfig = { trustDomain: 'cluster.local', certificateFile: '/id/tls.crt', keyFile: '/id/tls.key', trustBundleFile: '/id/ca.crt' };
const WEB = { namespace: 'shop', service: 'web' };

test('each pod gets a certificate of its own that the proxy accepts, by one authority', async () => {
  const identities = new Identities(root);
  const made = [identities.of('web-1', WEB, DECLARED), identities.of('web-2', WEB, DECLARED), identities.of('cart-1', { ...WEB, service: 'cart' }, DECLARED)];
  const results = await Promise.all(made.map(readIdentity));
  expect(results.map(({ found }) => found.ok && found.material.id)).toEqual(['web', 'web', 'cart'].map((name) => `spiffe://cluster.local/ns/shop/sa/${name}`));
  expect(new Set(results.map(({ texts }) => texts[0])).size).toBe(3);
  expect(new Set(results.map(({ texts }) => texts[2])).size).toBe(1);
});

test('the id that a document names goes before the usual one, and a pod keeps what it has', () => {
  const identities = new Identities(root);
  const id = 'spiffe://cluster.local/frontend';
  const made = identities.of('front-1', WEB, { ...DECLARED, id });
  expect(new X509Certificate(readFileSync(made.certificateFile!)).subjectAltName).toBe(`URI:${id}`);
  const before = readFileSync(made.keyFile!, 'utf8');
  expect(identities.of('front-1', WEB, { ...DECLARED, id })).toEqual(made);
  expect(readFileSync(made.keyFile!, 'utf8')).toBe(before);
});

test('files are for this user alone', () => {
  const made = new Identities(root).of('web-3', WEB, DECLARED);
  expect([made.certificateFile!, made.keyFile!, made.trustBundleFile!].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
});

test('the document of a pod leads there, and says so', () => {
  const identities = new Identities(root);
  const network = { ip: '127.0.0.2', adminLoopback: '127.0.0.2', own: (port: number) => port, outbound: <T>(to: T) => to, app: (port: number) => ({ address: '127.0.0.2', port }) };
  const { config, mappings } = mapConfig(
    configOf('web', 'v1', { identity: DECLARED }), placementOf({ network, identityOf: (declared) => identities.of('web-4', WEB, declared) }),
  );
  expect(config.identity).toMatchObject({ trustDomain: 'cluster.local', keyFile: join(root, 'web-4', 'tls.key') });
  expect(mappings).toContainEqual({ what: 'identity', from: '/id', to: join(root, 'web-4') });
});

test('an agent that a document names is not asked: its pod gets files, and the proxy accepts them', async () => {
  const identities = new Identities(root);
  const network = { ip: '127.0.0.2', adminLoopback: '127.0.0.2', own: (port: number) => port, outbound: <T>(to: T) => to, app: (port: number) => ({ address: '127.0.0.2', port }) };
  const declared: IdentityConfig = { trustDomain: 'cluster.local', workloadApiSocket: '/id/spire-agent.sock', id: 'spiffe://cluster.local/ns/shop/sa/web' };
  const { config, mappings } = mapConfig(
    configOf('web', 'v1', { identity: declared }), placementOf({ network, identityOf: (said) => identities.of('web-5', WEB, said) }),
  );
  expect(config.identity).not.toHaveProperty('workloadApiSocket');
  expect((await readIdentity(config.identity!)).found).toMatchObject({ ok: true, material: { id: declared.id } });
  expect(mappings).toContainEqual({ what: 'identity', from: '/id/spire-agent.sock', to: join(root, 'web-5') });
});
