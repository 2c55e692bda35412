/** What belongs to one cluster: the whole app, unless a Mesh says otherwise. */
import { App, Chart, Duration, Testing } from 'cdk8s';
import { ExternalEndpoints, ExternalService, Fallback, Mesh, MeshProps, MeshService, MeshServiceProps } from '../../src';
import { findByKind } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

let written: jest.SpyInstance;
beforeEach(() => { written = jest.spyOn(process.stderr, 'write').mockReturnValue(true); });
afterEach(() => written.mockRestore());

function chartOf(app: App, id: string, mesh?: MeshProps): Chart {
  const chart = new Chart(app, id, { namespace: 'shop' });
  if (mesh) {
    new Mesh(chart, 'mesh', mesh);
  }
  return chart;
}
const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers, ...props });

describe('GIVEN one Mesh for each chart and none at the root', () => {
  test('a name that is taken twice in a namespace is told, with what to do', () => {
    const app = Testing.app();
    const [one, two] = ['one', 'two'].map((id) => chartOf(app, id, {}));
    service(one!, 'web');
    service(two!, 'web');
    expect(() => app.synth()).toThrow('[two/web] \'name\' makes "web", which \'one/web\' already is in namespace "shop": choose another name, or another namespace; '
      + 'or, if the two are for different clusters, say so with \'cluster\' of their Meshes');
  });

  test('policies of two charts are looked at together', () => {
    const app = Testing.app();
    const [one, two, three] = ['one', 'two', 'three'].map((id) => chartOf(app, id, {}));
    const catalog = service(one!, 'catalog');
    catalog.calls(service(two!, 'db'));
    service(three!, 'web').calls(catalog, { timeout: Duration.millis(300) });
    app.synth();
    expect(written.mock.calls).toEqual([[expect.stringMatching(/web -> catalog: timeout 300 ms < 15000 ms of catalog -> db.*\(timeout-chain\)/)]]);
  });

  test('each service keeps the lints of its own Mesh', () => {
    const app = Testing.app();
    const [one, two, three] = [{}, {}, { lints: { off: ['timeout-chain'] } }].map((mesh, index) => chartOf(app, String(index), mesh));
    const catalog = service(one!, 'catalog');
    catalog.calls(service(two!, 'db'));
    service(three!, 'web').calls(catalog, { timeout: Duration.millis(300) });
    app.synth();
    expect(written).not.toHaveBeenCalled();
  });
});

describe('GIVEN Meshes that name clusters', () => {
  const clustersOf = (app: App) => ['staging', 'production'].map((cluster) => chartOf(app, cluster, { cluster }));

  test('each has its own names and policies', () => {
    const app = Testing.app();
    const charts = clustersOf(app);
    for (const chart of charts) {
      service(chart, 'web').calls(service(chart, 'catalog'), { timeout: Duration.millis(300) });
    }
    // Slow in one of them only; its name is that of both.
    (charts[1]!.node.findChild('catalog') as MeshService).calls(service(charts[1]!, 'db'));
    app.synth();
    expect(charts.map((chart) => findByKind(Testing.synth(chart), 'Deployment').length)).toEqual([2, 3]);
    expect(written).toHaveBeenCalledTimes(1);
  });

  test('several charts may be of one, and a nearer Mesh that names none leaves it so', () => {
    const app = Testing.app();
    const root = chartOf(app, 'production', { cluster: 'production' });
    const nested = new Chart(root, 'team', { namespace: 'shop' });
    new Mesh(nested, 'mesh');
    service(root, 'web');
    service(nested, 'web');
    service(chartOf(app, 'more', { cluster: 'production' }), 'web');
    expect(() => app.synth()).toThrow(/\[production\/team\/web\][^]*\[more\/web\] 'name' makes "web", which 'production\/web' already is/);
  });

  test('a call from one to the other is refused, unless it goes to an external service', () => {
    const app = Testing.app();
    const [staging, production] = clustersOf(app);
    const web = service(staging!, 'web');
    const catalog = service(production!, 'catalog');
    const refusal = '\'calls(catalog)\' is "production/catalog": it is for cluster \'production\', and the caller for cluster \'staging\'; call it by an ExternalService';
    expect(() => web.calls(catalog)).toThrow(refusal);
    expect(() => web.calls(service(staging!, 'spare'), { fallback: Fallback.to(catalog) })).toThrow('\'calls(spare)\' is "production/catalog": it is for cluster');
    web.calls(new ExternalService(production!, 'bank.example.com', { endpoints: ExternalEndpoints.dns('bank.example.com') }));
    expect(() => service(chartOf(app, 'plain'), 'shop').calls(catalog)).toThrow('and the caller for the cluster that no Mesh names');
  });

  test('a Mesh that names one after what it is to hold comes too late', () => {
    const chart = chartOf(Testing.app(), 'chart');
    new ExternalService(chart, 'bank.example.com', { endpoints: ExternalEndpoints.dns('bank.example.com') });
    new Mesh(new Chart(chart.node.root, 'other'), 'mesh', { cluster: 'other' });
    expect(() => new Mesh(chart, 'mesh', { cluster: 'production' })).toThrow('[chart/mesh] services beside or below this Mesh were created before it and count as those of '
      + 'another cluster: create the Mesh first');
  });

  test('a name that is none is refused', () => {
    expect(() => chartOf(Testing.app(), 'chart', { cluster: '' })).toThrow('\'cluster\' is "": give it a name, such as production');
  });
});
