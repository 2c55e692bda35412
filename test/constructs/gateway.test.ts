/** What a gateway becomes: its objects and its document. */
import { Chart, Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AppProtocol, DisruptionBudget, EncodedSlashes, ExternalEndpoints, ExternalService, Gateway, GatewayCertificate, GatewayProps, LoadBalancing, Match,
  MeshService, MeshServiceProps, Mesh, RateLimit, Route, Scaling, ServiceType, SessionPersistence, TlsVersion, TrafficPolicy, XForwardedFor,
} from '../../src';
import { documentOf, findByKind, findOne, inventory, Manifest, newChart, podSpec } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers: [app], ...props });

interface Shop {
  readonly chart: Chart;
  readonly web: MeshService;
  readonly edge: Gateway;
}

/** A gateway `edge` before `web`, with one route unless `build` says others. */
function synth(props: GatewayProps = {}, build: (the: Shop) => void = ({ edge, web }) => edge.route('shop.example.com', web)): Manifest[] {
  const chart = newChart();
  const web = service(chart, 'web');
  const edge = new Gateway(chart, 'edge', props);
  build({ chart, web, edge });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  expectRestricted(manifests);
  return manifests;
}

const document = (manifests: Manifest[]) => documentOf(manifests, 'edge');
const listeners = (manifests: Manifest[]) => document(manifests).listeners;
const tls = [GatewayCertificate.fromSecretName('shop-tls')];

