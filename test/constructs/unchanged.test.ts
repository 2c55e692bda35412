/** Documents and lints are made once for an app, and anew when it has changed. */
import { App, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { MeshService, MeshServiceProps, MeshSidecar, OutlierDetection } from '../../src';
import * as documents from '../../src/constructs/sidecar/document';
import * as lints from '../../src/planning/lints';
import { documentOf } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers, ...props });
const chartOf = (app: App, name: string) => new Chart(app, name, { namespace: 'shop' });
const webOf = (chart: Chart) => documentOf(Testing.synth(chart), 'web-v1');
const clustersOf = (chart: Chart) => webOf(chart).clusters.map(({ name }) => name);

afterEach(() => jest.restoreAllMocks());

test('GIVEN an app of several charts, each document is built once, and all are linted once', () => {
  const built = jest.spyOn(documents, 'buildDocument');
  const linted = jest.spyOn(lints, 'lint');
  const app = Testing.app();
  const [catalog, cart] = ['catalog', 'cart'].map((name) => service(chartOf(app, name), name));
  const web = service(chartOf(app, 'web'), 'web');
  web.calls(catalog!);
  web.calls(cart!);
  app.synth();
  expect(built.mock.calls.map(([{ node }]) => node.service).sort()).toEqual(['cart', 'catalog', 'web']);
  expect(linted).toHaveBeenCalledTimes(1);
});

test('GIVEN a call that is added while others are validated, it is in the document', () => {
  const app = Testing.app();
  const [catalog, cart] = ['catalog', 'cart'].map((name) => service(chartOf(app, name), name));
  const chart = chartOf(app, 'web');
  const web = service(chart, 'web');
  web.calls(catalog!);
  let added = false;
  // After the lints, which are the app's own validation.
  web.node.addValidation({
    validate: () => {
      if (!added) web.calls(cart!);
      added = true;
      return [];
    },
  });
  expect(clustersOf(chart)).toEqual(['app', 'shop/cart-v1', 'shop/catalog-v1']);
});

describe('GIVEN an app that was synthesized before', () => {
  const setUp = () => {
    const chart = chartOf(Testing.app(), 'shop');
    const web = service(chart, 'web');
    const catalog = service(chart, 'catalog');
    web.calls(catalog);
    expect(clustersOf(chart)).toEqual(['app', 'shop/catalog-v1']);
    return { chart, web, catalog };
  };

  test('a version that is added to what it calls is in the document', () => {
    const { chart, catalog } = setUp();
    catalog.addVersion('v2', { containers, weight: 5 });
    expect(webOf(chart).listeners[1]!.routes[0]!.split).toEqual([{ cluster: 'shop/catalog-v1', weight: 95 }, { cluster: 'shop/catalog-v2', weight: 5 }]);
  });

  test('a workload that is exposed with TLS listens for it', () => {
    const { chart } = setUp();
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload: new kplus.Deployment(chart, 'ledger', { containers }) });
    expect(documentOf(Testing.synth(chart), 'ledger-v1').listeners).toHaveLength(1);
    sidecar.expose({ tls: { secret: kplus.Secret.fromSecretName(chart, 'Secret', 'tls') } });
    expect(documentOf(Testing.synth(chart), 'ledger-v1').listeners.map(({ name }) => name)).toEqual(['inbound', 'inbound-tls']);
  });

  test('policies that come are linted', () => {
    const { chart, web } = setUp();
    const written = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    web.calls(service(chart, 'cart'), { outlierDetection: OutlierDetection.eject({ maxEjectedPercent: 10 }) });
    Testing.synth(chart);
    expect(written.mock.calls.map(([line]) => String(line))).toEqual([expect.stringContaining('(ejection-cap)')]);
  });
});
