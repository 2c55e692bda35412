/** Services that another app synthesizes are called by their names, and `check` compares what both apps say. */
import { App, Chart, Testing, YamlOutputType } from 'cdk8s';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AppProtocol, Authorization, CallerProps, Discovery, ExternalEndpoints, ExternalService, Identity,
  ImportedService, ImportedServiceProps, Match, Mesh, MeshProps, MeshService,
  NetworkPolicies, ProxyImage, Route,
} from '../../src';
import { infoOf } from '../../src/cli/check/info';
import { readManifests } from '../../src/cli/model/manifests';
import { readModel } from '../../src/cli/model/read-model';
import { lint } from '../../src/planning/lints';
import { documentOf, findByKind, findOne, Manifest, newChart } from '../support/manifests';
import { mistake } from '../support/mistake';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const identified: MeshProps = { identity: Identity.files(), proxyImage: ProxyImage.of('registry.example.com/proxy:1') };

/** An app that calls `payments` of another one. */
function callerOf(
  props: Partial<ImportedServiceProps> = {}, mesh: MeshProps = {}, more: (web: MeshService, payments: ImportedService) => void = () => {},
) {
  const chart = newChart();
  new Mesh(chart, 'mesh', mesh);
  const web = new MeshService(chart, 'web', { containers });
  const payments = MeshService.fromName(chart, 'Payments', { name: 'payments', namespace: 'pay', ...props });
  web.calls(payments);
  more(web, payments);
  return { chart, manifests: Testing.synth(chart) };
}

describe('a service of another app', () => {
  test('is called by its names, and found by the Service for all of its versions', () => {
    const { manifests } = callerOf();
    expectSound(manifests);
    const { listeners, clusters } = documentOf(manifests, 'web-v1');
    expect(listeners[1]).toMatchObject({ name: 'outbound/pay/payments:80', port: 80, hostnames: ['payments.pay', 'payments.pay.svc', 'payments.pay.svc.cluster.local'] });
    expect(listeners[1].routes[0].split).toEqual([{ cluster: 'pay/payments', weight: 1 }]);
    expect(clusters[1]).toMatchObject({ name: 'pay/payments', discovery: { type: 'endpointSlice', namespace: 'pay', service: 'payments', portName: 'http' } });
  });

  test('leaves nothing in the YAML but leave to read its EndpointSlices, and not even that with DNS', () => {
    const inPay = (manifests: Manifest[]) => manifests.filter(({ metadata }) => metadata.namespace === 'pay').map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(inPay(callerOf().manifests)).toEqual(['Role cdk8s-mesh.shop.web', 'RoleBinding cdk8s-mesh.shop.web']);
    expect(findOne(callerOf().manifests, 'RoleBinding', 'cdk8s-mesh.shop.web').subjects).toEqual([expect.objectContaining({ name: 'web', namespace: 'shop' })]);
    const { manifests } = callerOf({ discovery: Discovery.dns() });
    expect(inPay(manifests)).toEqual([]);
    expect(documentOf(manifests, 'web-v1').clusters[1].discovery).toEqual({ type: 'dns', record: 'address', hostname: 'payments.pay.svc.cluster.local', port: 15_006 });
  });

  test('has versions with weights where its caller knows them, to which routes can lead', () => {
    const { manifests } = callerOf({ versions: { v1: 90, v2: 10 } }, {}, (_, payments) => payments.addRoute(Route.when(Match.header('x-beta')).to(payments.version('v2'))));
    const { listeners, clusters } = documentOf(manifests, 'web-v1');
    expect(listeners[1].routes.map(({ split }) => split)).toEqual([
      [{ cluster: 'pay/payments-v2', weight: 1 }],
      [{ cluster: 'pay/payments-v1', weight: 90 }, { cluster: 'pay/payments-v2', weight: 10 }],
    ]);
    expect(clusters.slice(1).map(({ discovery }) => discovery.type === 'endpointSlice' && discovery.service)).toEqual(['payments-v1', 'payments-v2']);
  });

  test('has to prove who it is by its account', () => {
    const idOf = (props: Partial<ImportedServiceProps>) => documentOf(callerOf(props, identified).manifests, 'web-v1').clusters[1].mutualTls?.serverIds;
    expect(idOf({})).toEqual(['spiffe://cluster.local/ns/pay/sa/payments']);
    expect(idOf({ serviceAccountName: 'ledger' })).toEqual(['spiffe://cluster.local/ns/pay/sa/ledger']);
  });

  test('speaks the protocol that its caller says', () => {
    const of = (props: Partial<ImportedServiceProps>) => documentOf(callerOf(props).manifests, 'web-v1').clusters[1];
    expect(of({ protocol: AppProtocol.GRPC })).toMatchObject({ protocol: 'http2', discovery: { portName: 'grpc' } });
    expect(of({ protocol: AppProtocol.TCP, port: 6379 })).toMatchObject({ protocol: 'tcp', discovery: { portName: 'tcp' } });
    expect(of({})).not.toHaveProperty('protocol');
  });

  test('is where NetworkPolicies of its callers let requests go', () => {
    const { manifests } = callerOf({}, { networkPolicies: NetworkPolicies.fromCalls() });
    expect(findOne(manifests, 'NetworkPolicy', 'web-v1-mesh').spec.egress[0]).toEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'pay' } }, podSelector: { matchLabels: { 'cdk8s-mesh/service': 'payments' } } }],
      ports: [{ protocol: 'TCP', port: 15_006 }],
    });
  });

  const cases: [string, object, string][] = [
    ['without a name', { name: undefined }, '\'name\' is missing: use 1 to 63'],
    ['with no version that gets requests', { versions: { v1: 0 } }, '\'versions\' is {"v1":0}: no version would get a request'],
    ['with a weight that is a share', { versions: { v1: 0.9, v2: 1 } }, '\'versions[\'v1\']\' is 0.9: weights are whole numbers; use percent, such as 90'],
    ['with a port of another protocol', { port: 5432 }, '\'port\' is 5432: this port is known for PostgreSQL\'s protocol'],
    ['with a port name of another protocol', { portName: 'grpc' }, '\'portName\' is "grpc": this name is known for gRPC'],
    ['with TCP and no port', { protocol: AppProtocol.TCP }, '\'port\' is missing: TCP has no usual port; say the one that clients connect to'],
    ['with a prop that there is not', { weights: {} }, '\'weights\' is not a prop here'],
  ];
  it.each(cases)('is refused %s', (_, props, message) => {
    expect(mistake(() => callerOf(props))).toContain(message);
  });

  test('is refused where this app has it itself, and for versions that nobody named', () => {
    const chart = newChart();
    MeshService.fromName(chart, 'Imported', { name: 'catalog' });
    new MeshService(chart, 'catalog', { containers });
    expect(mistake(() => Testing.synth(chart))).toContain('\'name\' makes "catalog", which \'chart/Imported\' already is in namespace "shop"');
    expect(mistake(() => callerOf({ versions: { v1: 1 } }, {}, (_, payments) => payments.version('v3'))))
      .toBe('[chart/Payments] \'version()\' is "v3": \'versions\' names v1');
  });
});

