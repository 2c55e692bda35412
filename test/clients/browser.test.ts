/** A browser in front of a gateway: a page by TLS, and a WebSocket by HTTP/2. */
import { GatewayCertificate } from '../../src';
import { AppServer } from '../support/app-server';
import { Browser, launchChromium } from '../support/chromium';
import { GatewayProcess } from '../support/gateway-process';
import { makeCertificateFor } from '../support/key-pairs';

const HOST = 'shop.example.com';

let web: AppServer;
let edge: GatewayProcess;
let browser: Browser;
beforeAll(async () => {
  const certificate = await makeCertificateFor([HOST]);
  web = await AppServer.start('web');
  edge = await GatewayProcess.start({
    props: { tls: [GatewayCertificate.fromSecretName('shop-tls')] }, backends: { web: web.port }, secrets: { 'shop-tls': certificate },
    build: (gateway, service) => gateway.route(HOST, service('web')),
  });
  browser = await launchChromium({
    instead: { [`${HOST}:80`]: `127.0.0.1:${edge.port}`, [`${HOST}:443`]: `127.0.0.1:${edge.tlsPort}` }, trusted: [certificate.certificate],
  });
});
afterAll(async () => {
  await browser?.close();
  await edge?.close();
  await web?.close();
});

test('a page asked for by HTTP comes by HTTPS', async () => {
  const page = await browser.newPage();
  const response = await page.goto(`http://${HOST}/page`);
  expect(page.url()).toBe(`https://${HOST}/page`);
  expect((await response!.securityDetails())!.protocol).toBe('TLS 1.3');
  await expect(response!.json()).resolves.toMatchObject({ name: 'web', headers: { 'x-forwarded-proto': 'https' } });
});

test('other names and addresses are out of reach', async () => {
  const page = await browser.newPage();
  for (const url of ['http://example.org/', 'http://192.0.2.1/']) await expect(page.goto(url)).rejects.toThrow('ERR_NAME_NOT_RESOLVED');
});

test('a WebSocket goes by HTTP/2, beside the page', async () => {
  const page = await browser.newPage();
  await page.goto(`https://${HOST}/page`);
  const heard = await page.evaluate(`new Promise((resolve, reject) => {
    const heard = [];
    const socket = new WebSocket('wss://${HOST}/socket');
    socket.onopen = () => socket.send('hello');
    socket.onerror = () => reject(new Error('failed'));
    socket.onmessage = ({ data }) => { heard.push(data); socket.close(4321, 'done'); };
    socket.onclose = ({ code, wasClean }) => resolve([...heard, code, wasClean]);
  })`);
  expect(heard).toEqual(['hello', 4321, true]);
  // In HTTP/1.1, the browser writes names of fields with capital letters.
  expect(web.handshakes[0]).toContain('sec-websocket-version');
});
