/**
 * Stacks of any names, hosts and ports, for properties that hold whatever people write: most values are ones that go well together,
 * some can't be, some clash.
 */
import { App, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import * as fc from 'fast-check';
import {
  AppAddress, AppProtocol, CallOptions, Destination, Discovery, ExposeOptions, ExternalEndpoints, ExternalService, ExternalServiceProps,
  Fallback, FaultInjection, HashKey, HealthCheck, Interception, LoadBalancing, Mesh, MeshProps, MeshService, MeshServiceProps, MeshSidecar,
  ProxyImage, ServiceType, SessionPersistence, TlsOptions, VersionProps,
} from '../../src';
import { anyRoute, AnyRoute } from './any-route';
import { mostly, ODD_HOSTS, ODD_NAMES, ODD_PORTS, seldom } from './any-values';

const name = mostly(['web', 'redis', 'catalog', 'catalog-v1', 'ledger', 'v1'], ODD_NAMES);
const version = mostly(['v1', 'v2', 'v1-v1'], ODD_NAMES);
const host = mostly(['redis', 'web', 'api.example.com', 'db.shop'], ODD_HOSTS);
const port = mostly([80, 8001, 8002], ODD_PORTS);
const portName = mostly(['http', 'web'], ODD_NAMES);
const address = mostly(['10.0.0.1', '10.0.0.2', 'fd00::1'], [...ODD_HOSTS, '127.0.0.1']);
const servers = seldom(fc.array(mostly(['10.96.0.10', '10.96.0.10:5353', '[fd00::1]:53'], ODD_HOSTS), { minLength: 1, maxLength: 2 }));
const image = mostly(['ghcr.io/acme/app:1', 'app', `app@sha256:${'a'.repeat(64)}`], ['App:1', ' ', 'app:', 'a b', 'app@x', 5]);

const container = fc.record<kplus.ContainerProps>({
  image,
  name: fc.constant('app'),
  portNumber: mostly([8080, 9090], ODD_PORTS),
});
const sideContainer: fc.Arbitrary<kplus.ContainerProps> = fc.record({
  image,
  name: mostly(['side', 'log'], [...ODD_NAMES, 'app']),
  ports: fc.tuple(mostly([9101], ODD_PORTS), mostly(['http', 'metrics'], ODD_NAMES), seldom(mostly([9102], [9101, 9101, ...ODD_PORTS])))
    .map(([number, first, more]): kplus.ContainerPort[] => [{ number, name: first }, ...(more === undefined ? [] : [{ number: more }])]),
  envVariables: seldom(mostly(['LEVEL', 'level.x'], ODD_NAMES).map((key) => ({ [String(key)]: kplus.EnvValue.fromValue('debug') }))) as fc.Arbitrary<never>,
});
const containers = fc.tuple(container, seldom(sideContainer).map((side) => (side ? [side] : []))).map(([first, others]) => [first, ...others]);

const healthCheck = seldom(fc.record({ host, header: mostly(['X-A', 'Accept'], ['x a', 'Host', 5]) })
  .map(({ host: asked, header }) => HealthCheck.http('/healthz', { host: asked, headers: { [header]: 'a' } })));
const loadBalancing = seldom(fc.oneof(
  mostly(['eu-1a'], ODD_NAMES).map((zone) => LoadBalancing.weightedRoundRobin({ zoneWeights: { [String(zone)]: 2 } })),
  mostly(['cart', 'x-user'], ['a b', 'é', 5]).map((key) => LoadBalancing.ringHash(HashKey.header(key))),
));
const discovery = seldom(servers.map((list) => Discovery.dns({ servers: list })));

/** Whose constructs need a scope: made when the stack is. */
type Made<T> = (scope: Chart, id: string) => T;

const secret = mostly(['keys', 'shop.tls'], ODD_NAMES)
  .map((key): Made<kplus.ISecret> => (scope, id) => kplus.Secret.fromSecretName(scope, `${id}-secret`, key));
const tls = seldom(fc.record({ secret, port: seldom(mostly([443, 8443], ODD_PORTS)), portName: seldom(mostly(['https', 'tls'], [...ODD_NAMES, 'http'])) })
  .map(({ secret: make, ...rest }): Made<TlsOptions> => (scope, id) => ({ secret: make(scope, `${id}-tls`), ...rest })));
const session = seldom(fc.record({ cookie: mostly(['cart'], ['a b', 'é', 5]), secret, secretKey: seldom(mostly(['keys', 'a.b'], ODD_NAMES)) })
  .map(({ cookie, secret: make, secretKey }): Made<SessionPersistence> => (scope, id) => (
    SessionPersistence.cookie(cookie, { keys: make(scope, `${id}-keys`), secretKey }))));

const proxyPorts = seldom(fc.record({ inbound: seldom(mostly([16_006], [...ODD_PORTS, 8080])), admin: seldom(mostly([16_020], ODD_PORTS)) }));

const meshProps = fc.record<MeshProps>({
  clusterDomain: seldom(mostly(['cluster.local', 'corp'], ODD_HOSTS)),
  proxyImage: seldom(image.map((reference) => ProxyImage.of(reference))),
  appAddress: seldom(mostly(['127.0.0.1', '127.0.0.2', '::1'], ODD_HOSTS).map((place) => AppAddress.of(place))),
  proxyPorts,
  interception: seldom(fc.constant(Interception.hostAliases())),
  discovery,
});

const serviceType: fc.Arbitrary<Partial<MeshServiceProps>> = fc.oneof(
  fc.record({ type: fc.constantFrom(undefined, ServiceType.HEADLESS) }),
  fc.record({ type: fc.constantFrom(ServiceType.NODE_PORT, ServiceType.LOAD_BALANCER), nodePort: seldom(mostly([30_080], ODD_PORTS)) }),
  fc.record({ type: fc.constant(ServiceType.LOAD_BALANCER), loadBalancerSourceRanges: fc.array(mostly(['10.0.0.0/8', 'fd00::/8'], [...ODD_HOSTS, '10.0.0.0/33']), { maxLength: 2 }) }),
);

interface ServicePlan {
  readonly props: MeshServiceProps;
  readonly tls?: Made<TlsOptions>;
  readonly session?: Made<SessionPersistence>;
  readonly versions: [string, VersionProps][];
}

const service: fc.Arbitrary<ServicePlan> = fc.record({
  props: fc.record<MeshServiceProps>({
    containers, name, port: seldom(port), version: seldom(version), portName: seldom(portName), protocol: seldom(fc.constant(AppProtocol.HTTP)),
    serviceAnnotations: seldom(mostly(['team', 'acme.com/team'], [...ODD_NAMES, 'A.com/x']).map((key) => ({ [String(key)]: 'a' }))) as fc.Arbitrary<never>,
    healthCheck, loadBalancing, discovery, proxyPorts, weight: seldom(fc.constantFrom(0, 5)),
  }).chain((props) => serviceType.map((type) => ({ ...props, ...type }))),
  tls, session,
  versions: fc.array(fc.tuple(mostly(['v3'], ['v1', 'v2', ...ODD_NAMES]), fc.record<VersionProps>({ containers, weight: seldom(fc.constantFrom(0, 5)) })), { maxLength: 1 }),
});

interface SidecarPlan {
  readonly containers: kplus.ContainerProps[];
  readonly props: object;
  readonly exposed?: ExposeOptions;
  readonly tls?: Made<TlsOptions>;
}

const sidecar: fc.Arbitrary<SidecarPlan> = fc.record({
  containers: fc.constant([{ image: 'ledger:1', portNumber: 8080 }]),
  props: fc.record({ serviceName: name, version: seldom(version), appPort: seldom(port) }),
  exposed: seldom(fc.record<ExposeOptions>({ port: seldom(port), portName: seldom(portName), healthCheck, loadBalancing, discovery })),
  tls,
});

const endpoints = fc.oneof(
  fc.array(fc.record({ address, port, zone: seldom(mostly(['eu-1a'], ODD_NAMES)) }), { minLength: 1, maxLength: 2 }).map((list) => ExternalEndpoints.addresses(...list)),
  fc.tuple(mostly(['api.example.com'], ODD_HOSTS), fc.record({ port: seldom(port), servers })).map(([hostname, options]) => ExternalEndpoints.dns(hostname, options)),
  fc.tuple(mostly(['_http._tcp.example.com'], ODD_HOSTS), fc.record({ servers })).map(([hostname, options]) => ExternalEndpoints.srv(hostname, options)),
);
const external = fc.record<ExternalServiceProps>({
  endpoints, hostname: seldom(host), port: seldom(port), healthCheck, loadBalancing, protocol: seldom(fc.constant(AppProtocol.HTTP)),
});

interface CallPlan {
  readonly from: number;
  readonly to: number;
  readonly fallback?: number;
  readonly healthCheck?: HealthCheck;
  readonly header?: string;
  /** Also when it is one that no names make sound. */
  readonly odd: boolean;
  /** Routes of the call, or of the service called. */
  readonly routes: readonly AnyRoute[];
  readonly ofService: boolean;
}

const call: fc.Arbitrary<CallPlan> = fc.record({
  from: fc.nat(9), to: fc.nat(9), fallback: seldom(fc.nat(9)), healthCheck, header: seldom(mostly(['x-fault'], ['x fault', 5])), odd: mostly([false], [true]),
  routes: seldom(fc.array(anyRoute, { minLength: 1, maxLength: 2 })).map((routes = []) => routes),
  ofService: fc.boolean(),
});

/** What a stack is made of. */
export const anyStack = fc.record({
  namespaces: fc.tuple(mostly(['shop'], ODD_NAMES.filter((odd) => typeof odd === 'string')), fc.constantFrom('shop', 'back')),
  mesh: seldom(meshProps),
  services: fc.array(service, { minLength: 1, maxLength: 2 }),
  sidecars: fc.array(sidecar, { maxLength: 1 }),
  externals: fc.array(fc.tuple(mostly(['redis', 'bank', 'stripe'], ODD_NAMES.filter((odd) => typeof odd === 'string' && odd.trim() !== '')), external), { maxLength: 3 }),
  calls: fc.array(call, { maxLength: 6 }),
});
export type Stack = typeof anyStack extends fc.Arbitrary<infer T> ? T : never;

/** Makes it, in an app of two charts. */
export function makeStack({ namespaces, mesh, services, sidecars, externals, calls }: Stack): { readonly app: App; readonly charts: Chart[] } {
  const app = Testing.app();
  if (mesh) new Mesh(app, 'mesh', mesh);
  const charts = namespaces.map((namespace, index) => new Chart(app, `chart-${index}`, { namespace, disableResourceNameHashes: true }));
  const chartOf = (index: number): Chart => charts[index % charts.length]!;
  const callers: (MeshService | MeshSidecar)[] = [];
  const destinations: Destination[] = [];
  services.forEach((plan, index) => {
    const [chart, id] = [chartOf(index), `service-${index}`];
    const made = new MeshService(chart, id, { ...plan.props, tls: plan.tls?.(chart, id), sessionPersistence: plan.session?.(chart, id) });
    plan.versions.forEach(([added, props]) => made.addVersion(added, props));
    callers.push(made);
    destinations.push(made);
  });
  sidecars.forEach((plan, index) => {
    const [chart, id] = [chartOf(index), `sidecar-${index}`];
    const workload = new kplus.StatefulSet(chart, `set-${index}`, { containers: plan.containers });
    const made = new MeshSidecar(chart, id, { workload, ...plan.props });
    callers.push(made);
    if (plan.exposed) destinations.push(made.expose({ ...plan.exposed, tls: plan.tls?.(chart, id) }));
  });
  externals.forEach(([id, props], index) => {
    const chart = chartOf(index + 1);
    destinations.push(new ExternalService(chart, chart.node.tryFindChild(id) ? `${id}-${index}` : id, props));
  });
  const pairs = new Set<string>();
  for (const { from, to, fallback, healthCheck: check, header, odd, routes, ofService } of calls) {
    // What is said twice, or of oneself, is refused whatever the names.
    const [caller, destination] = [callers[from % callers.length]!, destinations[to % destinations.length]!];
    const pair = `${caller.node.path} ${destination.node.path}`;
    const other = fallback === undefined ? undefined : destinations[fallback % destinations.length];
    const isOwn = [destination, other].some((called) => called && (called === caller || called.node.scope === caller));
    if (!odd && (isOwn || other === destination || pairs.has(pair))) continue;
    pairs.add(pair);
    const made = routes.map((make) => make(destinations.filter((target) => odd || (target !== caller && target.node.scope !== caller)), callers));
    const options: CallOptions = {
      routes: made.length > 0 && !ofService ? made : undefined,
      healthCheck: check,
      fallback: other && Fallback.to(other),
      faults: header === undefined ? undefined : [FaultInjection.abort(503, { headerName: header })],
    };
    caller.calls(destination, options);
    if (ofService) made.forEach((route) => destination.addRoute(route));
  }
  return { app, charts };
}