describe('a gateway', () => {
  const manifests = synth();

  test('has a Deployment, its Service, an autoscaler, a budget, an account, and a permission for what it calls', () => {
    expect(inventory(manifests).filter((line) => /edge/.test(line))).toEqual([
      'ConfigMap shop/edge-mesh', 'Deployment shop/edge', 'HorizontalPodAutoscaler shop/edge', 'PodDisruptionBudget shop/edge',
      'Role shop/cdk8s-mesh.shop.edge', 'RoleBinding shop/cdk8s-mesh.shop.edge', 'Service shop/edge', 'ServiceAccount shop/edge',
    ]);
  });

  test('runs the proxy alone, without privileges', () => {
    const { containers, initContainers, securityContext, topologySpreadConstraints } = podSpec(findOne(manifests, 'Deployment', 'edge'));
    expect(initContainers).toBeUndefined();
    expect(containers).toHaveLength(1);
    expect(containers[0]).toMatchObject({
      name: 'mesh-proxy',
      ports: [{ containerPort: 15006, name: 'mesh-in' }, { containerPort: 15020, name: 'mesh-admin' }],
      readinessProbe: { httpGet: { path: '/ready', port: 15020 } },
      resources: { requests: { cpu: '500m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    });
    expect(containers[0].restartPolicy).toBeUndefined();
    expect(securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
    expect(topologySpreadConstraints.map(({ topologyKey }: { topologyKey: string }) => topologyKey))
      .toEqual(['topology.kubernetes.io/zone', 'kubernetes.io/hostname']);
  });

  test('is reached by a load balancer, which keeps the client\'s address', () => {
    expect(findOne(manifests, 'Service', 'edge').spec).toEqual({
      type: 'LoadBalancer', externalTrafficPolicy: 'Local',
      selector: { 'cdk8s-mesh/service': 'edge', 'cdk8s-mesh/version': 'v1' },
      ports: [{ name: 'http', port: 80, targetPort: 15006, appProtocol: 'http' }],
    });
  });

  test('has its routes by host, and nothing for other hosts', () => {
    expect(document(manifests).listeners).toEqual([{
      name: 'http', direction: 'outbound', port: 15006, loopback: true, forwarded: {},
      routes: [{ name: 'shop.example.com', matches: [{ hosts: ['shop.example.com'] }], split: [{ cluster: 'shop/web-v1', weight: 100 }] }],
    }]);
  });

  test('waits for load balancers before it ends, and has one budget for both', () => {
    const spec = podSpec(findOne(manifests, 'Deployment', 'edge'));
    expect(spec.containers[0].lifecycle).toEqual({ preStop: { httpGet: { path: '/terminating/wait', port: 15020 } } });
    expect(spec.terminationGracePeriodSeconds).toBe(45);
    expect(document(manifests).shutdown).toEqual({ endpointPropagationMs: 15_000, appDrainMs: 0, drainMs: 30_000 });
    const longer = synth({ deregistrationDelay: Duration.minutes(5), drain: Duration.millis(1_500) });
    expect(podSpec(findOne(longer, 'Deployment', 'edge')).terminationGracePeriodSeconds).toBe(302);
    expect(document(longer).shutdown).toEqual({ endpointPropagationMs: 300_000, appDrainMs: 0, drainMs: 1_500 });
  });

  test('has its children as properties', () => {
    const edge = new Gateway(newChart(), 'edge', { scaling: Scaling.replicas(3), disruptionBudget: DisruptionBudget.none() });
    expect([edge.autoscaler, edge.disruptionBudget]).toEqual([undefined, undefined]);
    expect([edge.service, edge.deployment, edge.serviceAccount].map(({ name }) => name)).toEqual(['edge', 'edge', 'edge']);
    expect([edge.gatewayName, edge.configMap.name, edge.container.name]).toEqual(['edge', 'edge-mesh', 'mesh-proxy']);
    const other = new Gateway(newChart(), 'edge', { name: 'front' });
    expect([other.autoscaler?.name, other.disruptionBudget?.name, other.gatewayName]).toEqual(['front', 'front', 'front']);
  });

  test('takes settings of proxies from its Mesh, but not the resources of sidecars', () => {
    const chart = newChart();
    new Mesh(chart, 'Mesh', { workers: 2, limits: { maxHeaderFields: 50 }, proxyResources: { cpu: { request: kplus.Cpu.millis(10) } } });
    const edge = new Gateway(chart, 'edge');
    edge.route('*', service(chart, 'web'));
    const written = Testing.synth(chart);
    expect(documentOf(written, 'edge')).toMatchObject({ workers: 2, limits: { maxHeaderFields: 50 } });
    const deployment = findOne(written, 'Deployment', 'edge');
    expect(podSpec(deployment).containers[0].resources.requests).toEqual({ cpu: '1000m', memory: '256Mi' });
    // A change of their number makes new pods.
    expect(deployment.spec.template.metadata.annotations).toMatchObject({ 'cdk8s-mesh/workers': '2' });
  });
});

describe('routes of a gateway', () => {
  const routesOf = (build: (the: Shop) => void) => listeners(synth({}, build))[0].routes;

  test('hold the weights of versions', () => {
    expect(routesOf(({ edge, web }) => {
      web.addVersion('v2', { containers: [app], weight: 10 });
      edge.route('shop.example.com', web);
    })[0].split).toEqual([{ cluster: 'shop/web-v1', weight: 90 }, { cluster: 'shop/web-v2', weight: 10 }]);
  });

  test('have conditions, each with the host, and names with the host', () => {
    expect(routesOf(({ chart, edge, web }) => {
      const search = service(chart, 'search');
      edge.route('*.example.com', web);
      edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/search')).orWhen(Match.header('x-beta', 'true')).to(search).setRequestHeader('x-from', 'edge'));
      edge.addRoute('shop.example.com', Route.when(Match.pathExact('/old')).redirect({ path: '/new' }));
      edge.addRoute('*', Route.always().respond(410));
    })).toEqual([
      { name: '*.example.com', matches: [{ hosts: ['*.example.com'] }], split: [{ cluster: 'shop/web-v1', weight: 100 }] },
      expect.objectContaining({
        matches: [{ path: { type: 'prefix', value: '/search' }, hosts: ['shop.example.com'] },
          { headers: [{ name: 'x-beta', value: 'true' }], hosts: ['shop.example.com'] }],
        split: [{ cluster: 'shop/search-v1', weight: 100 }],
        name: 'shop.example.com/prefix-search-or-header-x-beta-true', requestHeaders: { set: [{ name: 'x-from', value: 'edge' }] },
      }),
      {
        name: 'shop.example.com/path-old', matches: [{ path: { type: 'exact', value: '/old' }, hosts: ['shop.example.com'] }],
        redirect: { path: { type: 'full', value: '/new' } },
      },
      { name: '*', respond: { status: 410 } },
    ]);
  });

  test('lead outside of the app by name', () => {
    const manifests = synth({}, ({ chart, edge, web }) => {
      const legacy = new ExternalService(chart, 'legacy', { hostname: 'legacy.example.net', endpoints: ExternalEndpoints.dns('legacy.example.net') });
      edge.addRoute('shop.example.com', Route.always().to(web, { weight: 9 }).to(legacy, { weight: 1 }));
    });
    expect(document(manifests).clusters.map(({ name, discovery, meshFields }) => [name, discovery.type, meshFields])).toEqual([
      ['shop/web-v1', 'endpointSlice', undefined], ['shop/legacy.example.net', 'dns', false],
    ]);
  });

  test('need no permission for what is not found by EndpointSlices', () => {
    const manifests = synth({}, ({ edge }) => edge.addRoute('*', Route.always().respond(200, { body: 'ok' })));
    expect(findByKind(manifests, 'Role')).toEqual([]);
    expect(document(manifests).kubernetes).toBeUndefined();
    expect(JSON.stringify(findOne(manifests, 'Deployment', 'edge'))).not.toContain('mesh-token');
  });

  test('read EndpointSlices in the namespaces of their targets, and in the own one when zones matter', () => {
    const app1 = Testing.app();
    const chart = newChart({ namespace: 'edge' }, 'edge', app1);
    const other = newChart({ namespace: 'shop' }, 'shop', app1);
    const edge = new Gateway(chart, 'edge');
    edge.route('*', service(other, 'web', { loadBalancing: LoadBalancing.roundRobin({ zoneAware: {} }), scaling: Scaling.replicas(3) }));
    const manifests = [...Testing.synth(chart), ...Testing.synth(other)];
    expectSound(manifests);
    expect(inventory(findByKind(manifests, 'Role'))).toEqual(['Role edge/cdk8s-mesh.edge.edge', 'Role shop/cdk8s-mesh.edge.edge']);
    expect(documentOf(manifests, 'edge').localCluster).toEqual({
      discovery: { type: 'endpointSlice', namespace: 'edge', service: 'edge', portName: 'http' },
    });
  });

  test('keep sessions, by keys that only the proxy sees', () => {
    const manifests = synth({}, ({ chart, edge, web }) => {
      const keys = kplus.Secret.fromSecretName(chart, 'Keys', 'session-keys');
      edge.addRoute('*', Route.always().to(web).sessionPersistence(SessionPersistence.cookie('session', { keys })));
    });
    expect(podSpec(findOne(manifests, 'Deployment', 'edge')).containers[0].volumeMounts)
      .toContainEqual({ name: 'mesh-session-keys', mountPath: '/var/run/secrets/cdk8s-mesh-sessions', readOnly: true });
  });
});

describe('TLS of a gateway', () => {
  const manifests = synth({ tls: [...tls, GatewayCertificate.fromSecretName('blog-tls', { hosts: ['blog.example.com'] })] });

  test('has a port, and certificates out of Secrets, of which the proxy sees what it needs', () => {
    expect(findOne(manifests, 'Service', 'edge').spec.ports).toEqual([
      { name: 'http', port: 80, targetPort: 15006, appProtocol: 'http' }, { name: 'https', port: 443, targetPort: 15443, appProtocol: 'https' },
    ]);
    const { containers: [container], volumes } = podSpec(findOne(manifests, 'Deployment', 'edge'));
    expect(container.ports).toContainEqual({ containerPort: 15443, name: 'mesh-in-tls' });
    expect(container.volumeMounts).toContainEqual({ name: 'mesh-tls', mountPath: '/etc/cdk8s-mesh-tls', readOnly: true });
    const items = (name: string) => ['tls.crt', 'tls.key'].map((key) => ({ key, path: `${name}/${key}` }));
    expect(volumes).toContainEqual({
      name: 'mesh-tls',
      projected: { sources: ['shop-tls', 'blog-tls'].map((name) => ({ secret: { name, items: items(name) } })) },
    });
    expect(listeners(manifests)[1].tls).toEqual({
      certificates: [
        { certificateFile: '/etc/cdk8s-mesh-tls/shop-tls/tls.crt', keyFile: '/etc/cdk8s-mesh-tls/shop-tls/tls.key' },
        { certificateFile: '/etc/cdk8s-mesh-tls/blog-tls/tls.crt', keyFile: '/etc/cdk8s-mesh-tls/blog-tls/tls.key', hosts: ['blog.example.com'] },
      ],
    });
  });

  test('has requests by HTTP redirected, unless that is turned off', () => {
    expect(listeners(manifests).map(({ name, httpsRedirect }) => [name, httpsRedirect])).toEqual([['http', {}], ['https', undefined]]);
    expect(listeners(synth({ tls, httpsPort: 8443, port: 8080 }))[0].httpsRedirect).toEqual({ port: 8443 });
    expect(listeners(synth({ tls, httpsRedirect: false }))[0].httpsRedirect).toBeUndefined();
    expect(listeners(synth({ forwarded: { trustedHops: 1 }, httpsRedirect: true }))[0].httpsRedirect).toEqual({});
  });

  test('has HSTS where HTTPS is, and a minimum version', () => {
    const [plain, secure] = listeners(synth({ tls, hsts: {}, minimumTlsVersion: TlsVersion.TLS_1_3 }));
    expect([plain.hsts, secure.hsts, secure.tls?.minimumVersion]).toEqual([undefined, { maxAgeSeconds: 31_536_000 }, '1.3']);
    const [behind] = listeners(synth({ forwarded: { trustedHops: 1 }, hsts: { maxAge: Duration.days(1), includeSubdomains: true } }));
    expect(behind.hsts).toEqual({ maxAgeSeconds: 86_400, includeSubdomains: true });
  });
});

describe('the edge of a gateway', () => {
  test('is the same at both ports', () => {
    const [plain, secure] = listeners(synth({
      tls,
      forwarded: { trustedHops: 2, xForwardedFor: XForwardedFor.OVERWRITE, rfc7239: true },
      proxyProtocol: { from: ['10.0.0.0/8'] },
      clients: { allow: ['203.0.113.0/24'], deny: ['203.0.113.7'], rateLimit: RateLimit.perSecond(10), maxAddresses: 500 },
      cors: { allowOrigins: ['https://*.example.com'], allowMethods: ['PUT'], maxAge: Duration.hours(1) },
      errorPages: [{ statuses: [502, 503], body: '<h1>Back soon</h1>' }],
      encodedSlashes: EncodedSlashes.KEEP,
    }));
    const edge = {
      forwarded: { trustedHops: 2, xForwardedFor: 'overwrite', rfc7239: true },
      proxyProtocol: { from: ['10.0.0.0/8'] },
      clients: { allow: ['203.0.113.0/24'], deny: ['203.0.113.7'], rateLimit: { requestsPerSecond: 10 }, maxAddresses: 500 },
      cors: { allowOrigins: ['https://*.example.com'], allowMethods: ['PUT'], maxAgeSeconds: 3_600 },
      errorPages: [{ statuses: [502, 503], body: '<h1>Back soon</h1>' }],
      path: { encodedSlashes: 'keep' },
    };
    expect(plain).toMatchObject(edge);
    expect(secure).toMatchObject(edge);
  });

  test('is required of the proxy that runs it', () => {
    expect(document(synth({ clients: { maxConnections: 5 }, proxyProtocol: { from: ['10.0.0.0/8'] }, tls })).requires)
      .toEqual(['clients', 'forwarded', 'httpsRedirect', 'protocol', 'proxyProtocol', 'routes', 'tls']);
  });
});

describe('the Service of a gateway', () => {
  test('may be of other types', () => {
    expect(findOne(synth({ type: ServiceType.NODE_PORT, nodePort: 30_080, externalTrafficPolicy: TrafficPolicy.CLUSTER }), 'Service', 'edge').spec)
      .toMatchObject({ type: 'NodePort', externalTrafficPolicy: 'Cluster', ports: [{ nodePort: 30_080 }] });
    expect(findOne(synth({ type: ServiceType.CLUSTER_IP }), 'Service', 'edge').spec.externalTrafficPolicy).toBeUndefined();
  });

  test('says what clouds want to know', () => {
    const { metadata, spec } = findOne(synth({
      loadBalancerClass: 'service.k8s.aws/nlb', loadBalancerSourceRanges: ['203.0.113.0/24'], serviceAnnotations: { 'example.com/a': 'b' },
    }), 'Service', 'edge');
    expect(metadata.annotations).toEqual({ 'example.com/a': 'b' });
    expect(spec).toMatchObject({ loadBalancerClass: 'service.k8s.aws/nlb', loadBalancerSourceRanges: ['203.0.113.0/24'] });
  });
});

describe('the protocol without TLS', () => {
  test.each([[AppProtocol.GRPC, 'grpc', 'grpc'], [AppProtocol.HTTP2, 'http2', 'kubernetes.io/h2c']])('is HTTP/2, GIVEN %s', (protocol, name, appProtocol) => {
    const manifests = synth({ protocol, port: 50_051 });
    expect(findOne(manifests, 'Service', 'edge').spec.ports).toEqual([{ name, port: 50_051, targetPort: 15006, appProtocol }]);
    expect(listeners(manifests)).toEqual([expect.objectContaining({ name: 'http', port: 15006, protocol: 'http2' })]);
  });

  test('is served beside TLS, and not redirected', () => {
    const manifests = synth({ protocol: AppProtocol.GRPC, tls });
    const [plain, secure] = listeners(manifests);
    expect(plain).toMatchObject({ protocol: 'http2' });
    expect(plain.httpsRedirect).toBeUndefined();
    expect(secure).toMatchObject({ protocol: 'alpn' });
    expect(findOne(manifests, 'Service', 'edge').spec.ports).toMatchObject([{ name: 'grpc' }, { name: 'https', appProtocol: 'https' }]);
  });

  test('is where a gateway finds its own pods', () => {
    const manifests = synth({ protocol: AppProtocol.GRPC }, ({ chart, edge }) => {
      edge.route('*', service(chart, 'near', { loadBalancing: LoadBalancing.roundRobin({ zoneAware: {} }) }));
    });
    expect(document(manifests).localCluster!.discovery).toMatchObject({ service: 'edge', portName: 'grpc' });
  });

  test.each<[GatewayProps, RegExp]>([
    [{ protocol: AppProtocol.TCP }, /protocol.*by their host and path, which TCP has none of/],
    [{ protocol: 'h2c' as AppProtocol }, /protocol.*use AppProtocol.HTTP, HTTP2, GRPC or TLS/],
    [{ protocol: AppProtocol.GRPC, tls, httpsRedirect: true }, /httpsRedirect.*clients of gRPC without TLS don't follow redirects/],
  ])('is refused: %j', (props, message) => {
    expect(() => synth(props)).toThrow(message);
  });
});
