/**
 * Handshakes that no honest client makes, by tlslite-ng, a client that can be made to misbehave at each step: none reaches the app, none
 * hangs, and an honest one is served afterwards. Mutated bytes of first messages are the fuzzer's (`npm run fuzz -- --target handshakes`).
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanupsAfterEach } from '../support/cleanups';
import { DOMAIN, idOf } from '../support/identities';
import { startProxy } from '../support/proxy';
import { RawBackend, until } from '../support/raw-http';
import { OpensslAuthority, USUAL } from './certificates';
import { outputOf, pythonPackage } from '../support/foreign-programs';

jest.setTimeout(300_000);

const cleanups = cleanupsAfterEach();

test('handshakes that no honest client makes end, and reach nobody', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-malformed-'));
  const authority = new OpensslAuthority(join(folder, 'authority'), USUAL);
  const [catalog, web, other] = ['catalog', 'web', 'cart'].map((name) => authority.issue(name, idOf(name), `${name}.test`));
  const app = await RawBackend.answering(() => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const inbound = await startProxy([app.port], {
    direction: 'inbound', mutualTls: {}, identity: { trustDomain: DOMAIN, ...catalog! }, limits: { headTimeoutMs: 10_000, tlsHandshakeTimeoutMs: 10_000 },
  });
  cleanups.push(() => rmSync(folder, { recursive: true }), () => app.close(), () => inbound.proxy.close());
  // Python takes seconds for a handshake where others work, too.
  const output = await outputOf('python3', [join(__dirname, 'programs/malformed.py'), String(inbound.port), web!.certificateFile, web!.keyFile, other!.keyFile], 'python3', {
    ...process.env, PYTHONPATH: pythonPackage('tlslite-ng==0.8.2'),
  });
  const { 'an honest handshake': honest, ...others } = JSON.parse(output) as Record<string, string>;
  expect(honest).toMatch(/^answered: HTTP\/1.1 200 OK/);
  expect(Object.keys(others).length).toBeGreaterThan(15);
  for (const [name, result] of Object.entries(others)) {
    // What is wrong is said in TLS to whoever ends the handshake, in an alert otherwise.
    expect([name, result]).toEqual([name, expect.stringMatching(/^(?:alert|closed): |^answered: (?!HTTP\/1.1 200)/)]);
  }
  expect(app.received.match(/GET/g)).toHaveLength(1);
  await until('nothing is left of them', () => inbound.proxy.context.connections === 0, 20_000);
});