describe('a caller of another app', () => {
  const payments = (caller: CallerProps, mesh: MeshProps = {}) => {
    const chart = newChart({ namespace: 'pay' });
    new Mesh(chart, 'mesh', { ...identified, networkPolicies: NetworkPolicies.fromCalls(), ...mesh });
    new MeshService(chart, 'payments', { containers }).addCaller(caller);
    return Testing.synth(chart);
  };

  test('is let in by its identity and its pods', () => {
    const manifests = payments({ name: 'web', namespace: 'shop' });
    const { authorization } = documentOf(manifests, 'payments-v1').listeners[0];
    expect(authorization?.rules.map(({ callers }) => callers)).toEqual([['spiffe://cluster.local/ns/shop/sa/web']]);
    expect(findOne(manifests, 'NetworkPolicy', 'payments-v1-mesh').spec.ingress[0].from).toEqual([
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } }, podSelector: { matchLabels: { 'cdk8s-mesh/service': 'web' } } },
    ]);
  });

  test('has the account that is said of it, and counts once beside one that is listed', () => {
    const manifests = payments({ name: 'web', namespace: 'shop', serviceAccountName: 'front' }, { authorization: Authorization.enforce({ callers: ['spiffe://cluster.local/ns/shop/sa/front'] }) });
    expect(documentOf(manifests, 'payments-v1').listeners[0].authorization?.rules.flatMap(({ callers }) => callers)).toEqual(['spiffe://cluster.local/ns/shop/sa/front']);
  });

  test('is refused for what is not of this app, and with names that can\'t be', () => {
    const chart = newChart();
    const outside = [MeshService.fromName(chart, 'Payments', { name: 'payments' }), new ExternalService(chart, 'bank', { endpoints: ExternalEndpoints.dns('bank.example.com') })];
    for (const service of outside) {
      expect(mistake(() => service.addCaller({ name: 'web', namespace: 'shop' }))).toContain('\'addCaller()\' is "web": this service is not of this app, so who may call it is said elsewhere; leave it out');
    }
    expect(mistake(() => payments({ name: 'Web', namespace: 'shop', account: 'a' } as CallerProps))).toMatch(/'addCaller\(\)\.account' is not a prop here[^]*'addCaller\(\)\.name' is "Web"/);
  });
});

