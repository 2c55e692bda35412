/** A page in a browser, through a gateway by TLS: a WebSocket, server-sent events and a large upload, at the same time. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duration } from 'cdk8s';
import { GatewayCertificate, Match, Route } from '../../src';
import { AppServer } from '../support/app-server';
import { Browser, launchChromium } from '../support/chromium';
import { GatewayProcess } from '../support/gateway-process';
import { makeCertificateFor } from '../support/key-pairs';

jest.setTimeout(300_000);

const HOST = 'shop.example.com';
const GIB = 1_073_741_824;
const folder = mkdtempSync(join(tmpdir(), 'gateway-page-'));

let web: AppServer;
let edge: GatewayProcess;
let browser: Browser;
beforeAll(async () => {
  const certificate = await makeCertificateFor([HOST]);
  web = await AppServer.start('web', readFileSync(join(__dirname, 'page.html'), 'utf8'));
  edge = await GatewayProcess.start({
    props: { tls: [GatewayCertificate.fromSecretName('shop-tls')], hsts: {} }, backends: { web: web.port }, secrets: { 'shop-tls': certificate },
    build: (gateway, service) => {
      const target = service('web');
      gateway.route(HOST, target);
      // As long as it takes on a busy machine.
      gateway.addRoute(HOST, Route.when(Match.pathExact('/upload')).to(target).timeout(Duration.minutes(5)));
    },
  });
  browser = await launchChromium({ instead: { [`${HOST}:443`]: `127.0.0.1:${edge.tlsPort}` }, trusted: [certificate.certificate] });
});
afterAll(async () => {
  await browser?.close();
  await edge?.close();
  await web?.close();
  rmSync(folder, { recursive: true });
});

test('all that it sends and gets is whole', async () => {
  const file = join(folder, 'upload');
  writeFileSync(file, '');
  // Zeros that take no room on the disk.
  truncateSync(file, GIB);
  const page = await browser.newPage();
  const failed: string[] = [];
  page.on('requestfailed', (request) => failed.push(`${request.url()}: ${request.failure()?.errorText}`));
  await page.goto(`https://${HOST}/page`, { timeout: 60_000 });
  await page.setInputFiles('input', file);
  const outcome = await (await page.waitForFunction('window.outcome', undefined, { timeout: 240_000 })).jsonValue();
  // The page ends the stream of events itself.
  expect(failed.filter((text) => !text.includes('/events'))).toEqual([]);
  expect(outcome).toEqual({ sockets: ['one', 'two'], streamed: ['0', '1', '2'], uploaded: { bytes: GIB, sha256: hashOfZeros(GIB) } });
});

function hashOfZeros(bytes: number): string {
  const hash = createHash('sha256');
  const chunk = Buffer.alloc(1_048_576);
  for (let hashed = 0; hashed < bytes; hashed += chunk.length) hash.update(chunk);
  return hash.digest('hex');
}
