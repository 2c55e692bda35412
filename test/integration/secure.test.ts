/**
 * Who gets through to whom: the secure example in the mesh that `up` runs. For each pair of services, and each way to come, the answer is asked
 * of the YAML by `explain`, and of the proxies over sockets.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, SecureContextOptions } from 'node:tls';
import { Testing, Yaml } from 'cdk8s';
import { SecureShop } from '../../examples/secure/secure-shop';
import { AskedRequest } from '../../src/cli/explain/asked-request';
import { explainRequest } from '../../src/cli/explain/explanation';
import { readManifests } from '../../src/cli/model/manifests';
import { Stack } from '../../src/cli/stack/stack';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { flowBetween } from '../../src/cli/up/traffic/flow';
import { startMesh } from '../support/local-mesh';
import { TestAuthority } from '../support/identities';

jest.setTimeout(120_000);

const SERVICES = ['web', 'catalog', 'orders', 'ledger'];
const CALLERS = [...SERVICES, 'edge'];
/** What the caller asks for, so that a rule for a part of a service can be met. */
const ASKED: Record<string, [method: string, path: string]> = { ledger: ['POST', '/entries'] };
const askedOf = (callee: string): [method: string, path: string] => ASKED[callee] ?? ['GET', '/'];
const DAY = 86_400_000;

const stack = ((): Stack => {
  const folder = mkdtempSync(join(tmpdir(), 'mesh-secure-'));
  const file = join(folder, 'secure.k8s.yaml');
  writeFileSync(file, Yaml.stringify(...Testing.synth(new SecureShop(Testing.app(), 'secure-shop'))));
  try {
    return Stack.of(readManifests([file]), file);
  } finally {
    rmSync(folder, { recursive: true });
  }
})();

let mesh: LocalMesh;
let token = '';
beforeAll(async () => {
  const model = { ...stack.model, workloads: stack.model.workloads.map((workload) => ({ ...workload, replicas: 1 })) };
  mesh = await startMesh(model, {}, (notice) => { token = /Bearer ([^']+)'/.exec(notice)?.[1] ?? token; });
});
afterAll(() => mesh?.stop());

const workload = (service: string) => stack.model.workloads.find((each) => each.service === service)!;

/** Whether the YAML says that a caller's request gets to the app. */
function isDeclared(caller: string, callee: string): boolean {
  const [method, path] = askedOf(callee);
  const listeners = stack.documentOf(workload(callee)).listeners;
  const named = listeners.some(({ authorization }) => authorization?.rules.some(({ name }) => name === `shop/${caller}`));
  if (caller === 'edge') return named;
  const explanation = explainRequest(stack, workload(caller), new AskedRequest({ method, url: `http://${callee}${path}`, headers: [], bodyBytes: 0 }));
  expect(explanation.outcome === 'forwarded').toBe(named);
  return named;
}

/** The status of a request on a socket; 0 when there is none. */
async function statusOn(socket: Socket, [method, path]: [string, string], host: string): Promise<number> {
  let received = '';
  const answered = new Promise<number>((resolve) => {
    const done = (): void => resolve(Number(/^HTTP\/1\.1 (\d{3}) /.exec(received)?.[1] ?? 0));
    socket.on('data', (data: Buffer) => { received += data.toString('latin1'); }).on('error', done).on('close', done);
  });
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  const status = await answered;
  socket.destroy();
  return status;
}

const inboundOf = (service: string) => mesh.pods.find((pod) => pod.workload.service === service)!.inbound!;

/** Straight to the pod's address, past every sidecar but its own. */
function straightTo(callee: string, context?: SecureContextOptions): Promise<number> {
  const { address: host, port } = inboundOf(callee);
  const socket = context
    ? connectTls({ host, port, rejectUnauthorized: false, ALPNProtocols: ['mesh/h1'], minVersion: 'TLSv1.3', ...context }) : connect({ host, port });
  return statusOn(socket, askedOf(callee), callee);
}

interface CertificateAndKey {
  readonly certificate: string;
  readonly key: string;
}

const contextOf = ({ certificate, key }: CertificateAndKey): SecureContextOptions => ({ cert: certificate, key });
const idOf = (service: string): string => `spiffe://cluster.local/ns/shop/sa/${service}`;
const foreign = new TestAuthority('other.example');
const impostor = new TestAuthority('cluster.local');

describe.each(SERVICES)('to %s', (callee) => {
  test.each(CALLERS)('from %s', async (caller) => {
    const declared = isDeclared(caller, callee);
    const ownCertificate = (validity: { readonly now: number; readonly lifetimeMs: number }): SecureContextOptions => (
      contextOf(mesh.identities!.issueTo(idOf(caller), validity)));
    const came = {
      'its own certificate': await straightTo(callee, ownCertificate({ now: Date.now(), lifetimeMs: DAY })),
      'one that has expired': await straightTo(callee, ownCertificate({ now: Date.now() - 3 * DAY, lifetimeMs: DAY })),
      'one that is not valid yet': await straightTo(callee, ownCertificate({ now: Date.now() + 3 * DAY, lifetimeMs: DAY })),
      'one of another trust domain': await straightTo(callee, contextOf(foreign.leaf(caller))),
      'one for its id by another authority': await straightTo(callee, contextOf(impostor.leaf(caller))),
    };
    expect(came).toEqual({
      'its own certificate': declared ? 200 : 403,
      'one that has expired': 503,
      'one that is not valid yet': 503,
      'one of another trust domain': 503,
      'one for its id by another authority': 503,
    });
    if (caller === 'edge') return;
    // By name, where its sidecar knows one.
    const names = stack.documentOf(workload(caller)).listeners.flatMap(({ hostnames = [] }) => hostnames);
    expect(names.includes(callee)).toBe(declared);
    if (!declared) return;
    const { address, port } = flowBetween(mesh, caller, callee).target()!;
    expect(await statusOn(connect({ host: address, port }), askedOf(callee), callee)).toBe(200);
  });

  test('from nobody in particular', async () => {
    expect([await straightTo(callee, {}), await straightTo(callee)]).toEqual([503, 403]);
  });
});

test('what a caller may not ask for is denied, though it is a declared one', async () => {
  const { address, port } = flowBetween(mesh, 'orders', 'ledger').target()!;
  for (const asked of [['GET', '/entries'], ['POST', '/entries/7'], ['POST', '/Entries'], ['DELETE', '/entries']] as [string, string][]) {
    expect(await statusOn(connect({ host: address, port }), asked, 'ledger')).toBe(403);
  }
});

describe('clients of the gateway', () => {
  const ask = (headers: Record<string, string>, path = '/'): Promise<number> => new Promise((resolve, reject) => {
    const pod = mesh.pods.find((each) => each.workload.service === 'edge')!;
    const { port } = stack.documentOf(workload('edge')).listeners.find(({ tls }) => tls)!;
    const tls = { rejectUnauthorized: false, servername: 'shop.example.com' };
    request({ host: pod.address, port: pod.own(port), ...tls, path, headers: { host: 'shop.example.com', ...headers }, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!));
    }).on('error', reject).end();
  });

  test('need a good token', async () => {
    expect(token).not.toBe('');
    expect(await ask({ authorization: `Bearer ${token}` })).toBe(200);
    expect([await ask({}), await ask({ authorization: `Bearer ${token}x` }), await ask({ authorization: 'Bearer x' })]).toEqual([403, 401, 401]);
  });

  test('come to a route for staff with the claim only', async () => {
    expect(await ask({ authorization: `Bearer ${token}` }, '/orders/7')).toBe(404);
  });
});
