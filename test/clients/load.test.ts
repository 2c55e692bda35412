/** wrk on a gateway by TLS: many connections at once, and no error. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GatewayCertificate } from '../../src';
import { AppServer } from '../support/app-server';
import { GatewayProcess } from '../support/gateway-process';
import { makeCertificateFor } from '../support/key-pairs';

jest.setTimeout(60_000);

const HOST = 'shop.example.com';

test('wrk gets nothing but answers', async () => {
  const web = await AppServer.start('web');
  const edge = await GatewayProcess.start({
    props: { tls: [GatewayCertificate.fromSecretName('shop-tls')] }, backends: { web: web.port }, secrets: { 'shop-tls': await makeCertificateFor([HOST]) },
    build: (gateway, service) => gateway.route(HOST, service('web')),
  });
  try {
    const { stdout } = await promisify(execFile)('wrk', ['-t1', '-c32', '-d3s', '--timeout', '10s', '-H', `Host: ${HOST}`, `https://127.0.0.1:${edge.tlsPort}/`]);
    expect(Number(/(\d+) requests in/.exec(stdout)?.[1])).toBeGreaterThan(32);
    expect(stdout).not.toMatch(/Socket errors|Non-2xx/);
  } finally {
    await edge.close();
    await web.close();
  }
});
