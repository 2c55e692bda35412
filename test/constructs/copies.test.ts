/** Two copies of this package in one app, as npm installs them when two packages ask for it. */
import { Chart, Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import * as ours from '../../src';
import { documentOf, findOne, newChart, podSpec } from '../support/manifests';
import { expectSound } from './sound';

/** Loads the package again, of this version or of another; what it shares with others stays the same. */
function copy(version?: string): typeof ours {
  let loaded: typeof ours | undefined;
  const shared = Object.fromEntries(['cdk8s', 'cdk8s-plus-28', 'constructs'].map((name) => [name, jest.requireActual(name) as object]));
  jest.isolateModules(() => {
    for (const [name, module] of Object.entries(shared)) {
      jest.doMock(name, () => module);
    }
    if (version) {
      jest.doMock('../../src/constructs/synthesis/own-version', () => ({ ownVersion: () => version, OWN_FOLDER: '/elsewhere/node_modules/cdk8s-mesh' }));
    }
    loaded = require('../../src') as typeof ours;
  });
  jest.dontMock('../../src/constructs/synthesis/own-version');
  return loaded!;
}

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

test('GIVEN the test\'s way to load it again, classes are not the same', () => {
  expect(copy().MeshService).not.toBe(ours.MeshService);
});

describe('GIVEN another copy of the same version', () => {
  const theirs = copy();

  test('a Mesh of one holds for services of the other', () => {
    for (const [one, other] of [[ours, theirs], [theirs, ours]] as const) {
      const chart = newChart();
      new one.Mesh(chart, 'mesh', { proxyImage: one.ProxyImage.of('registry.example.com/proxy:7'), discovery: one.Discovery.dns(), accessLog: one.AccessLog.ALL });
      const web = new other.MeshService(chart, 'web', { containers });
      web.calls(new other.MeshService(chart, 'catalog', { containers }));
      const manifests = Testing.synth(chart);
      expectSound(manifests);
      expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).initContainers[0].image).toBe('registry.example.com/proxy:7');
      const { accessLog, clusters } = documentOf(manifests, 'web-v1');
      expect([accessLog?.mode, clusters[1]!.discovery.type]).toEqual(['all', 'dns']);
    }
  });

  test('services of both call each other, share names, and are linted together', () => {
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    const chart = newChart();
    const db = new ours.MeshService(chart, 'db', { containers });
    const catalog = new theirs.MeshService(chart, 'catalog', { containers });
    const web = new ours.MeshService(chart, 'web', { containers });
    catalog.calls(db);
    web.calls(catalog, { timeout: Duration.millis(300), fallback: theirs.Fallback.to(db) });
    expectSound(Testing.synth(chart));
    expect(written.mock.calls.map(([line]) => String(line))).toEqual([expect.stringContaining('timeout 300 ms < 15000 ms of catalog -> db')]);
    written.mockRestore();
    new theirs.MeshService(new Chart(chart.node.root, 'other', { namespace: 'shop' }), 'web', { containers });
    expect(() => Testing.synth(chart)).toThrow('[other/web] \'name\' makes "web", which \'chart/web\' already is');
  });

  test('routes of one lead from services of the other, and to versions and services of both', () => {
    const chart = newChart();
    const catalog = new ours.MeshService(chart, 'catalog', { containers });
    const next = catalog.addVersion('v2', { containers });
    const search = new theirs.MeshService(chart, 'search', { containers });
    const web = new theirs.MeshService(chart, 'web', { containers });
    catalog.addRoute(theirs.Route.when(ours.Match.method('PUT')).to(next));
    catalog.addRoute(theirs.Route.when(theirs.Match.caller(web)).retry(ours.Retry.none()).to(search));
    web.calls(catalog);
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    expect(documentOf(manifests, 'web-v1').listeners[1].routes.map(({ name, split }) => [name, split![0].cluster]))
      .toEqual([['put', 'shop/catalog-v2'], ['from-web', 'shop/search-v1']]);
  });

  test('policies of one work in services of the other', () => {
    const policies = {
      loadBalancing: theirs.LoadBalancing.ringHash(ours.HashKey.header('x-user')),
      outlierDetection: theirs.OutlierDetection.off(),
      healthCheck: theirs.HealthCheck.http('/healthz'),
      retry: theirs.Retry.none(),
      scaling: theirs.Scaling.replicas(3),
      disruptionBudget: theirs.DisruptionBudget.minAvailable(1),
      admission: { concurrency: theirs.ConcurrencyLimit.of(8), rateLimit: theirs.RateLimit.perSecond(10) },
      sessionAffinity: theirs.SessionAffinity.clientIp(),
    };
    const chart = newChart();
    const catalog = new ours.MeshService(chart, 'catalog', { containers, ...policies });
    const bank = new ours.ExternalService(chart, 'bank', { endpoints: theirs.ExternalEndpoints.dns('bank.example.com') });
    const web = new ours.MeshService(chart, 'web', { containers });
    web.calls(catalog, { faults: [theirs.FaultInjection.abort(503, { percent: 1, headerName: 'x-test' })] });
    web.calls(bank, { sessionPersistence: theirs.SessionPersistence.cookie('session', { keys: kplus.Secret.fromSecretName(chart, 'Keys', 'keys') }) });
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    const { clusters, listeners } = documentOf(manifests, 'web-v1');
    expect(clusters.find(({ name }) => name === 'shop/catalog-v1')).toMatchObject({ loadBalancing: { type: 'ringHash' }, healthCheck: { path: '/healthz' } });
    expect(listeners.find(({ name }) => name.includes('catalog'))!.routes[0]).toMatchObject({ hash: [{ type: 'header' }], faults: [{ abortStatus: 503 }] });
    expect(findOne(manifests, 'Deployment', 'catalog-v1').spec.replicas).toBe(3);
  });
});

