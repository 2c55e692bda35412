/** The command as people run it, on YAML that the constructs make. */
import { ApiObject, App, Chart, Duration, JsonPatch, Testing, YamlOutputType } from 'cdk8s';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Shop } from '../../../examples/shop/shop';
import { ConcurrencyLimit, DisruptionBudget, LoadBalancing, Mesh, MeshService, OutlierDetection, Scaling } from '../../../src';
import { CliRun } from '../up/programs';

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'mesh-check-')); });
afterEach(() => rmSync(folder, { recursive: true }));

/** Synthesizes what `build` creates, and checks it. */
async function check(build: (app: App) => void, ...flags: string[]) {
  const app = Testing.app({ outdir: folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
  build(app);
  app.synth();
  const run = new CliRun(['check', folder, ...flags]);
  const { code } = await run.exited;
  return { code, stdout: run.stdout, stderr: run.stderr };
}

function seeded(app: App): void {
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
  const db = new MeshService(chart, 'db', { containers });
  const catalog = new MeshService(chart, 'catalog', {
    containers, scaling: Scaling.replicas(3), outlierDetection: OutlierDetection.eject({ maxEjectedPercent: 10 }),
  });
  catalog.calls(db);
  new MeshService(chart, 'web', { containers }).calls(catalog, { timeout: Duration.millis(300) });
}

test('GIVEN the example shop, finds nothing', async () => {
  const result = await check((app) => new Shop(app, 'shop'), '--strict');
  expect(result).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^nothing found \(6 workloads, \d+ rules\)\n$/) as string });
});

test('GIVEN seeded mistakes, shows the arithmetic in an aligned table', async () => {
  const { code, stdout, stderr } = await check(seeded);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [head, ...lines] = stdout.split('\n');
  const column = head!.indexOf('what, and what to do');
  expect(lines.slice(0, 4).map((line) => line.slice(0, column).trim().split(/ {2,}/))).toEqual([
    ['warning', 'ejection-cap', 'web -> catalog v1'], [''], ['warning', 'timeout-chain', 'web -> catalog'], [''],
  ]);
  expect(lines.slice(0, 4).map((line) => line.slice(column))).toEqual([
    'maxEjectedPercent 10 of 3 endpoints is 0.3, rounded down 0; one is ejected in any case, which is 33.33 %',
    'set maxEjectedPercent to 34 or more, or have 10 replicas',
    'timeout 300 ms < 15000 ms of catalog -> db: when the caller has given up, the app works on unless it reads x-mesh-deadline-ms',
    'give catalog -> db a timeout of 300 ms or less, or this call a longer one',
  ]);
  expect(stdout).toMatch(/^0 errors, 2 warnings \(3 workloads, \d+ rules\)$/m);
});

test('GIVEN --strict, warnings fail it, and rules that are off don\'t', async () => {
  expect(await check(seeded, '--strict')).toMatchObject({ code: 1 });
  expect(await check(seeded, '--strict', '--off', 'ejection-cap', '--off', 'timeout-chain')).toMatchObject({ code: 0 });
});

test('GIVEN an autoscaler, a budget and expectations, counts with them', async () => {
  const { code, stdout } = await check((app) => {
    new Mesh(app, 'mesh', { lints: { off: ['disruption-budget'] } });
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
    const catalog = new MeshService(chart, 'catalog', {
      containers, scaling: Scaling.between(2, 6), loadBalancing: LoadBalancing.roundRobin({ slowStart: { window: Duration.seconds(60) } }),
    });
    const web = new MeshService(chart, 'web', { containers, disruptionBudget: DisruptionBudget.none() });
    web.calls(catalog);
    new ApiObject(chart, 'budget', {
      apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'web' },
      spec: { maxUnavailable: '0%', selector: { matchLabels: web.deployment.matchLabels } },
    });
  }, '--rps', 'catalog=1');
  expect(code).toBe(1);
  expect(stdout).toContain('maxUnavailable 0 % (0) of 2 replicas is no eviction');
  expect(stdout).toContain('slow start 60000 ms > 15000 ms from one scale-up to the next');
  expect(stdout).toContain('1 requests/s / 2 calling proxies / 2 endpoints x 60 s = 15 in the longest window, fewer than minimumRequests 20');
});

test('GIVEN rates and latencies, counts what is under way', async () => {
  const { stdout } = await check((app) => {
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    new MeshService(chart, 'catalog', {
      containers: [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }], admission: { concurrency: ConcurrencyLimit.of(4) },
    });
  }, '--rps', 'catalog.shop=400', '--latency', 'catalog=25');
  expect(stdout).toContain('4 requests x 2 replicas = 8 requests at a time, fewer than the 400 requests/s x 25 ms = 10 that are under way');
});

test('GIVEN pods that their namespace lets not in, says why', async () => {
  const { code, stdout } = await check((app) => {
    seeded(app);
    ApiObject.of((app.node.findChild('shop').node.findChild('db') as MeshService).deployment).addJsonPatch(
      JsonPatch.remove('/spec/template/spec/securityContext/seccompProfile'),
    );
    writeFileSync(join(folder, 'namespaces.yaml'), `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { pod-security.kubernetes.io/enforce: restricted } }
`);
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^error +pod-security +db v1 +namespace 'shop' refuses these pods: 'containers\['\S+'\]\.securityContext' is \{.*\}, against the restricted Pod Security Standard$/m);
  expect(stdout).toContain('add seccompProfile: { type: SeccompProfileType.RUNTIME_DEFAULT }');
  expect(stdout.match(/pod-security/g)).toHaveLength(1);
});

test.each([
  ['a rule that is none', ['--off', 'ejection-cup'], "--off names 'ejection-cup', which is no rule. Did you mean 'ejection-cap'?"],
  ['a service that is none', ['--rps', 'katalog=4'], "--rps names 'katalog', which is no service of the YAML."],
  ['a latency of no service', ['--latency', 'katalog=4'], "--latency names 'katalog', which is no service of the YAML."],
  ['a latency that is none', ['--latency', 'catalog=4mm'], "--latency must be a service and its time for a request, such as catalog=40ms, got 'catalog=4mm'"],
  ['a rate with a unit', ['--rps', 'catalog=4s'], "--rps must be a service and its requests a second, such as catalog=40, got 'catalog=4s'"],
  ['a rate that is none', ['--rps', 'catalog'], "--rps must be a service and its requests a second, such as catalog=40, got 'catalog'"],
  ['zones that are none', ['--zones', '1.5'], '--zones must be a whole number, got 1.5'],
])('GIVEN %s, says so', async (_, flags, message) => {
  expect(await check(seeded, ...flags)).toMatchObject({ code: 1, stderr: expect.stringContaining(message) as string });
});
