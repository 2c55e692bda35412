/** Services that are asked about requests, as they are declared: what documents, permissions and policies have then, and what is refused. */
import { Duration, Testing } from 'cdk8s';
import {
  AppProtocol, ExternalAuthorization, ExternalAuthorizationOptions, ExternalEndpoints, ExternalService, Gateway, HealthCheck, Identity, Match, Mesh,
  MeshProps, MeshService, MeshServiceProps, MeshSidecar, NetworkPolicies, Route,
} from '../../../src';
import type { ProxyConfig } from '../../../src/contract';
import { documentOf, newChart } from '../../support/manifests';
import { expectSound } from '../sound';
import * as kplus from 'cdk8s-plus-28';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever Kubernetes takes
type Manifest = any;

interface Built {
  readonly manifests: Manifest[];
  readonly document: (name: string) => ProxyConfig;
}

function built(chart: ReturnType<typeof newChart>): Built {
  const manifests = Testing.synth(chart) as Manifest[];
  expectSound(manifests);
  return { manifests, document: (name) => documentOf(manifests, name === 'edge' ? name : `${name}-v1`) };
}

/** `web` calls `catalog`, which asks `auth`. */
function shop(options: ExternalAuthorizationOptions = {}, mesh: MeshProps = {}, call: object = {}, more: Partial<MeshServiceProps> = {}): Built {
  const chart = newChart();
  new Mesh(chart, 'mesh', mesh);
  const auth = new MeshService(chart, 'auth', { containers });
  const catalog = new MeshService(chart, 'catalog', { containers, externalAuthorization: ExternalAuthorization.http(auth, options), ...more });
  new MeshService(chart, 'web', { containers }).calls(catalog, call);
  return built(chart);
}

const NAMES = ['shop/auth-v1'];

describe('of a service', () => {
  it('its sidecar asks by a cluster of its own, and its app does not call the authority', () => {
    const { document, manifests } = shop({ pathPrefix: '/check', allowedResponseHeaders: ['x-user'], timeout: Duration.millis(300), maxPendingRequests: 64 });
    const { listeners, clusters, requires } = document('catalog');
    expect(listeners.map(({ name }) => name)).toEqual(['inbound']);
    expect(listeners[0]!.externalAuthorization).toEqual({
      split: [{ cluster: 'shop/auth-v1', weight: 100 }], pathPrefix: '/check', allowedResponseHeaders: ['x-user'], timeoutMs: 300, maxPendingRequests: 64,
    });
    expect(clusters.map(({ name }) => name)).toEqual(['app', ...NAMES]);
    expect(requires).toContain('externalAuthorization');
    expect(manifests.filter(({ kind, metadata }) => kind === 'Role' && metadata.name === 'cdk8s-mesh.shop.catalog')).toHaveLength(1);
    expect(document('web').listeners[0]!.externalAuthorization).toBeUndefined();
  });

  it('the authority lets it in by its identity, and policies let it through', () => {
    const { document, manifests } = shop({}, { identity: Identity.files(), networkPolicies: NetworkPolicies.fromCalls() });
    expect(document('auth').listeners[0]!.authorization!.rules).toEqual([{ name: 'shop/catalog', callers: ['spiffe://cluster.local/ns/shop/sa/catalog'] }]);
    expect(document('catalog').clusters[1]!.mutualTls).toEqual({ serverIds: ['spiffe://cluster.local/ns/shop/sa/auth'] });
    const policy = (name: string): Manifest => manifests.find(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.name === `${name}-v1-mesh`);
    expect(JSON.stringify(policy('catalog').spec.egress)).toContain('auth');
    expect(JSON.stringify(policy('auth').spec.ingress)).toContain('catalog');
  });

  it('health checks of callers are not asked about', () => {
    const { document } = shop({ exemptPaths: ['/public/*'] }, {}, { healthCheck: HealthCheck.http('/ready') });
    expect(document('catalog').listeners[0]!.externalAuthorization!.exemptPaths).toEqual(['/public/*', '/ready']);
  });

  it('one that is called, too, has one cluster', () => {
    const chart = newChart();
    const auth = new MeshService(chart, 'auth', { containers });
    const catalog = new MeshService(chart, 'catalog', { containers, externalAuthorization: ExternalAuthorization.http(auth) });
    catalog.calls(auth, { timeout: Duration.seconds(3) });
    const { listeners, clusters } = built(chart).document('catalog');
    expect(listeners.map(({ name }) => name)).toEqual(['inbound', 'outbound/shop/auth:80']);
    expect(clusters.map(({ name }) => name)).toEqual(['app', ...NAMES]);
  });

  it('each version asks, and each version of the authority is asked by its weight', () => {
    const chart = newChart();
    const auth = new MeshService(chart, 'auth', { containers });
    const catalog = new MeshService(chart, 'catalog', { containers, externalAuthorization: ExternalAuthorization.http(auth) });
    auth.addVersion('v2', { containers, weight: 10 });
    catalog.addVersion('v2', { containers, weight: 10 });
    const manifests = Testing.synth(chart);
    for (const version of ['v1', 'v2']) {
      expect(documentOf(manifests, `catalog-${version}`).listeners[0]!.externalAuthorization!.split).toEqual([{ cluster: 'shop/auth-v1', weight: 90 }, { cluster: 'shop/auth-v2', weight: 10 }]);
    }
  });

  it('an external one is asked by its own host', () => {
    const chart = newChart();
    const auth = new ExternalService(chart, 'login', { hostname: 'login.example.com', endpoints: ExternalEndpoints.dns('login.example.com') });
    new MeshService(chart, 'catalog', { containers, externalAuthorization: ExternalAuthorization.http(auth, { path: '/oauth2/auth' }) });
    expect(built(chart).document('catalog').listeners[0]!.externalAuthorization).toMatchObject({ host: 'login.example.com', path: '/oauth2/auth' });
  });

  it('one of another app is asked, too', () => {
    const chart = newChart();
    const auth = MeshService.fromName(chart, 'auth', { name: 'auth', namespace: 'security' });
    new MeshService(chart, 'catalog', { containers, externalAuthorization: ExternalAuthorization.http(auth) });
    const { manifests, document } = built(chart);
    expect(document('catalog').listeners[0]!.externalAuthorization!.split).toHaveLength(1);
    expect(manifests.some(({ kind, metadata }) => kind === 'Role' && metadata.namespace === 'security')).toBe(true);
  });

  it('a workload that is exposed can ask, too', () => {
    const chart = newChart();
    const auth = new MeshService(chart, 'auth', { containers });
    const workload = new kplus.Deployment(chart, 'legacy', { metadata: { name: 'legacy' }, containers });
    new MeshSidecar(chart, 'sidecar', { workload, serviceName: 'legacy' }).expose({ externalAuthorization: ExternalAuthorization.http(auth) });
    expect(built(chart).document('legacy').clusters.map(({ name }) => name)).toEqual(['app', ...NAMES]);
  });
});

