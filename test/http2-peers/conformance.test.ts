/** `h2spec` against listeners: no case fails, whatever the app behind speaks, in plain text and under TLS. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cleanupsAfterEach } from '../support/cleanups';
import { HOST, outputOf } from '../support/foreign-programs';
import { makeKeyPair, MountedSecret } from '../support/key-pairs';
import { startProxy } from '../support/proxy';
import { buildGo, goServer, h2spec } from './go';

jest.setTimeout(300_000);
buildGo();

const cleanups = cleanupsAfterEach();

/** Answers once all of a request has come: an early answer resets its stream, which some cases would take for an answer to themselves. */
async function http1App(): Promise<number> {
  const app = createServer((request, response) => { request.resume().on('end', () => response.end('so many words that a case can count them')); });
  await new Promise<void>((resolve) => { app.listen(0, HOST, resolve); });
  cleanups.push(() => { app.closeAllConnections(); app.close(); });
  return (app.address() as AddressInfo).port;
}

it.each([
  ['in plain text, before an app of HTTP/1.1', false, 'http1'],
  ['in plain text, before an app of HTTP/2', false, 'http2'],
  ['under TLS', true, 'http1'],
] as const)('%s, all cases pass', async (_, secure, protocol) => {
  const pair = await makeKeyPair();
  const secret = new MountedSecret(pair.certificate, pair.key);
  cleanups.push(() => secret.remove());
  const { port, proxy } = await startProxy([protocol === 'http1' ? await http1App() : await goServer(cleanups, 'serve')], {
    cluster: { protocol }, ...(secure ? { protocol: 'alpn', tls: { certificates: [secret.config] } } : { protocol: 'http2' }),
  });
  cleanups.push(() => proxy.close());
  const output = await outputOf(h2spec(), ['-h', HOST, '-p', String(port), '-o', '10', ...(secure ? ['-t', '-k'] : [])], '');
  expect(output.slice(-4_000)).toMatch(/\b(\d+) tests, \1 passed, 0 skipped, 0 failed/);
});
