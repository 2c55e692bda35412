/** Ports of a service besides the first one, and other Services for its pods. */
import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Allow, AppProtocol, ExposeServiceOptions, HealthCheck, Identity, LoadBalancing,
  Match, Mesh, MeshService, MeshServiceProps, NetworkPolicies, ProxyImage, Route,
  ServicePort, ServicePortOptions, ServiceType, SessionAffinity, TrafficPolicy,
} from '../../src';
import { documentOf, findByKind, findOne, Manifest, newChart, podSpec } from '../support/manifests';
import { mistake } from '../support/mistake';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/** A service of two versions with an admin port, and one that calls it there. */
function withPort(options: Partial<ServicePortOptions> = {}, props: Partial<MeshServiceProps> = {}, mesh: (chart: Chart) => void = () => {}) {
  const chart = newChart();
  mesh(chart);
  const catalog = new MeshService(chart, 'catalog', { containers, ...props });
  const admin = catalog.addPort('admin', { port: 9090, targetPort: 9091, ...options });
  catalog.addVersion('v2', { containers, weight: 10 });
  const web = new MeshService(chart, 'web', { containers });
  return { chart, catalog, admin, web };
}

describe('a port that is added', () => {
  const { chart, catalog, admin, web } = withPort();
  web.calls(catalog);
  web.calls(admin);
  const manifests = Testing.synth(chart);
  const document = documentOf(manifests, 'web-v1');

  test('is in all Services, and leads to a port of the sidecar of its own', () => {
    expectSound(manifests);
    for (const name of ['catalog', 'catalog-v1', 'catalog-v2']) {
      expect(findOne(manifests, 'Service', name).spec.ports).toEqual([
        expect.objectContaining({ name: 'http', port: 80, targetPort: 15_006, appProtocol: 'http' }),
        expect.objectContaining({ name: 'admin', port: 9090, targetPort: 15_101, appProtocol: 'http' }),
      ]);
    }
    for (const version of ['v1', 'v2']) {
      expect(podSpec(findOne(manifests, 'Deployment', `catalog-${version}`)).initContainers[0].ports).toContainEqual({ containerPort: 15_101 });
      const own = documentOf(manifests, `catalog-${version}`);
      expect(own.listeners.map(({ name, port }) => [name, port])).toEqual([['inbound', 15_006], ['inbound:admin', 15_101]]);
      expect(own.listeners[1].routes).toEqual([{ name: 'default', split: [{ cluster: 'app:admin', weight: 1 }], timeoutMs: 0 }]);
      expect(own.clusters.map(({ name, discovery }) => [name, discovery.type === 'static' && discovery.endpoints[0].port])).toEqual([['app', 8080], ['app:admin', 9091]]);
    }
  });

  test('is called by the same names at another port, over all versions by their weights', () => {
    const [first, second] = document.listeners.filter(({ direction }) => direction === 'outbound');
    expect([first.port, second.port, first.address === second.address]).toEqual([80, 9090, true]);
    expect(second.hostnames).toEqual(first.hostnames);
    expect(second.routes[0].split).toEqual([{ cluster: 'shop/catalog-v1:admin', weight: 90 }, { cluster: 'shop/catalog-v2:admin', weight: 10 }]);
    expect(document.clusters.map(({ name, discovery }) => [name, discovery.type === 'endpointSlice' && [discovery.service, discovery.portName]])).toEqual([
      ['app', false],
      ['shop/catalog-v1', ['catalog-v1', 'http']], ['shop/catalog-v2', ['catalog-v2', 'http']],
      ['shop/catalog-v1:admin', ['catalog-v1', 'admin']], ['shop/catalog-v2:admin', ['catalog-v2', 'admin']],
    ]);
  });

  test('is a property', () => {
    expect(catalog.ports).toEqual([admin]);
    expect([admin.port, admin.portName]).toEqual([9090, 'admin']);
  });
});

