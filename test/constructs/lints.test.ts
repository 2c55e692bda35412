/** Lints at synthesis. What each rule finds is in test/planning/lints. */
import { ApiObject, Chart, Duration, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { LintOptions, Match, Mesh, MeshService, MeshSidecar, Monitoring, OutlierDetection, Route, Scaling, Slo } from '../../src';
import { Shop } from '../../examples/shop/shop';

let written: jest.SpyInstance;
beforeEach(() => { written = jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterEach(() => written.mockRestore());

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/** A call whose cap on ejections is less than one pod; synthesized twice. */
function synthesize(lints?: LintOptions): string[] {
  const app = Testing.app();
  new Mesh(app, 'mesh', { lints });
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const outlierDetection = OutlierDetection.eject({ maxEjectedPercent: 10 });
  const catalog = new MeshService(chart, 'catalog', { containers, scaling: Scaling.replicas(3), outlierDetection });
  new MeshService(chart, 'web', { containers }).calls(catalog, { timeout: Duration.millis(300) });
  app.synth();
  app.synth();
  return written.mock.calls.map(([line]) => String(line));
}

test('GIVEN a policy that can not do what it says, warns once, with the arithmetic', () => {
  expect(synthesize()).toEqual(['cdk8s-mesh: warning: web -> catalog v1: maxEjectedPercent 10 of 3 endpoints is 0.3, rounded down 0; '
    + 'one is ejected in any case, which is 33.33 %; set maxEjectedPercent to 34 or more, or have 10 replicas (ejection-cap)\n']);
});

test('GIVEN that the rule is off, says nothing', () => {
  expect(synthesize({ off: ['ejection-cap'] })).toEqual([]);
});

test('GIVEN strict, fails', () => {
  expect(() => synthesize({ strict: true })).toThrow('maxEjectedPercent 10 of 3 endpoints is 0.3');
});

test('GIVEN zones and rates, counts with them', () => {
  expect(synthesize({ off: ['ejection-cap'], requestsPerSecond: { catalog: 1 } })).toEqual([expect.stringContaining('(ejection-rate)')]);
});

test('GIVEN an autoscaler whose namespace a patch says, counts with it only where it then is', () => {
  const warningsWith = (namespace: string): string[] => {
    written.mockClear();
    const app = Testing.app();
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    const outlierDetection = OutlierDetection.eject({ maxEjectedPercent: 10 });
    const catalog = new MeshService(chart, 'catalog', { containers, scaling: Scaling.replicas(3), outlierDetection });
    new MeshService(chart, 'web', { containers }).calls(catalog, { timeout: Duration.millis(300) });
    new ApiObject(chart, 'autoscaler', {
      apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { namespace: 'elsewhere' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'catalog-v1' }, minReplicas: 20, maxReplicas: 40 },
    }).addJsonPatch(JsonPatch.replace('/metadata/namespace', namespace));
    app.synth();
    return written.mock.calls.map(([line]) => String(line));
  };
  expect(warningsWith('shop')).toEqual([]);
  expect(warningsWith('nowhere')).toEqual([expect.stringContaining('(ejection-cap)')]);
});

test('GIVEN options that are none, says which there are', () => {
  expect(() => synthesize({ off: ['ejection-cup'], zones: 0 })).toThrow(/'lints.off' is "?'?ejection-cup.*\n.*'lints.zones' is 0/);
  expect(() => synthesize({ latency: { catalog: 5 as unknown as Duration }, requestsPerSecond: { catalog: NaN } }))
    .toThrow(/'lints.requestsPerSecond\['catalog'\]' is NaN: use a number of at least 0[^]*'lints.latency\['catalog'\]' is 5: use a Duration/);
  expect(() => synthesize({ of: [] } as LintOptions)).toThrow('did you mean \'off\'?');
  expect(() => synthesize('strict' as LintOptions)).toThrow('\'lints\'');
});

test('GIVEN the example shop, says nothing', () => {
  const app = Testing.app();
  new Shop(app, 'shop');
  app.synth();
  expect(written).not.toHaveBeenCalled();
});

test('GIVEN two routes that some requests suit, and neither of which is more specific THEN that is said, until a third route takes these', () => {
  const app = Testing.app();
  const chart = new Chart(app, 'shop', { namespace: 'shop' });
  const catalog = new MeshService(chart, 'catalog', { containers });
  const next = catalog.addVersion('v2', { containers, weight: 5 });
  new MeshService(chart, 'web', { containers }).calls(catalog);
  catalog.addRoute(Route.when(Match.header('x-beta')).to(next));
  catalog.addRoute(Route.when(Match.header('x-old')).timeout(Duration.seconds(1)));
  app.synth();
  expect(written.mock.calls.map(([line]) => String(line))).toEqual([
    'cdk8s-mesh: warning: web -> catalog by route \'header-x-old\': some requests suit it and route \'header-x-beta\', and neither is more specific, '
    + 'so \'header-x-beta\' takes them as it is declared first; add a route with the conditions of both, which says where they go (route-order)\n',
  ]);
  written.mockClear();
  catalog.addRoute(Route.when(Match.header('x-beta'), Match.header('x-old')).respond(400));
  app.synth();
  expect(written.mock.calls).toEqual([]);
});

describe('objectives', () => {
  /** `web` needs `catalog` through a worker's sidecar or by itself, and promises so much. */
  function shop(promise: string, required: unknown): () => string[] {
    const app = Testing.app();
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    const monitoring = Monitoring.prometheus();
    const catalog = new MeshService(chart, 'catalog', { containers, monitoring, slo: Slo.availability('99.9%').latency('p99', Duration.millis(400)) });
    const web = new MeshService(chart, 'web', { containers, monitoring, slo: Slo.availability(promise).latency('p99', Duration.millis(300)) });
    web.calls(catalog, { required: required as boolean });
    return () => {
      app.synth();
      return written.mock.calls.map(([line]) => String(line));
    };
  }

  test('GIVEN better ones than a required call gives, fails with the arithmetic of all', () => {
    const synth = shop('99.95%', true);
    expect(synth).toThrow('web: its objective is 99.95 %, and what each of its requests needs promises less: catalog 99.9 %: 99.95 > 99.9; '
      + 'promise at most \'99.9%\', or have catalog promise at least \'99.95%\' (slo-availability)');
    expect(synth).toThrow('web: its objective is p99 within 300 ms, and catalog, whose answer each of its requests needs, promises p99 within 400 ms: 300 < 400');
  });

  test('GIVEN that nothing is said of the call, warns; GIVEN that it can answer without, says nothing', () => {
    expect(shop('99.95%', undefined)()).toEqual([expect.stringContaining('(slo-availability-calls)'), expect.stringContaining('(slo-latency-calls)')]);
    written.mockClear();
    expect(shop('99.95%', false)()).toEqual([]);
  });

  test('GIVEN a workload of others in between, counts what its sidecar says', () => {
    const app = Testing.app();
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    const monitoring = Monitoring.prometheus();
    const db = new MeshService(chart, 'db', { containers, monitoring, slo: Slo.availability('99.5%') });
    const workload = new kplus.Deployment(chart, 'old', { containers, replicas: 2 });
    const sidecar = new MeshSidecar(chart, 'old-sidecar', { workload, serviceName: 'old' });
    sidecar.calls(db, { required: true });
    const web = new MeshService(chart, 'web', { containers, monitoring, slo: Slo.availability('99.9%') });
    web.calls(sidecar.expose(), { required: true });
    expect(() => app.synth()).toThrow('old with what it calls 99.5 %: 99.9 > 99.5; promise at most \'99.5%\' (slo-availability)');
    expect(ApiObject.of(workload).toJson().metadata.annotations).toEqual({ 'cdk8s-mesh/objectives': '{"required":["outbound/shop/db:80"]}' });
  });

  test('GIVEN anything but true or false, says what to use', () => {
    expect(() => shop('99.95%', 'yes')).toThrow('calls(catalog).required');
  });
});
