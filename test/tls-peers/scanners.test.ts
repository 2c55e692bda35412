/**
 * Scanners against the inbound port: what is spoken besides TLS 1.3, and every known weakness that they try. With and without a certificate,
 * for most who scan have none. Needs sslscan and testssl.sh; sslyze is fetched from the Python package index.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOST } from '../support/foreign-programs';
import { DOMAIN, idOf } from '../support/identities';
import { startProxy, TestProxy } from '../support/proxy';
import { RawBackend } from '../support/raw-http';
import { Files, OpensslAuthority, USUAL } from './certificates';
import { CLIENT_NAME, SERVER_NAME } from './peer';
import { outputOf, pythonPackage } from '../support/foreign-programs';

jest.setTimeout(900_000);

/** Of each scan that was made, what it found. */
type Scan = Readonly<Record<string, { readonly result?: Readonly<Record<string, unknown>> } | undefined>>;

const folder = mkdtempSync(join(tmpdir(), 'mesh-scan-'));
let app: RawBackend;
let inbound: TestProxy;
let web: Files;
let target: string;

beforeAll(async () => {
  const authority = new OpensslAuthority(join(folder, 'authority'), USUAL);
  web = authority.issue('web', idOf('web'), CLIENT_NAME);
  app = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const catalog = authority.issue('catalog', idOf('catalog'), SERVER_NAME);
  inbound = await startProxy([app.port], { direction: 'inbound', mutualTls: {}, identity: { trustDomain: DOMAIN, ...catalog } });
  target = `${HOST}:${inbound.port}`;
});

afterAll(async () => {
  inbound.proxy.close();
  await app.close();
  rmSync(folder, { recursive: true });
});

test('sslscan finds TLS 1.3 and its ciphers, and nothing else', async () => {
  for (const certificate of [[], [`--certs=${web.certificateFile}`, `--pk=${web.keyFile}`]]) {
    const output = await outputOf('sslscan', ['--no-colour', ...certificate, target], 'sslscan');
    expect(output.match(/^\S+\s+(?:enabled|disabled)$/gm)!.map((line) => line.replace(/\s+/, ' '))).toEqual([
      'SSLv2 disabled', 'SSLv3 disabled', 'TLSv1.0 disabled', 'TLSv1.1 disabled', 'TLSv1.2 disabled', 'TLSv1.3 enabled',
    ]);
    expect(output.match(/^(?:Preferred|Accepted) .*$/gm)!.every((line) => / TLSv1.3 .* TLS_(?:AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256|AES_128_GCM_SHA256) /.test(line))).toBe(true);
    expect(output.match(/^.* vulnerable to heartbleed$/gm)).toEqual(['TLSv1.3 not vulnerable to heartbleed']);
    // No finite fields: a client that asks for a large one costs the server a hundred times more than itself.
    expect(output).not.toMatch(/ffdhe/);
  }
});

test('sslyze finds none of the weaknesses that it knows', async () => {
  const report = join(folder, 'sslyze.json');
  const scans = ['--sslv2', '--sslv3', '--tlsv1', '--tlsv1_1', '--tlsv1_2', '--tlsv1_3', '--compression', '--early_data', '--fallback', '--heartbleed', '--openssl_ccs', '--reneg', '--resum', '--robot'];
  await outputOf('python3', ['-m', 'sslyze', ...scans, '--cert', web.certificateFile, '--key', web.keyFile, `--json_out=${report}`, target], 'python3', {
    ...process.env, PYTHONPATH: pythonPackage('sslyze==6.3.1'),
  });
  const { server_scan_results: [scan] } = JSON.parse(readFileSync(report, 'utf8')) as { server_scan_results: [{ scan_result: Scan }] };
  const result = Object.fromEntries(Object.entries(scan.scan_result).filter(([, each]) => each?.result).map(([name, each]) => [name, each!.result!]));
  for (const version of ['ssl_2_0', 'ssl_3_0', 'tls_1_0', 'tls_1_1', 'tls_1_2']) expect(result).toMatchObject({ [`${version}_cipher_suites`]: { accepted_cipher_suites: [] } });
  expect(result.tls_1_3_cipher_suites!.accepted_cipher_suites).toHaveLength(3);
  expect(result).toMatchObject({
    tls_compression: { supports_compression: false },
    tls_1_3_early_data: { supports_early_data: false },
    heartbleed: { is_vulnerable_to_heartbleed: false },
    openssl_ccs_injection: { is_vulnerable_to_ccs_injection: false },
    session_renegotiation: { is_vulnerable_to_client_renegotiation_dos: false },
  });
});

test('testssl.sh finds nothing that it would mend', async () => {
  const report = join(folder, 'testssl.json');
  // Protocols, weaknesses, and what a server prefers; not the chain, which is for no browser.
  await outputOf('testssl', ['--quiet', '--color', '0', '--warnings', 'off', '--protocols', '--server-preference', '--fs', '--vulnerable', '--jsonfile', report, target], 'testssl.sh');
  const findings = JSON.parse(readFileSync(report, 'utf8')) as { id: string; severity: string; finding: string }[];
  expect(findings.length).toBeGreaterThan(15);
  // Of itself it says that its OpenSSL has no GOST.
  expect(findings.filter(({ id, severity }) => id !== 'engine_problem' && !['OK', 'INFO'].includes(severity))).toEqual([]);
});
