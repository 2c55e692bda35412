import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../../src/cli/main';
import { readIdentity } from '../../../src/proxy/tls/identity-files';

const root = mkdtempSync(join(tmpdir(), 'mesh-authority-command-'));
afterAll(() => rmSync(root, { recursive: true }));

let said = '';
beforeEach(() => {
  said = '';
  const note = (text: unknown): boolean => { said += `${String(text)}\n`; return true; };
  jest.spyOn(console, 'log').mockImplementation(note);
  jest.spyOn(process.stderr, 'write').mockImplementation(note);
});
afterEach(() => jest.restoreAllMocks());

const ca = join(root, 'ca');
const out = join(root, 'web');

beforeAll(async () => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  await main(['authority', 'init', ca]);
});

test('init makes a root and an issuer whose keys are readable by the user alone', () => {
  expect(readdirSync(ca).sort()).toEqual(['issuer.crt', 'issuer.key', 'root.crt', 'root.key']);
  expect(['issuer.key', 'root.key'].map((name) => statSync(join(ca, name)).mode & 0o777)).toEqual([0o600, 0o600]);
});

test('issue makes files that a proxy accepts', async () => {
  expect(await main(['authority', 'issue', ca, '--service-account', 'shop/web', '--out', out, '--days', '2'])).toBe(0);
  expect(said).toMatch(/has the certificate of spiffe:\/\/cluster.local\/ns\/shop\/sa\/web/);
  const [certificateFile, keyFile, trustBundleFile] = ['tls.crt', 'tls.key', 'ca.crt'].map((name) => join(out, name)) as [string, string, string];
  const { found } = await readIdentity({ trustDomain: 'cluster.local', certificateFile, keyFile, trustBundleFile });
  expect(found).toMatchObject({ ok: true, material: { id: 'spiffe://cluster.local/ns/shop/sa/web' } });
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  const days = (Date.parse(new X509Certificate(readFileSync(certificateFile)).validTo) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(1.9);
  expect(days).toBeLessThan(2.1);
});

test.each<[string, string[], RegExp]>([
  ['an authority that is there', ['init', ca], /is there already/],
  ['a trust domain in capitals', ['init', join(root, 'other'), '--trust-domain', 'A.b'], /is no SPIFFE trust domain/],
  ['no folder for the files', ['issue', ca, '--service-account', 'shop/web'], /--out FOLDER/],
  ['no id', ['issue', ca, '--out', out], /needs one of --service-account/],
  ['two ids', ['issue', ca, '--out', out, '--id', 'spiffe://cluster.local/a', '--service-account', 'a/b'], /needs one of/],
  ['an account without a namespace', ['issue', ca, '--out', out, '--service-account', 'web'], /is not NAMESPACE\/NAME/],
  ['an id of another trust domain', ['issue', ca, '--out', out, '--id', 'spiffe://other.local/a'], /not of the trust domain 'cluster.local'/],
  ['an id that is none', ['issue', ca, '--out', out, '--id', 'spiffe://cluster.local/a/'], /is no SPIFFE id/],
  ['no authority', ['issue', join(root, 'none'), '--out', out, '--service-account', 'a/b'], /can't be read/],
  ['nothing to do', [ca], /init\|issue FOLDER/],
])('says what is wrong, given %s', async (_, args, words) => {
  expect(await main(['authority', ...args])).toBe(1);
  expect(said).toMatch(words);
});