describe('what is said of a port', () => {
  test('is that of the service where it says nothing itself, but for the protocol', () => {
    const balanced = (options: Partial<ServicePortOptions>) => {
      const { chart, admin, web } = withPort(options, { loadBalancing: LoadBalancing.leastRequest(), protocol: AppProtocol.GRPC });
      web.calls(admin);
      return documentOf(Testing.synth(chart), 'web-v1').clusters[1];
    };
    expect(balanced({})).toMatchObject({ name: 'shop/catalog-v1:admin', loadBalancing: { type: 'leastRequest' } });
    expect(balanced({})).not.toHaveProperty('protocol');
    expect(balanced({ loadBalancing: LoadBalancing.random(), protocol: AppProtocol.HTTP2 })).toMatchObject({ loadBalancing: { type: 'random' }, protocol: 'http2' });
  });

  test('lets in the callers of that port only', () => {
    const { chart, catalog, admin, web } = withPort({}, {}, (scope) => new Mesh(scope, 'mesh', {
      identity: Identity.files(), proxyImage: ProxyImage.of('registry.example.com/proxy:1'), networkPolicies: NetworkPolicies.fromCalls(),
    }));
    web.calls(admin, { allow: [Allow.when(Match.method('GET'))] });
    new MeshService(chart, 'cart', { containers }).calls(catalog);
    const manifests = Testing.synth(chart);
    const callers = documentOf(manifests, 'catalog-v1').listeners.map(({ authorization }) => (
      JSON.stringify(authorization).match(/spiffe:[^"]+/g)));
    expect(callers).toEqual([['spiffe://cluster.local/ns/shop/sa/cart'], ['spiffe://cluster.local/ns/shop/sa/web']]);
    const { ingress } = findOne(manifests, 'NetworkPolicy', 'catalog-v1-mesh').spec;
    expect(ingress.map(({ from, ports }: Manifest) => [from[0].podSelector.matchLabels['cdk8s-mesh/service'], ports[0].port])).toEqual([['cart', 15_006], ['web', 15_101]]);
    const { egress } = findOne(manifests, 'NetworkPolicy', 'web-v1-mesh').spec;
    expect(egress[0]).toMatchObject({ to: [{ podSelector: { matchLabels: { 'cdk8s-mesh/service': 'catalog' } } }], ports: [{ port: 15_101 }] });
  });

  const cases: [string, (service: MeshService, chart: Chart) => unknown, string][] = [
    ['a name that is taken', (service) => service.addPort('http', { port: 9090 }), '\'addPort()\' is "http": \'catalog\' has a port of this name; choose another'],
    ['a port that is taken', (service) => service.addPort('admin', { port: 80 }), '\'addPort(admin).port\' is 80: \'catalog\' is called at it already, as \'http\'; choose another'],
    ['a sidecar\'s port that is taken', (service) => service.addPort('admin', { port: 9090, proxyPort: 15_006 }), '\'addPort(admin).proxyPort\' is 15006: the sidecar takes the requests of \'http\' there; choose another'],
    ['a privileged port of the sidecar', (service) => service.addPort('admin', { port: 9090, proxyPort: 80 }), '\'addPort(admin).proxyPort\' is 80: use a whole number from 1024 to 65535'],
    ['a port of another protocol', (service) => service.addPort('database', { port: 5432 }), '\'addPort(database).port\' is 5432: this port is known for PostgreSQL\'s protocol'],
    ['a port of the app that the sidecar takes', (service, chart) => { service.addPort('admin', { port: 15_101 }); return Testing.synth(chart); },
      '\'addPort(admin).targetPort\' is 15101: the sidecar takes this port for the port \'admin\'; let the app listen on another'],
    ['the sidecar\'s own port for pages', (service, chart) => { service.addPort('admin', { port: 9090, proxyPort: 15_020 }); return Testing.synth(chart); }, 'the sidecar takes this port for health and metrics'],
    ['options that don\'t exist', (service) => service.addPort('admin', { port: 9090, targetport: 1 } as ServicePortOptions), '\'addPort(admin).targetport\' is not a prop here: did you mean \'targetPort\'?'],
  ];
  it.each(cases)('is refused with %s', (_, build, message) => {
    const chart = newChart();
    expect(mistake(() => build(new MeshService(chart, 'catalog', { containers }), chart))).toContain(message);
  });
});

describe('a second Service', () => {
  const exposed = (options: ExposeServiceOptions = {}, props: Partial<MeshServiceProps> = {}, mesh: (chart: Chart) => void = () => {}) => {
    const chart = newChart();
    mesh(chart);
    const frontend = new MeshService(chart, 'frontend', { containers, ...props });
    frontend.addVersion('v2', { containers });
    const service = frontend.expose('frontend-external', options);
    return { chart, service, manifests: Testing.synth(chart) };
  };

  test('leads to the sidecars of all versions', () => {
    const { manifests, service } = exposed({
      type: ServiceType.LOAD_BALANCER, nodePort: 30_080, externalTrafficPolicy: TrafficPolicy.LOCAL, sessionAffinity: SessionAffinity.clientIp(),
      loadBalancerSourceRanges: ['203.0.113.0/24'], serviceAnnotations: { 'example.com/lb': 'internal' },
    });
    expectSound(manifests);
    expect(service.name).toBe('frontend-external');
    const { metadata, spec } = findOne(manifests, 'Service', 'frontend-external');
    expect(metadata).toMatchObject({ namespace: 'shop', annotations: { 'example.com/lb': 'internal' } });
    expect(spec).toMatchObject({
      type: 'LoadBalancer', externalTrafficPolicy: 'Local', sessionAffinity: 'ClientIP', loadBalancerSourceRanges: ['203.0.113.0/24'],
      selector: { 'cdk8s-mesh/service': 'frontend' },
      ports: [{ name: 'http', port: 80, nodePort: 30_080, targetPort: 15_006, appProtocol: 'http' }],
    });
    expect(findOne(manifests, 'Service', 'frontend').spec.type).toBe('ClusterIP');
  });

  test('has a port of its own, and that of TLS', () => {
    const { manifests } = exposed({ port: 8000 }, { tls: { secret: kplus.Secret.fromSecretName(newChart(), 'tls', 'tls') } });
    expect(findOne(manifests, 'Service', 'frontend-external').spec.ports.map(({ port, targetPort }: Manifest) => [port, targetPort])).toEqual([[8000, 15_006], [443, 15_443]]);
  });

  test('opens NetworkPolicies to clients from outside', () => {
    const open = (options: ExposeServiceOptions) => {
      const { manifests } = exposed(options, {}, (chart) => new Mesh(chart, 'mesh', { networkPolicies: NetworkPolicies.fromCalls() }));
      return findOne(manifests, 'NetworkPolicy', 'frontend-v1-mesh').spec.ingress;
    };
    expect(open({})).toEqual([]);
    expect(open({ type: ServiceType.LOAD_BALANCER })).toEqual([{ ports: [{ protocol: 'TCP', port: 15_006 }] }]);
  });

  test('is refused where its clients would be, and where its name is taken', () => {
    const strict = (chart: Chart) => new Mesh(chart, 'mesh', { identity: Identity.files(), proxyImage: ProxyImage.of('registry.example.com/proxy:1') });
    expect(mistake(() => exposed({ type: ServiceType.LOAD_BALANCER }, {}, strict)))
      .toContain('\'expose(frontend-external).type\' is "LoadBalancer": clients from outside have no identity, and MutualTls.STRICT refuses them');
    expect(mistake(() => exposed({ nodePort: 30_080 }))).toContain('\'expose(frontend-external).nodePort\' is 30080: a Service of type ClusterIP has none');
    const frontend = new MeshService(newChart(), 'frontend', { containers });
    expect(mistake(() => frontend.expose('frontend'))).toContain('\'expose()\' is "frontend": this is the name of the service, which has its Service already');
    expect(mistake(() => frontend.expose('Front'))).toContain('\'expose()\' is "Front": use 1 to 63');
    const chart = newChart();
    new MeshService(chart, 'frontend', { containers }).expose('catalog');
    new MeshService(chart, 'catalog', { containers });
    expect(mistake(() => Testing.synth(chart))).toContain('makes "catalog", which \'chart/frontend\' already is in namespace "shop"');
  });
});

test('ports are found among the children of a service', () => {
  const { catalog } = withPort();
  expect(catalog.node.children.some((child) => child instanceof ServicePort)).toBe(true);
  expect(findByKind(Testing.synth(Chart.of(catalog)), 'Service')).toHaveLength(5);
});

describe('a port beside the first', () => {
  const http = (chart: Chart, props: Partial<MeshServiceProps> = {}): MeshService => new MeshService(chart, 'catalog', { containers, ...props });

  test('has no health check of its service when it speaks another protocol', () => {
    const chart = newChart();
    const grpc = http(chart, { healthCheck: HealthCheck.http('/healthz') }).addPort('grpc', { port: 9090, protocol: AppProtocol.GRPC });
    new MeshService(chart, 'web', { containers }).calls(grpc);
    const cluster = documentOf(Testing.synth(chart), 'web-v1').clusters.find(({ name }) => name === 'shop/catalog-v1:grpc')!;
    expect([cluster.protocol, cluster.healthCheck]).toEqual(['http2', undefined]);
  });

  test('is taken at the same port of the sidecar with and without TLS of its service', () => {
    const proxyPort = (props: Partial<MeshServiceProps>): number => http(newChart(), props).addPort('admin', { port: 9090 })._inbound.proxyPort;
    const tls = { secret: kplus.Secret.fromSecretName(newChart(), 'Tls', 'tls') };
    expect([proxyPort({}), proxyPort({ tls })]).toEqual([15_101, 15_101]);
  });

  test('has no routes to versions, which are called at the first one', () => {
    const chart = newChart();
    const catalog = http(chart);
    const admin = catalog.addPort('admin', { port: 9090 });
    const v2 = catalog.addVersion('v2', { containers, weight: 0 });
    const route = Route.when(Match.header('x', 'y')).to(v2);
    const message = 'a version is called at the first port of its service, and this route is of another one';
    expect(mistake(() => admin.addRoute(route))).toContain(message);
    expect(mistake(() => new MeshService(chart, 'web', { containers }).calls(admin, { routes: [route] }))).toContain(message);
    expect(() => catalog.addRoute(route)).not.toThrow();
  });
});
