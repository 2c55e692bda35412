/** `check` says of the YAML what synthesis said of the app. */
import { ApiObject, App, Chart, Cron, Duration, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ExternalEndpoints, ExternalService, Fallback, FaultInjection, LoadBalancing, Match, Mesh, MeshProps, MeshService, MeshServiceProps,
  MeshSidecar, OutlierDetection, Retry, Route, Scaling,
} from '../../../src';
import { infoOf } from '../../../src/cli/check/info';
import { readManifests } from '../../../src/cli/model/manifests';
import { readModel } from '../../../src/cli/model/read-model';
import { grouped, lint } from '../../../src/planning/lints';

let folder: string;
let written: jest.SpyInstance;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mesh-check-'));
  written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  written.mockRestore();
  rmSync(folder, { recursive: true });
});

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const eject = OutlierDetection.eject({ maxEjectedPercent: 10 });

/** A chart with a Mesh of its own. */
function chartOf(app: App, name: string, mesh: MeshProps = {}): Chart {
  const chart = new Chart(app, name, { namespace: 'shop' });
  new Mesh(chart, 'mesh', mesh);
  return chart;
}

function service(app: App, name: string, props: Partial<MeshServiceProps> = {}): MeshService {
  return new MeshService(chartOf(app, name), name, { containers, ...props });
}

/** Warnings of both, in an order of their own. */
function warnings(build: (app: App) => void): { readonly synth: string[]; readonly check: string[] } {
  const app = Testing.app({ outdir: folder });
  build(app);
  app.synth();
  const manifests = readManifests([folder]);
  const info = infoOf(manifests, readModel(manifests, folder), { zones: undefined, requestsPerSecond: new Map(), latencyMs: new Map() });
  return {
    synth: written.mock.calls.map(([line]) => String(line).trim()).sort(),
    check: grouped(lint(info)).map(({ where, message, remedy, rule }) => `cdk8s-mesh: warning: ${where}: ${message}; ${remedy} (${rule})`).sort(),
  };
}

function same(build: (app: App) => void): string[] {
  const { synth, check } = warnings(build);
  expect(synth).toEqual(check);
  return synth.map((line) => /\((\S+)\)$/.exec(line)![1]!);
}

test('GIVEN routes, both know them apart by their names', () => {
  expect(same((app) => {
    const [web, catalog, search] = ['web', 'catalog', 'search'].map((name) => service(app, name)) as [MeshService, MeshService, MeshService];
    catalog.addRoute(Route.when(Match.pathPrefix('/search')).to(search, { weight: 60 }).to(catalog, { weight: 35 }).timeout(Duration.seconds(20)));
    web.calls(catalog, { timeout: Duration.seconds(10) });
  })).toEqual(['route-weights']);
  expect(written.mock.calls.map(([line]) => String(line))).toEqual([expect.stringContaining('web -> search by route \'prefix-search\': weights 60 + 35 = 95')]);
});

test('GIVEN one Mesh for each chart, both see all charts', () => {
  expect(same((app) => {
    const db = service(app, 'db');
    const catalog = service(app, 'catalog', { scaling: Scaling.replicas(3), outlierDetection: eject });
    const web = service(app, 'web');
    catalog.calls(db);
    catalog.addVersion('v2', { containers, weight: 10, scaling: Scaling.between(2, 6) });
    web.calls(catalog, { timeout: Duration.millis(300), retry: Retry.idempotent({ tryTimeout: Duration.millis(200) }) });
    service(app, 'admin').calls(catalog, { faults: [FaultInjection.delay(Duration.millis(50), { percent: 1 })] });
  })).toEqual(expect.arrayContaining(['ejection-cap', 'timeout-chain', 'tries-against-timeout', 'fault-injected']));
});

test('GIVEN workloads, autoscalers, budgets and Services that were made elsewhere, both count with them', () => {
  expect(same((app) => {
    const chart = chartOf(app, 'elsewhere');
    const single = new kplus.Deployment(chart, 'single', { containers, replicas: 1 });
    const scaled = new kplus.Deployment(chart, 'scaled', { containers });
    new kplus.HorizontalPodAutoscaler(chart, 'autoscaler', { target: scaled, minReplicas: 3, maxReplicas: 9 });
    const web = service(app, 'web');
    web.calls(new MeshSidecar(chart, 'a', { workload: single }).expose({ outlierDetection: eject }));
    web.calls(new MeshSidecar(chart, 'b', { workload: scaled }).expose({ outlierDetection: eject, loadBalancing: LoadBalancing.roundRobin({
      slowStart: { window: Duration.minutes(2) },
    }) }));
    const daemon = new kplus.DaemonSet(chart, 'daemon', { containers });
    web.calls(new MeshSidecar(chart, 'c', { workload: daemon }).expose({ outlierDetection: eject }));
    const job = new MeshSidecar(chart, 'd', { workload: new kplus.Job(chart, 'job', { containers: [{ image: 'job:1' }] }) });
    job.calls(web, { outlierDetection: eject });
  })).toEqual(expect.arrayContaining(['ejection-alone', 'ejection-cap', 'slow-start-autoscaler']));
});

test('GIVEN objects of the mesh that are patched, both see them as they are written', () => {
  expect(same((app) => {
    const catalog = service(app, 'catalog', { scaling: Scaling.replicas(4), outlierDetection: OutlierDetection.eject({ maxEjectedPercent: 30 }) });
    service(app, 'web').calls(catalog, { timeout: Duration.seconds(28) });
    ApiObject.of(catalog.deployment).addJsonPatch(JsonPatch.replace('/spec/replicas', 1));
    ApiObject.of(catalog.deployment).addJsonPatch(JsonPatch.replace('/spec/template/spec/terminationGracePeriodSeconds', 20));
  })).toEqual(expect.arrayContaining(['ejection-alone', 'drain-against-timeout']));
});

test('GIVEN an external service that is a Service of the app, both follow it', () => {
  expect(same((app) => {
    const ledger = service(app, 'ledger', { discovery: undefined });
    const spare = service(app, 'spare');
    spare.calls(ledger);
    const chart = chartOf(app, 'outside');
    const byName = new ExternalService(chart, 'ledger.example.com', { endpoints: ExternalEndpoints.dns('spare.shop.svc.cluster.local', { port: 80 }) });
    const web = service(app, 'web');
    web.calls(ledger, { fallback: Fallback.to(byName), timeout: Duration.seconds(2) });
  })).toEqual(expect.arrayContaining(['timeout-chain']));
});

test('GIVEN a CronJob, both look at what it calls', () => {
  expect(same((app) => {
    const chart = chartOf(app, 'nightly');
    const workload = new kplus.CronJob(chart, 'report', { schedule: Cron.daily(), containers: [{ image: 'report:1' }] });
    const catalog = service(app, 'catalog');
    catalog.calls(service(app, 'db'));
    new MeshSidecar(chart, 'sidecar', { workload }).calls(catalog, { timeout: Duration.millis(300) });
  })).toEqual(['timeout-chain']);
});

test('GIVEN nothing but defaults, neither says anything, also of six calls in a row', () => {
  expect(same((app) => {
    const row = Array.from({ length: 7 }, (_, index) => service(app, `s${index}`));
    row.forEach((caller, index) => row.slice(index + 1).forEach((callee) => caller.calls(callee)));
  })).toEqual([]);
});

test('GIVEN one policy that many callers share, both tell it once', () => {
  expect(same((app) => {
    const catalog = service(app, 'catalog', { outlierDetection: eject });
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      service(app, name).calls(catalog);
    }
  })).toEqual(['ejection-cap']);
});