describe('of a gateway', () => {
  it('asks about all routes but those that say otherwise', () => {
    const chart = newChart();
    const [auth, web, login] = ['auth', 'web', 'login'].map((name) => new MeshService(chart, name, { containers }));
    const edge = new Gateway(chart, 'edge', { externalAuthorization: ExternalAuthorization.http(auth!) });
    edge.route('shop.example.com', web!);
    edge.addRoute('shop.example.com', Route.when(Match.pathPrefix('/login')).withoutExternalAuthorization().to(login!));
    const { listeners, clusters } = built(chart).document('edge');
    expect(listeners[0]!.externalAuthorization).toEqual({ split: [{ cluster: 'shop/auth-v1', weight: 100 }] });
    expect(listeners[0]!.routes.map(({ externalAuthorization }) => externalAuthorization)).toEqual([undefined, false]);
    expect(clusters.map(({ name }) => name).sort()).toEqual(['shop/auth-v1', 'shop/login-v1', 'shop/web-v1']);
  });
});

describe('what is refused', () => {
  const failing = (make: (chart: ReturnType<typeof newChart>) => unknown): string => {
    const chart = newChart();
    try {
      make(chart);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };

  it('all that is wrong with the options, together', () => {
    const message = failing((chart) => new MeshService(chart, 'catalog', {
      containers,
      externalAuthorization: ExternalAuthorization.http(new MeshService(chart, 'auth', { containers }), {
        path: 'auth', host: 'A', allowedHeaders: ['a b'], exemptPaths: ['x'], timeout: Duration.millis(0), statusOnError: 200,
      }),
    }));
    for (const part of ['path', 'host', 'allowedHeaders', 'exemptPaths', 'timeout', 'statusOnError']) expect(message).toContain(`externalAuthorization.${part}`);
  });

  it.each<[string, ExternalAuthorizationOptions, string]>([
    ['two paths', { path: '/a', pathPrefix: '/b' }, "leave out 'path' or 'pathPrefix'"],
    ['a field of the proxy', { allowedResponseHeaders: ['x-mesh-caller'] }, 'the proxy itself writes this field'],
    ['a field about where requests come from', { allowedResponseHeaders: ['X-Forwarded-For'] }, 'it says where a request comes from'],
    ['a field that it gets anyway', { allowedHeaders: ['x-forwarded-uri'] }, 'the authority gets it in any case'],
  ])('%s', (_, options, words) => {
    expect(failing((chart) => new MeshService(chart, 'catalog', {
      containers, externalAuthorization: ExternalAuthorization.http(new MeshService(chart, 'auth', { containers }), options),
    }))).toContain(words);
  });

  it('TCP, on either side', () => {
    expect(failing((chart) => new MeshService(chart, 'db', {
      containers, port: 5432, protocol: AppProtocol.TCP, externalAuthorization: ExternalAuthorization.http(new MeshService(chart, 'auth', { containers })),
    }))).toContain('\'externalAuthorization\' is {}: the proxy sees no requests in TCP or TLS');
    expect(failing((chart) => new MeshService(chart, 'catalog', {
      containers, externalAuthorization: ExternalAuthorization.http(new MeshService(chart, 'db', { containers, port: 5432, protocol: AppProtocol.TCP })),
    }))).toContain('it speaks TCP, and is to be asked by HTTP');
  });

  it('a route that is not asked about, where nobody is asked', () => {
    expect(failing((chart) => {
      const web = new MeshService(chart, 'web', { containers });
      new Gateway(chart, 'edge').addRoute('a.example.com', Route.when(Match.pathPrefix('/a')).withoutExternalAuthorization().to(web));
    })).toContain('nobody is asked about its requests');
    expect(failing((chart) => {
      const web = new MeshService(chart, 'web', { containers });
      web.addRoute(Route.when(Match.pathPrefix('/a')).withoutExternalAuthorization());
    })).toContain('nobody is asked about its requests');
  });

  it('something else than a service', () => {
    expect(failing((chart) => new MeshService(chart, 'catalog', {
      containers, externalAuthorization: ExternalAuthorization.http('auth' as never),
    }))).toContain('give http() a MeshService');
  });
});
