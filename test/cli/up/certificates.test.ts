/** The certificates that `up` gives to listeners for clients from outside. */
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CertificateConfig, ListenerConfig, RouteConfig } from '../../../src/contract';
import { Certificates, readOwnFiles } from '../../../src/cli/up/certificates';
import { makeCertificateFor } from '../../support/key-pairs';
import { configOf, workloadOf } from './support';

const folder = mkdtempSync(join(tmpdir(), 'up-certificates-'));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
const certificatesOf = (own = new Map<string, Pick<CertificateConfig, 'certificateFile' | 'keyFile'>>(), secrets: Record<string, Record<string, string>> = {}) =>
  new Certificates(join(folder, String(made += 1)), own, () => ({ secrets: new Map(Object.entries(secrets)) }));

const mounted = (secret: string, hosts?: string[]): CertificateConfig => {
  const at = `/etc/cdk8s-mesh-tls/${secret}`;
  return { certificateFile: `${at}/tls.crt`, keyFile: `${at}/tls.key`, ...(hosts && { hosts }) };
};
const DECLARED = mounted('shop-tls');
const routeOf = (name: string, ...hosts: string[]): RouteConfig => ({ name, split: [{ cluster: 'web', weight: 1 }], ...(hosts.length > 0 && { matches: [{ hosts }] }) });
const gateway = (certificates: CertificateConfig[], ...routes: RouteConfig[]): ListenerConfig =>
  ({ name: 'gateway-tls', direction: 'outbound', port: 15_443, tls: { certificates }, routes });
const EDGE = workloadOf('edge');

const read = ({ certificateFile }: CertificateConfig): X509Certificate => new X509Certificate(readFileSync(certificateFile));
const namesOf = (certificate: CertificateConfig): string[] => read(certificate).subjectAltName!.split(', ').map((name) => name.replace('DNS:', ''));

describe('by the authority of the run', () => {
  test('a certificate is for the hosts of all routes, and the key is its own', () => {
    const certificates = certificatesOf();
    const shown = certificates.of(EDGE, gateway([DECLARED], routeOf('a', 'shop.example.com', '*.example.org'), routeOf('b', 'shop.example.com')), DECLARED);
    expect(namesOf(shown)).toEqual(['shop.example.com', '*.example.org']);
    const root = new X509Certificate(readFileSync(certificates.authorityFile!));
    expect([read(shown).verify(root.publicKey), read(shown).checkIssued(root), root.toString()]).toEqual([true, true, certificates.onlyAuthority]);
    expect([statSync(shown.keyFile).mode & 0o777, statSync(certificates.authorityFile!).mode & 0o777]).toEqual([0o600, 0o644]);
  });

  test('one that is declared for some hosts is for those', () => {
    const blog = mounted('blog-tls', ['blog.example.com']);
    const shown = certificatesOf().of(EDGE, gateway([DECLARED, blog], routeOf('a', 'shop.example.com'), routeOf('b', 'blog.example.com')), blog);
    expect([namesOf(shown), shown.hosts]).toEqual([['blog.example.com'], ['blog.example.com']]);
  });

  test('one of a listener that takes any host is for this machine', () => {
    expect(namesOf(certificatesOf().of(EDGE, gateway([DECLARED], routeOf('a')), DECLARED))).toEqual(['localhost', 'edge']);
  });

  test('one of a service is for its names', () => {
    const [listener] = configOf('web').listeners;
    const shown = certificatesOf().of(workloadOf('web'), { ...listener!, tls: {} }, { certificateFile: '/etc/cdk8s-mesh-tls/tls.crt', keyFile: '/etc/cdk8s-mesh-tls/tls.key' });
    expect(namesOf(shown)).toEqual(['web', 'web.shop', 'web.shop.svc', 'web.shop.svc.cluster.local', 'localhost']);
  });

  test('all pods have the same, also after a reload that changes nothing of it; another host is another pair of files', () => {
    const certificates = certificatesOf();
    const first = certificates.of(EDGE, gateway([DECLARED], routeOf('a', 'shop.example.com')), DECLARED);
    expect(certificates.of(EDGE, gateway([DECLARED], routeOf('a', 'shop.example.com')), DECLARED)).toEqual(first);
    const second = certificates.of(EDGE, gateway([DECLARED], routeOf('a', 'www.example.com')), DECLARED);
    expect(second.certificateFile).not.toBe(first.certificateFile);
    expect([namesOf(first), namesOf(second)]).toEqual([['shop.example.com'], ['www.example.com']]);
  });

  test('is not there when nothing is by it', () => {
    const certificates = certificatesOf();
    expect([certificates.authorityFile, certificates.onlyAuthority]).toEqual([undefined, undefined]);
  });
});

