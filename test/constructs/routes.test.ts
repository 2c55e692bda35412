/** Routes as they come into documents: which listeners, in which order, with what, and what else the caller needs for them. */
import { Chart, Duration, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  CallOptions, EncodedSlashes, ExternalEndpoints, ExternalService, Fallback, FaultInjection, HashKey, LoadBalancing, Match, MeshService,
  MeshServiceProps, MeshSidecar, RedirectScheme, Retry, Route, SessionPersistence,
} from '../../src';
import { documentOf, findByKind, Manifest, newChart } from '../support/manifests';
import { expectSound } from './sound';

const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) =>
  new MeshService(chart, name, { containers: [{ image: `ghcr.io/acme/${name}:1`, portNumber: 8080 }], ...props });
const version = { containers: [{ image: 'x:2', portNumber: 8080 }] };

/** What `web` is given that calls `catalog`, which has a second version, with `search` beside it. */
function setUp(
  build: (the: { chart: Chart; web: MeshService; catalog: MeshService; search: MeshService }) => void, options?: (chart: Chart) => CallOptions,
) {
  const chart = newChart();
  const [web, catalog, search] = ['web', 'catalog', 'search'].map((name) => service(chart, name));
  if (options) web.calls(catalog, options(chart));
  build({ chart, web, catalog, search });
  if (!options) web.calls(catalog);
  return documents(Testing.synth(chart));
}

function documents(manifests: Manifest[]) {
  expectSound(manifests);
  const document = documentOf(manifests, 'web-v1');
  const listener = document.listeners.find(({ name }) => name === 'outbound/shop/catalog:80')!;
  return { manifests, document, listener, routes: listener.routes };
}

