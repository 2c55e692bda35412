/** What takes long to see of a gateway's TLS: a very large upload, and what a scanner finds. */
import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { Duration } from 'cdk8s';
import { GatewayCertificate, Route } from '../../src';
import { AppServer } from '../support/app-server';
import { GatewayProcess } from '../support/gateway-process';
import { makeCertificateFor } from '../support/key-pairs';

jest.setTimeout(300_000);

const HOST = 'shop.example.com';
const GIB = 1_073_741_824;
const CHUNK = Buffer.alloc(1_048_576, 'gateway');

let web: AppServer;
let edge: GatewayProcess;
beforeAll(async () => {
  web = await AppServer.start('web');
  edge = await GatewayProcess.start({
    props: { tls: [GatewayCertificate.fromSecretName('shop-tls')] }, backends: { web: web.port },
    secrets: { 'shop-tls': await makeCertificateFor([HOST]) },
    // As long as the upload takes on a busy machine.
    build: (gateway, service) => gateway.addRoute(HOST, Route.always().to(service('web')).timeout(Duration.minutes(5))),
  });
});
afterAll(async () => {
  await edge.close();
  await web.close();
});

test('an upload of 1 GiB arrives whole', async () => {
  const hash = createHash('sha256');
  const curl = spawn('curl', ['-sS', '-k', '--resolve', `${HOST}:${edge.tlsPort}:127.0.0.1`, '-T', '-', `https://${HOST}:${edge.tlsPort}/upload`]);
  let output = '';
  for (const stream of [curl.stdout, curl.stderr]) stream.on('data', (text) => { output += text; });
  const ended = new Promise((resolve) => { curl.on('close', resolve); });
  // An upload that ends early shows by what curl says of it.
  curl.stdin.on('error', () => undefined);
  for (let sent = 0; sent < GIB && !curl.stdin.destroyed; sent += CHUNK.length) {
    hash.update(CHUNK);
    await new Promise((resolve) => { curl.stdin.write(CHUNK, resolve); });
  }
  curl.stdin.end();
  await ended;
  expect(output).toBe(JSON.stringify({ bytes: GIB, sha256: hash.digest('hex') }));
});

// Debian's package `sslscan`.
test('sslscan finds nothing that is old or weak', async () => {
  const { stdout } = await promisify(execFile)('sslscan', ['--no-colour', '--xml=-', `--sni-name=${HOST}`, `127.0.0.1:${edge.tlsPort}`]);
  const enabled = [...stdout.matchAll(/<protocol type="\w+" version="([\d.]+)" enabled="1"/g)].map(([, version]) => version);
  expect(enabled.sort()).toEqual(['1.2', '1.3']);
  expect(stdout).not.toContain('<compression supported="1"');
  expect([...stdout.matchAll(/<heartbleed [^>]*vulnerable="1"/g)]).toEqual([]);
  const strengths = [...stdout.matchAll(/<cipher [^>]*strength="(\w+)"/g)].map(([, strength]) => strength);
  expect(strengths.length).toBeGreaterThan(0);
  expect(strengths.filter((strength) => strength !== 'strong' && strength !== 'acceptable')).toEqual([]);
});
