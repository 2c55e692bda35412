/** A gateway in the mesh that `up` runs: requests from outside, by host, to the versions of services. */
import { App, Chart, Duration, Yaml } from 'cdk8s';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get, IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DisruptionBudget, Gateway, GatewayCertificate, Match, MeshService, Route, Scaling } from '../../src';
import type { LocalMesh } from '../../src/cli/up/local-mesh';
import { flowBetween } from '../../src/cli/up/traffic/flow';
import { SERVICE_FIELD } from '../../src/cli/stand-in/server';
import { CliRun } from '../cli/up/programs';
import { load, modelOf, startMesh } from '../support/local-mesh';

jest.setTimeout(60_000);

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const service = (chart: Chart, name: string) => new MeshService(chart, name, { containers });

let mesh: LocalMesh;
beforeAll(async () => {
  mesh = await startMesh(modelOf((chart) => {
    const [web, search] = ['web', 'search'].map((name) => service(chart, name));
    web.addVersion('v2', { containers, weight: 25 });
    const edge = new Gateway(chart, 'edge', {
      scaling: Scaling.replicas(2), deregistrationDelay: Duration.millis(1_000), drain: Duration.millis(5_000),
      clients: { allow: ['203.0.113.0/24'] },
    });
    edge.route('shop.example.com', web);
    edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/search')).to(search));
    edge.addRoute('*.example.org', Route.always().redirect({ host: 'shop.example.com' }));
  }));
});
afterAll(() => mesh.stop());

interface Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

async function ask(host: string, path: string): Promise<Response> {
  const { address, port } = flowBetween(mesh, 'outside', 'edge').target()!;
  return new Promise((resolve, reject) => {
    get({ host: address, port, path, headers: { host }, agent: false }, (response) => {
      response.resume().on('end', () => resolve({ status: response.statusCode!, headers: response.headers }));
    }).on('error', reject);
  });
}

test.each([
  ['shop.example.com', '/', [200, 'web']],
  ['shop.example.com:80', '/cart', [200, 'web']],
  ['shop.example.com', '/search/all', [200, 'search']],
  ['a.b.example.org', '/', [302, undefined]],
  ['example.org', '/', [404, undefined]],
  ['blog.example.com', '/', [404, undefined]],
])('%s%s', async (host, path, expected) => {
  const { status, headers } = await ask(host, path);
  expect([status, headers[SERVICE_FIELD]]).toEqual(expected);
});

test('weights of versions hold for what comes from outside', async () => {
  const flow = flowBetween(mesh, 'outside', 'edge');
  expect([flow.host, flow.service, flow.declared]).toEqual(['shop.example.com', 'web', new Map([['v1', 0.75], ['v2', 0.25]])]);
  const { requests, failures, versions } = await load(mesh, 'outside', 'edge', 4, (sent) => sent < 400);
  expect([requests, failures]).toEqual([400, new Map()]);
  expect(versions.get('v1')! / requests).toBeCloseTo(0.75, 1);
});

test('the gateway calls its targets by name, too', async () => {
  expect(flowBetween(mesh, 'edge', 'search').host).toBe('shop.example.com');
  const { versions, failures } = await load(mesh, 'edge', 'web', 2, (sent) => sent < 50);
  expect([failures, [...versions.keys()].sort()]).toEqual([new Map(), ['v1', 'v2']]);
});

test('a pod of it goes away without a lost request', async () => {
  const [pod] = mesh.pods.filter(({ workload }) => workload.service === 'edge');
  let isOver = false;
  const gone = mesh.stopGracefully(pod!.name).then(() => { isOver = true; });
  const { requests, failures } = await load(mesh, 'outside', 'edge', 4, () => !isOver);
  await gone;
  expect(requests).toBeGreaterThan(50);
  expect(failures).toEqual(new Map());
});

describe('`up`, of a gateway with TLS', () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-'));
    file = join(folder, 'shop.yaml');
    const chart = new Chart(new App(), 'test', { namespace: 'shop', disableResourceNameHashes: true });
    const edge = new Gateway(chart, 'edge', { scaling: Scaling.replicas(1), disruptionBudget: DisruptionBudget.none(), tls: [GatewayCertificate.fromSecretName('shop-tls')] });
    edge.route('shop.example.com', service(chart, 'web'));
    writeFileSync(file, Yaml.stringify(...chart.toJson()));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('drives traffic by it, and checks certificates', async () => {
    const run = new CliRun(['up', file, '--to', 'edge', '--rps', '50', '--duration', '2']);
    const { code } = await run.exited;
    expect([code, run.stderr]).toEqual([0, '']);
    expect(run.stdout).toMatch(/100 requests in .+, none failed/);
    expect(run.stdout).toMatch(/version v1 +100\.0 % +100\.0 %/);
  });

  test('prints the command by which curl gets an answer, and redirects to that port', async () => {
    const run = new CliRun(['up', file]);
    await run.printed('running; Ctrl-C stops it');
    const [, securePort] = /^edge answers on https:\/\/127\.0\.0\.1:(\d+) for host shop\.example\.com$/m.exec(run.stdout) ?? [];
    const [, plain] = /^edge redirects (http:\/\/127\.0\.0\.1:\d+) to HTTPS$/m.exec(run.stdout) ?? [];
    const [, curl] = /^ +(curl .+)$/m.exec(run.stdout) ?? [];
    expect(JSON.parse(execFileSync('/bin/sh', ['-c', `${curl} -sS`], { encoding: 'utf8' }))).toMatchObject({ service: 'web' });
    const redirected = execFileSync('curl', ['-sS', '-i', '-H', 'Host: shop.example.com', `${plain}/a`], { encoding: 'utf8' });
    expect(redirected).toContain(`location: https://shop.example.com:${securePort}/a\r\n`);
    run.signal('SIGINT');
    expect(await run.exited).toMatchObject({ code: 0 });
  });
});
