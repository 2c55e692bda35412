/** What the authority makes is what OpenSSL, Node and the SPIFFE rules take for a certificate. */
import { spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { issue, makeIssuer, makeRoot, SKEW_MS, spiffeIdOf } from '../../src/authority';

const NOW = Date.UTC(2026, 5, 1, 12);
const ID = spiffeIdOf('cluster.local', 'shop', 'web');

const root = makeRoot('cluster.local', { now: NOW });
const issuer = makeIssuer(root, { now: NOW });
const leaf = issue(issuer, ID, { now: NOW });

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'mesh-authority-')); });
afterAll(() => rmSync(folder, { recursive: true }));

function verifyByOpenssl(certificate: string, at: number, purpose: string): string {
  const files = { root: root.certificate, chain: issuer.certificate, leaf: certificate };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { stdout, stderr } = spawnSync('openssl', [
    'verify', '-x509_strict', '-purpose', purpose, '-attime', String(at / 1_000), '-CAfile', join(folder, 'root'), '-untrusted', join(folder, 'chain'), join(folder, 'leaf'),
  ], { encoding: 'utf8' });
  return stdout + stderr;
}

test.each(['sslserver', 'sslclient'])('a leaf is good for %s, by OpenSSL in its strict mode', (purpose) => {
  expect(verifyByOpenssl(leaf.certificate, NOW, purpose)).toMatch(/: OK$/m);
});

test('a leaf is valid from a little before it was made to its end, and no longer', () => {
  expect(verifyByOpenssl(leaf.certificate, NOW - SKEW_MS, 'sslserver')).toMatch(/: OK$/m);
  expect(verifyByOpenssl(leaf.certificate, NOW - SKEW_MS - 1_000, 'sslserver')).toMatch(/not yet valid/);
  expect(verifyByOpenssl(leaf.certificate, NOW + 86_399_000, 'sslserver')).toMatch(/: OK$/m);
  expect(verifyByOpenssl(leaf.certificate, NOW + 86_401_000, 'sslserver')).toMatch(/expired/);
});

test('the chain stands behind a leaf, without the root', () => {
  const blocks = leaf.certificate.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n/g)!;
  expect(blocks.map((block) => new X509Certificate(block).issuer)).toEqual(['CN=cdk8s-mesh issuer of cluster.local', 'CN=cdk8s-mesh root of cluster.local']);
  expect(issue(root, ID, { now: NOW }).certificate.match(/BEGIN/g)).toHaveLength(1);
});

test('a key belongs to its certificate, and no two leaves have a key or a serial number in common', () => {
  const other = issue(issuer, ID, { now: NOW });
  const [a, b] = [leaf, other].map(({ certificate }) => new X509Certificate(certificate));
  expect(a!.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
  expect(a!.checkPrivateKey(createPrivateKey(other.key))).toBe(false);
  expect(a!.serialNumber).not.toBe(b!.serialNumber);
});

test('an authority has the id of its trust domain, and dates beyond 2049 are written as such', () => {
  const late = new X509Certificate(makeRoot('cluster.local', { now: NOW, lifetimeMs: 86_400_000 * 365 * 30 }).certificate);
  expect(late.subjectAltName).toBe('URI:spiffe://cluster.local');
  expect(late.validTo).toMatch(/2056 GMT$/);
  expect(late.ca).toBe(true);
});