describe('GIVEN a copy of another version', () => {
  const theirs = copy('9.9.9');
  const versions = /cdk8s-mesh 0\.1\.0 \(\S+\).*have one version only; 'npm ls cdk8s-mesh' shows which package brings which/;

  test('constructs of both in one app are refused', () => {
    const chart = newChart();
    new theirs.Mesh(chart, 'mesh', { accessLog: theirs.AccessLog.ALL });
    expect(() => new ours.MeshService(chart, 'web', { containers })).toThrow(/\[chart\/web\] it is of cdk8s-mesh 0\.1\.0 .*constructs of cdk8s-mesh 9\.9\.9 \(\/elsewhere\/node_modules\/cdk8s-mesh\)/);
    const other = newChart();
    new ours.ExternalService(other, 'bank', { endpoints: ours.ExternalEndpoints.dns('bank.example.com') });
    for (const make of [
      () => new theirs.Mesh(other, 'mesh'),
      () => new theirs.MeshService(other, 'web', { containers }),
      () => new theirs.ExternalService(other, 'more', { endpoints: theirs.ExternalEndpoints.dns('more.example.com') }),
      () => new theirs.MeshSidecar(other, 'sidecar', { workload: new kplus.Deployment(other, 'app', { containers }) }),
    ]) {
      expect(make).toThrow(versions);
    }
    // Apps of their own may have their own.
    new theirs.Mesh(newChart(), 'mesh');
  });

  test('policies are refused, each by its prop', () => {
    const chart = newChart();
    const service = (props: Partial<ours.MeshServiceProps>) => () => new ours.MeshService(chart, `s${chart.node.children.length}`, { containers, ...props });
    const web = service({})();
    for (const [prop, make] of Object.entries({
      loadBalancing: service({ loadBalancing: theirs.LoadBalancing.roundRobin() }),
      retry: service({ retry: theirs.Retry.none() }),
      outlierDetection: service({ outlierDetection: theirs.OutlierDetection.eject() }),
      healthCheck: service({ healthCheck: theirs.HealthCheck.tcp() }),
      scaling: service({ scaling: theirs.Scaling.replicas(1) }),
      disruptionBudget: service({ disruptionBudget: theirs.DisruptionBudget.none() }),
      proxyImage: service({ proxyImage: theirs.ProxyImage.released() }),
      discovery: service({ discovery: theirs.Discovery.dns() }),
      sessionPersistence: service({ sessionPersistence: theirs.SessionPersistence.none() }),
      'admission.concurrency': service({ admission: { concurrency: theirs.ConcurrencyLimit.adaptive() } }),
      'admission.rateLimit': service({ admission: { rateLimit: theirs.RateLimit.perSecond(1) } }),
      'loadBalancing.key': service({ loadBalancing: ours.LoadBalancing.maglev(theirs.HashKey.sourceAddress()) }),
      sessionAffinity: service({ sessionAffinity: theirs.SessionAffinity.clientIp() }),
      endpoints: () => new ours.ExternalService(chart, 'bank', { endpoints: theirs.ExternalEndpoints.dns('bank.example.com') }),
      'calls(s1).faults': () => web.calls(service({})(), { faults: [theirs.FaultInjection.delay(Duration.seconds(1), { percent: 1 })] }),
    })) {
      const name = prop.replace(/[().]/g, '\\$&').replace('s1', 's\\d+');
      expect(make).toThrow(new RegExp(`'${name}' is .*: it is of cdk8s-mesh 9\\.9\\.9 .*${versions.source}`));
    }
  });

  test('a service of another app is refused as a callee', () => {
    const catalog = new theirs.MeshService(newChart(), 'catalog', { containers });
    const web = new ours.MeshService(newChart(), 'web', { containers });
    expect(() => web.calls(catalog)).toThrow('[chart/web] \'calls()\' got \'chart/catalog\': it is of cdk8s-mesh 9.9.9');
    expect(() => web.calls(new ours.MeshService(web.node.scope!.node.root.node.children[0] as Chart, 'db', { containers }), { fallback: ours.Fallback.to(catalog) }))
      .toThrow('\'calls(db).fallback.to\' is a MeshService: it is of cdk8s-mesh 9.9.9');
  });
});