describe('`check` of the YAML of both apps', () => {
  let folders: string[] = [];
  afterEach(() => {
    folders.forEach((folder) => rmSync(folder, { recursive: true }));
    folders = [];
  });

  /** What is found in the YAML of the caller's app and that of `payments` in two folders. */
  function found(props: Partial<ImportedServiceProps> = {}, complete = true): string[] {
    const synth = (namespace: string, build: (chart: Chart) => void): string => {
      const folder = mkdtempSync(join(tmpdir(), 'mesh-imports-'));
      folders.push(folder);
      const app = new App({ outdir: folder, yamlOutputType: YamlOutputType.FILE_PER_APP });
      build(new Chart(app, namespace, { namespace }));
      app.synth();
      return folder;
    };
    const paths = [
      synth('shop', (chart) => new MeshService(chart, 'web', { containers }).calls(MeshService.fromName(chart, 'Payments', { name: 'payments', namespace: 'pay', ...props }))),
      synth('pay', (chart) => new MeshService(chart, 'payments', { containers }).addVersion('v2', { containers, weight: 10 })),
    ];
    const manifests = readManifests(paths);
    const info = infoOf(manifests, readModel(manifests, paths.join()), { zones: undefined, requestsPerSecond: new Map(), latencyMs: new Map() });
    return lint({ ...info, complete }).map(({ rule, severity, where, message, remedy }) => `${severity} ${rule}: ${where}: ${message}; ${remedy}`);
  }

  test('finds nothing where they say the same', () => {
    expect(found()).toEqual([]);
    expect(found({ versions: { v1: 9, v2: 1 } })).toEqual([]);
  });

  test('tells a service that isn\'t where it is said to be', () => {
    expect(found({ name: 'payment' })).toEqual([
      'error imported-service: web -> pay/payment: there is no Service \'payment\' in namespace \'pay\'; there is payments, payments-v1, payments-v2; '
        + 'say the name, namespace and versions that its own app says, or check the YAML of that app, too',
    ]);
    expect(found({ namespace: 'payment' })).toEqual([expect.stringContaining('there is no Service \'payments\' in namespace \'payment\'; say the name')]);
    expect(found({ versions: { v3: 1 } })).toEqual([expect.stringContaining('there is no Service \'payments-v3\' in namespace \'pay\'')]);
    expect(found({ portName: 'web' })).toEqual([expect.stringContaining('the Service \'payments\' in namespace \'pay\' has no port \'web\'; it has \'http\'; say that as \'portName\'')]);
  });

  test('warns of other weights than those of the service\'s own app', () => {
    expect(found({ versions: { v1: 50, v2: 50 } })).toEqual([
      'warning imported-weights: web -> payments.pay: payments-v1 gets 50 %, and its app says 90 %; payments-v2 gets 50 %, and its app says 10 %; '
        + 'say the weights of its app in \'versions\', or have that app change them',
    ]);
  });

  test('says nothing of it where the other app\'s YAML may be missing', () => {
    expect(found({ name: 'payment' }, false)).toEqual([]);
  });
});

test('weights are on the headless Services of a service that has several versions', () => {
  const chart = newChart();
  new MeshService(chart, 'catalog', { containers }).addVersion('v2', { containers, weight: 10 });
  new MeshService(chart, 'web', { containers });
  const annotations = findByKind(Testing.synth(chart), 'Service').map(({ metadata }) => [metadata.name, metadata.annotations]);
  expect(annotations).toEqual([
    ['catalog', undefined], ['catalog-v1', { 'cdk8s-mesh/weight': '90' }], ['catalog-v2', { 'cdk8s-mesh/weight': '10' }], ['web', undefined], ['web-v1', undefined],
  ]);
});

describe('two ports of a service of another app', () => {
  const imported = (chart: Chart, id: string, more: Partial<ImportedServiceProps> = {}): ImportedService => (
    MeshService.fromName(chart, id, { name: 'payments', namespace: 'pay', ...more }));

  test('are called at each their own', () => {
    const chart = newChart();
    const web = new MeshService(chart, 'web', { containers: [{ image: 'w:1', portNumber: 8080 }] });
    web.calls(imported(chart, 'A'));
    web.calls(imported(chart, 'B', { port: 9090, portName: 'admin', versions: { v1: 100 } }));
    const { listeners, clusters } = documentOf(Testing.synth(chart), 'web-v1');
    const portNames = listeners.filter(({ direction }) => direction === 'outbound').map(({ port, routes: [route] }) => (
      [port, clusters.find(({ name }) => name === route.split![0].cluster)!.discovery]));
    expect(portNames).toMatchObject([[80, { portName: 'http' }], [9090, { portName: 'admin' }]]);
  });

  test('can\'t be told by DNS', () => {
    const dns = { port: 9090, portName: 'admin', discovery: Discovery.dns() };
    expect(mistake(() => imported(newChart(), 'A', dns))).toContain("DNS does not tell at which port the sidecars take the requests of 'admin'; use Discovery.endpointSlices()");
  });
});