test('a Secret in the YAML goes before', async () => {
  const { certificate, key } = await makeCertificateFor(['shop.example.com']);
  const certificates = certificatesOf(undefined, { 'shop/shop-tls': { 'tls.crt': certificate, 'tls.key': key } });
  const shown = certificates.of(EDGE, gateway([DECLARED], routeOf('a', 'shop.example.com')), DECLARED);
  expect([readFileSync(shown.certificateFile, 'utf8'), readFileSync(shown.keyFile, 'utf8')]).toEqual([certificate, key]);
  expect(certificates.onlyAuthority).toBeUndefined();
});

describe('the user\'s own', () => {
  const model = { workloads: [
    workloadOf('edge', 'v1', { config: configOf('edge', 'v1', { listeners: [gateway([DECLARED], routeOf('a', 'shop.example.com'))] }) }),
    workloadOf('web', 'v1', { tlsSecret: 'web-tls', config: configOf('web', 'v1', { listeners: [{ ...gateway([mounted('..')]), tls: { certificateFile: '/etc/cdk8s-mesh-tls/tls.crt', keyFile: '/k' } }] }) }),
  ] };
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  test('goes before all others, as its files are', async () => {
    const { certificate, key } = await makeCertificateFor(['shop.example.com']);
    const [certificateFile, keyFile] = [file('own.pem', certificate), file('own-key.pem', key)];
    const own = readOwnFiles([`shop-tls=${certificateFile},${keyFile}`, `web-tls=${certificateFile},${keyFile}`], model);
    const certificates = certificatesOf(own, { 'shop/shop-tls': { 'tls.crt': 'a', 'tls.key': 'b' } });
    expect(certificates.of(EDGE, gateway([DECLARED]), DECLARED)).toEqual({ certificateFile, keyFile });
    expect(existsSync(join(folder, String(made)))).toBe(false);
  });

  test.each([
    ['shop-tls', '--certificate must name a Secret and two files in PEM form, as in shop-tls=shop.pem,shop-key.pem, got \'shop-tls\''],
    ['other=a.pem,b.pem', '--certificate names the Secret \'other\', which no listener has its certificate from. There are shop-tls, web-tls'],
    ['shop-tls=/nowhere.pem,/nowhere', '--certificate: /nowhere.pem can\'t be read as a certificate in PEM form: '],
    [`shop-tls=${file('text', 'no PEM')},/nowhere`, `--certificate: ${join(folder, 'text')} can't be read as a certificate in PEM form: `],
  ])('%s is refused', (text, message) => {
    expect(() => readOwnFiles([text], model)).toThrow(message);
  });

  test('with the key of another certificate is refused', async () => {
    const [one, other] = [await makeCertificateFor(['a.example']), await makeCertificateFor(['b.example'])];
    const [certificateFile, keyFile] = [file('one.pem', one.certificate), file('other-key.pem', other.key)];
    expect(() => readOwnFiles([`shop-tls=${certificateFile},${keyFile}`], model)).toThrow(`--certificate: ${keyFile} is not the key of the certificate in ${certificateFile}`);
  });

  test('twice for one Secret is refused', async () => {
    const { certificate, key } = await makeCertificateFor(['shop.example.com']);
    const text = `shop-tls=${file('twice.pem', certificate)},${file('twice-key.pem', key)}`;
    expect(() => readOwnFiles([text, text], model)).toThrow('--certificate names the Secret \'shop-tls\' twice; give it one certificate');
  });
});