describe('routes of a service', () => {
  test('come before the one for all other requests, in the documents of all callers', () => {
    const { routes } = setUp(({ catalog }) => {
      const next = catalog.addVersion('v2', { ...version, weight: 0 });
      catalog.addRoute(Route.when(Match.header('x-beta', 'true')).to(next));
    });
    expect(routes).toEqual([
      { name: 'header-x-beta-true', matches: [{ headers: [{ name: 'x-beta', value: 'true' }] }], split: [{ cluster: 'shop/catalog-v2', weight: 1 }] },
      { name: 'default', split: [{ cluster: 'shop/catalog-v1', weight: 100 }, { cluster: 'shop/catalog-v2', weight: 0 }] },
    ]);
  });

  test('bring the clusters and the permission of their targets, whether the call was declared before or after', () => {
    const build = (chart: Chart, callsFirst: boolean) => {
      const other = newChart({ namespace: 'other' }, 'other', chart.node.root as never);
      const web = service(chart, 'web');
      const catalog = service(chart, 'catalog');
      if (callsFirst) web.calls(catalog);
      catalog.addRoute(Route.when(Match.pathPrefix('/search')).to(service(other, 'search', { loadBalancing: LoadBalancing.leastRequest() })));
      if (!callsFirst) web.calls(catalog);
      return [...Testing.synth(chart), ...Testing.synth(other)];
    };
    const [before, after] = [true, false].map((callsFirst) => build(newChart(), callsFirst));
    const { document, routes } = documents(before);
    expect(documents(after).document).toEqual(document);
    expect(routes[0]).toEqual({
      name: 'prefix-search', matches: [{ path: { type: 'prefix', value: '/search' } }], split: [{ cluster: 'other/search-v1', weight: 100 }],
    });
    expect(document.clusters.map(({ name }) => name)).toEqual(['app', 'shop/catalog-v1', 'other/search-v1']);
    expect(document.clusters[2]).toMatchObject({ loadBalancing: { type: 'leastRequest' } });
    for (const manifests of [before, after]) {
      expect(findByKind(manifests, 'Role').map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toContain('other/cdk8s-mesh.shop.web');
    }
    expect(document.listeners.flatMap(({ hostnames = [] }) => hostnames)).not.toContain('search.other');
  });
});

const beta = Route.when(Match.header('x-beta', 'true'));
const cookies = (chart: Chart, name: string) => SessionPersistence.cookie(name, { keys: kplus.Secret.fromSecretName(chart, `Keys-${name}`, `keys-of-${name}`) });
const namesIn = (routes: readonly { readonly name: string }[]) => routes.map(({ name }) => name);

describe('a route', () => {
  test('without a target goes to the service as all other requests do, with what it changes', () => {
    const { routes } = setUp(({ catalog }) => {
      catalog.addVersion('v2', { ...version, weight: 10 });
      catalog.addRoute(Route.when(Match.pathPrefix('/export')).timeout(Duration.minutes(2)));
    }, undefined);
    const split = [{ cluster: 'shop/catalog-v1', weight: 90 }, { cluster: 'shop/catalog-v2', weight: 10 }];
    expect(routes).toEqual([
      { name: 'prefix-export', matches: [{ path: { type: 'prefix', value: '/export' } }], split, timeoutMs: 120_000 }, { name: 'default', split },
    ]);
  });

  test('has what it does not say of the call: timeout, retries, faults, fallback, sessions and keys', () => {
    const chart = newChart();
    const [web, catalog, spare] = ['web', 'catalog', 'spare'].map((name) => service(chart, name));
    const next = catalog.addVersion('v2', version);
    catalog.addRoute(beta.to(next));
    catalog.addRoute(Route.when(Match.pathPrefix('/fast')).to(next).timeout(Duration.seconds(15)).retry(Retry.idempotent({ maxRetries: 1 })).faults()
      .sessionPersistence(SessionPersistence.none()));
    web.calls(catalog, {
      timeout: Duration.millis(300), retry: Retry.none(), fallback: Fallback.to(spare), sessionPersistence: cookies(chart, 'call'),
      faults: [FaultInjection.abort(503, { headerName: 'x-fault' })],
    });
    const { routes } = documents(Testing.synth(chart));
    const { name: _, split: __, ...rest } = routes[2];
    expect(routes[0]).toEqual({ name: 'header-x-beta-true', matches: expect.anything(), split: [{ cluster: 'shop/catalog-v2', weight: 1 }], ...rest });
    expect(Object.keys(rest).sort()).toEqual(['fallback', 'faults', 'retry', 'session', 'timeoutMs']);
    expect(routes[1]).toEqual({
      name: 'prefix-fast', matches: expect.anything(), split: [{ cluster: 'shop/catalog-v2', weight: 1 }], fallback: rest.fallback, retry: { maxRetries: 1 },
    });
  });

  test('to another service has retries, sessions and keys of that, and no fallback of the call', () => {
    const chart = newChart();
    const [web, catalog, spare, once] = ['web', 'catalog', 'spare', 'once'].map((name) => service(chart, name, name === 'once' ? { retry: Retry.none() } : {}));
    const hashed = service(chart, 'hashed', { loadBalancing: LoadBalancing.ringHash(HashKey.header('x-user')) });
    const kept = service(chart, 'kept', { sessionPersistence: cookies(chart, 'kept') });
    [once, hashed, kept].forEach((target) => catalog.addRoute(Route.when(Match.pathPrefix(`/${target.serviceName}`)).to(target)));
    web.calls(catalog, { fallback: Fallback.to(spare) });
    const manifests = Testing.synth(chart);
    const { routes } = documents(manifests);
    expect(routes.map(({ retry, hash, session, fallback }) => ({ retry, hash, session: session?.cookie, fallback: fallback?.length }))).toEqual([
      { retry: { maxRetries: 0 } }, { hash: [{ type: 'header', name: 'x-user' }] }, { session: 'kept' }, { fallback: 1 },
    ]);
    const [{ spec: { template: { spec } } }] = findByKind(manifests, 'Deployment').filter(({ metadata }) => metadata.name === 'web-v1');
    expect(JSON.stringify(spec.volumes)).toContain('keys-of-kept');
  });

  test('to what the caller calls anyway is called as that call says', () => {
    const { routes, document } = setUp(({ web, catalog, search }) => {
      web.calls(search, { retry: Retry.none(), loadBalancing: LoadBalancing.leastRequest() });
      catalog.addRoute(beta.to(search));
    });
    expect(routes[0]).toMatchObject({ retry: { maxRetries: 0 } });
    expect(document.clusters.filter(({ name }) => name === 'shop/search-v1')).toEqual([expect.objectContaining({ loadBalancing: { type: 'leastRequest' } })]);
  });

  test('to a version of another service brings the cluster of that version only', () => {
    const { routes, document } = setUp(({ catalog, search }) => catalog.addRoute(beta.to(search.addVersion('v2', version))));
    expect(routes[0].split).toEqual([{ cluster: 'shop/search-v2', weight: 1 }]);
    expect(document.clusters.map(({ name }) => name)).toEqual(['app', 'shop/catalog-v1', 'shop/search-v2']);
  });

  test('to a service outside of the mesh asks it nothing of the mesh', () => {
    const { routes, document } = setUp(({ chart, catalog }) => (
      catalog.addRoute(beta.to(new ExternalService(chart, 'outside', { endpoints: ExternalEndpoints.addresses({ address: '10.1.0.1', port: 80 }) })))));
    expect(routes[0]).toMatchObject({ split: [{ cluster: 'shop/outside', weight: 1 }], meshFields: false });
    expect(document.clusters[2]).toMatchObject({ name: 'shop/outside', meshFields: false });
  });

  test('to an exposed workload, and a copy to a service of two versions', () => {
    const { routes } = setUp(({ chart, catalog, search }) => {
      search.addVersion('v2', { ...version, weight: 25 });
      const workload = new kplus.StatefulSet(chart, 'ledger', { containers: [{ image: 'x:1', portNumber: 8080 }] });
      catalog.addRoute(beta.to(new MeshSidecar(chart, 'proxy', { workload }).expose()).mirror(search, { percent: 40 }));
    });
    expect(routes[0]).toMatchObject({
      split: [{ cluster: 'shop/ledger-v1', weight: 1 }], mirror: [{ cluster: 'shop/search-v1', percent: 30 }, { cluster: 'shop/search-v2', percent: 10 }],
    });
  });

  test('for all requests takes the place of the default', () => {
    const { routes } = setUp(({ catalog, search }) => {
      catalog.addRoute(Route.always().to(search));
      catalog.addRoute(beta.respond(204));
    });
    expect(routes).toEqual([
      { name: 'header-x-beta-true', matches: expect.anything(), respond: { status: 204 } }, { name: 'default', split: [{ cluster: 'shop/search-v1', weight: 100 }] },
    ]);
  });

  test('is changed by none of its methods, so that one can be the beginning of several', () => {
    const { routes } = setUp(({ catalog, search }) => {
      const start = Route.when(Match.pathPrefix('/a')).timeout(Duration.seconds(1));
      start.to(catalog).setRequestHeader('x-a', '1').orWhen(Match.method('GET'));
      catalog.addRoute(start.to(search));
    });
    expect(routes[0]).toEqual({
      name: 'prefix-a', matches: [{ path: { type: 'prefix', value: '/a' } }], split: [{ cluster: 'shop/search-v1', weight: 100 }], timeoutMs: 1_000,
    });
  });

  test('of an external service, as any other', () => {
    const chart = newChart();
    const web = service(chart, 'web');
    const outside = new ExternalService(chart, 'outside', { endpoints: ExternalEndpoints.dns('api.example.com') });
    outside.addRoute(Route.when(Match.pathPrefix('/internal')).respond(403));
    web.calls(outside);
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    expect(namesIn(documentOf(manifests, 'web-v1').listeners[1].routes)).toEqual(['prefix-internal', 'default']);
  });
});

describe('routes of a call', () => {
  test('take the place of those of the service, for that caller only', () => {
    const chart = newChart();
    const [web, other, catalog, search] = ['web', 'other', 'catalog', 'search'].map((name) => service(chart, name));
    catalog.addRoute(beta.to(search));
    web.calls(catalog, { routes: [Route.when(Match.pathExact('/health')).respond(200, { body: 'ok' })] });
    other.calls(catalog);
    const manifests = Testing.synth(chart);
    const { routes, document } = documents(manifests);
    expect(namesIn(routes)).toEqual(['path-health', 'default']);
    expect(document.clusters.map(({ name }) => name)).not.toContain('shop/search-v1');
    expect(namesIn(documentOf(manifests, 'other-v1').listeners[1].routes)).toEqual(['header-x-beta-true', 'default']);
  });

  test('an empty list leaves the default only', () => {
    const { routes } = setUp(({ catalog, search }) => catalog.addRoute(beta.to(search)), () => ({ routes: [] }));
    expect(namesIn(routes)).toEqual(['default']);
  });

  test('need the permission to find their targets', () => {
    const chart = newChart();
    const other = newChart({ namespace: 'other' }, 'other', chart.node.root as never);
    const web = service(chart, 'web');
    web.calls(service(chart, 'catalog'), { routes: [beta.to(service(other, 'search'))] });
    expect([...Testing.synth(chart), ...Testing.synth(other)].filter(({ kind, metadata }) => kind === 'RoleBinding' && metadata.namespace === 'other')).toHaveLength(1);
  });
});

describe('a condition of the caller', () => {
  function callers() {
    const chart = newChart();
    const [web, cart, catalog, search] = ['web', 'cart', 'catalog', 'search'].map((name) => service(chart, name));
    const webNext = web.addVersion('v2', version);
    [web, cart].forEach((caller) => caller.calls(catalog));
    const routesOf = (workload: string) => {
      const manifests = Testing.synth(chart);
      expectSound(manifests);
      return documentOf(manifests, workload).listeners.find(({ name }) => name === 'outbound/shop/catalog:80')!.routes;
    };
    return { chart, web, webNext, cart, catalog, search, routesOf };
  }

  test('puts a route into the documents of that caller only, without the condition', () => {
    const { web, catalog, search, routesOf } = callers();
    catalog.addRoute(Route.when(Match.caller(web), Match.pathPrefix('/search')).to(search));
    expect(routesOf('web-v1')[0]).toMatchObject({ name: 'from-web-prefix-search', matches: [{ path: { type: 'prefix', value: '/search' } }] });
    expect(namesIn(routesOf('web-v2'))).toEqual(['from-web-prefix-search', 'default']);
    expect(namesIn(routesOf('cart-v1'))).toEqual(['default']);
  });

  test('alone is a route for all requests of the caller, before one for all callers', () => {
    const { cart, catalog, search, routesOf } = callers();
    catalog.addRoute(Route.always().respond(503));
    catalog.addRoute(Route.when(Match.caller(cart)).to(search));
    expect(routesOf('cart-v1').map(({ name, matches }) => [name, matches])).toEqual([['from-cart', undefined]]);
    expect(namesIn(routesOf('web-v1'))).toEqual(['default']);
  });

  test('may be one version of a service, and brings it alone the permission', () => {
    const { chart, webNext, catalog, routesOf } = callers();
    const other = newChart({ namespace: 'other' }, 'other', chart.node.root as never);
    catalog.addRoute(Route.when(Match.caller(webNext)).to(service(other, 'far')));
    expect(namesIn(routesOf('web-v1'))).toEqual(['default']);
    expect(namesIn(routesOf('web-v2'))).toEqual(['from-v2']);
    expect(Testing.synth(chart).filter(({ kind, metadata }) => kind === 'Role' && metadata.namespace === 'other').map(({ metadata }) => metadata.name))
      .toEqual(['cdk8s-mesh.shop.web']);
  });
});

test('splits over services and versions keep what each is given, and the weights of its own versions', () => {
  const { routes } = setUp(({ catalog, search }) => {
    search.addVersion('v2', { ...version, weight: 25 });
    catalog.addRoute(Route.always().to(catalog, { weight: 90 }).to(search, { weight: 10 }));
    catalog.addRoute(beta.to(catalog.addVersion('v2', version), { weight: 60 }).to(catalog.versions[0], { weight: 35 }));
  });
  expect(routes[1].split).toEqual([
    { cluster: 'shop/catalog-v1', weight: 36 }, { cluster: 'shop/catalog-v2', weight: 0 }, { cluster: 'shop/search-v1', weight: 3 }, { cluster: 'shop/search-v2', weight: 1 },
  ]);
  expect(routes[0].split).toEqual([{ cluster: 'shop/catalog-v2', weight: 60 }, { cluster: 'shop/catalog-v1', weight: 35 }]);
});

test('how paths are normalised is said to the callers of a service, and to itself', () => {
  const chart = newChart();
  const web = service(chart, 'web');
  const files = service(chart, 'files', { encodedSlashes: EncodedSlashes.KEEP, mergeSlashes: true });
  files.addRoute(Route.when(Match.pathExact('/a%2Fb')).respond(200));
  web.calls(files);
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  const path = { encodedSlashes: 'keep', mergeSlashes: true };
  expect(documentOf(manifests, 'web-v1').listeners.map((listener) => listener.path)).toEqual([undefined, path]);
  expect(documentOf(manifests, 'files-v1').listeners[0].path).toEqual(path);
});

test('everything that a route can say is in the document', () => {
  const { routes } = setUp(({ chart, catalog, search }) => {
    const shadow = service(chart, 'shadow');
    catalog.addRoute(Route.when(Match.pathPrefix('/search'), Match.method('GET')).orWhen(Match.pathPrefix('/search'), Match.query('q')).to(search)
      .timeout(Duration.millis(200)).mirror(shadow, { percent: 5, maxBodySize: Size.kibibytes(1) })
      .setRequestHeader('x-a', '1').addRequestHeader('x-b', '2').removeRequestHeader('x-c').setResponseHeader('x-d', '3')
      .rewritePathPrefix('/v2').rewriteHost('search').retry(Retry.none()).hashKeys(HashKey.header('x-user')).faults(FaultInjection.abort(503)).named('search'));
    catalog.addRoute(Route.when(Match.pathExact('/old')).redirect({ path: '/new', scheme: RedirectScheme.HTTPS, status: 301 }));
    catalog.addRoute(Route.when(Match.pathExact('/health')).respond(200, { body: 'ok' }));
  });
  const prefix = { type: 'prefix', value: '/search' };
  expect(routes).toEqual([{
    name: 'search',
    matches: [{ path: prefix, method: 'GET' }, { path: prefix, query: [{ name: 'q' }] }],
    split: [{ cluster: 'shop/search-v1', weight: 100 }],
    faults: [{ percent: 100, abortStatus: 503 }],
    timeoutMs: 200,
    hash: [{ type: 'header', name: 'x-user' }],
    retry: { maxRetries: 0 },
    requestHeaders: { remove: ['x-c'], set: [{ name: 'x-a', value: '1' }], add: [{ name: 'x-b', value: '2' }] },
    responseHeaders: { set: [{ name: 'x-d', value: '3' }] },
    rewrite: { path: { type: 'prefix', value: '/v2' }, host: 'search' },
    mirror: [{ cluster: 'shop/shadow-v1', percent: 5, maxBodyBytes: 1_024 }],
  }, {
    name: 'path-old',
    matches: [{ path: { type: 'exact', value: '/old' } }],
    redirect: { scheme: 'https', path: { type: 'full', value: '/new' }, status: 301 },
  }, {
    name: 'path-health',
    matches: [{ path: { type: 'exact', value: '/health' } }],
    respond: { status: 200, body: 'ok' },
  }, {
    name: 'default',
    split: [{ cluster: 'shop/catalog-v1', weight: 100 }],
  }]);
});
