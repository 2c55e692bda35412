/** What is told of two stacks that the constructs make. */
import { Chart, Duration } from 'cdk8s';
import {
  ConcurrencyLimit, DisruptionBudget, Fallback, FaultInjection, HashKey, HealthCheck, LoadBalancing, MeshServiceProps, OutlierDetection, ProxyLimits,
  RateLimit, Retry, Scaling, ServiceType,
} from '../../../src';
import { diffOf } from '../../../src/cli/diff/diff';
import { renderDiff, renderMarkdown } from '../../../src/cli/diff/render';
import type { RouteConfig, RouteMatch } from '../../../src/contract';
import type { Stack } from '../../../src/cli/stack/stack';
import { containers, service, stackOf } from '../explain/support';

type CallOptions = Parameters<ReturnType<typeof service>['calls']>[1];

/** A catalog of two versions, which web calls. */
function shop(props: Partial<MeshServiceProps> = {}, options: CallOptions = {}, weight = 5): (chart: Chart) => void {
  return (chart) => {
    const catalog = service(chart, 'catalog', props);
    catalog.addVersion('v2', { containers, weight });
    service(chart, 'web').calls(catalog, options);
  };
}

const linesOf = (before: Stack, after: Stack): string[] => diffOf(before, after)
  .map(({ where, subject, what, from, to, meaning }) => `${where} | ${subject} | ${what}: ${from} => ${to} | ${meaning}`);

const plain = stackOf(shop());
const changed = (...other: Parameters<typeof shop>): string[] => linesOf(plain, stackOf(shop(...other)));

test('GIVEN the same stack THEN nothing is told', () => {
  expect(linesOf(plain, stackOf(shop()))).toEqual([]);
  expect(renderDiff([])).toEqual(['nothing behaves otherwise']);
});

test('GIVEN defaults that are written out THEN nothing is told', () => {
  const defaults = { timeout: Duration.seconds(15), retry: Retry.idempotent({ maxRetries: 2 }) };
  expect(changed({ loadBalancing: LoadBalancing.roundRobin() }, defaults)).toEqual([]);
});

test.each<[string, Partial<MeshServiceProps>, CallOptions, string[]]>([
  ['a timeout', {}, { timeout: Duration.seconds(20) }, ['web -> catalog |  | timeout: 15 s => 20 s | requests are given up later']],
  ['no timeout', {}, { timeout: Duration.millis(0) }, ['web -> catalog |  | timeout: 15 s => none | requests are never given up']],
  ['no retries', {}, { retry: Retry.none() }, ['web -> catalog |  | retries: 2 => 0 | a request that fails is not sent again']],
  ['other retries', {}, { retry: Retry.allMethods({ maxRetries: 3 }) }, [
    'web -> catalog |  | retries: 2 => 3 | more attempts before a request fails', 'web -> catalog |  | retried methods: idempotent => all | ',
  ]],
  ['a policy', { loadBalancing: LoadBalancing.leastRequest() }, {}, ['web -> catalog |  | balancing: round robin => least request of 2 choices | ']],
  ['a hash key', { loadBalancing: LoadBalancing.maglev(HashKey.header('x-user')) }, {}, [
    'web -> catalog |  | hash keys: none => header x-user | requests move to other pods', 'web -> catalog |  | balancing: round robin => Maglev | ',
  ]],
  ['faults', {}, { faults: [FaultInjection.abort(503, { percent: 1, headerName: 'x-chaos' })] }, [
    'web -> catalog |  | faults: none => 1 % of those with x-chaos get 503 | ',
  ]],
  ['outlier detection', { outlierDetection: OutlierDetection.off() }, {}, ['web -> catalog |  | outlier detection: enforce => off | ']],
  ['a health check', { healthCheck: HealthCheck.tcp() }, {}, ['web -> catalog |  | health check: none => TCP check every 5 s, out after 3 failed | ']],
  ['a limit of the call', {}, { connections: { maxRequests: 10 } }, ['web -> catalog |  | active requests at most: none => 10 | more requests get 503']],
  ['pods', { scaling: Scaling.between(2, 5, { cpuPercent: 60 }) }, {}, [
    'catalog |  | replicas: 2 pods => 2 to 5 pods | ', 'catalog |  | scales by: nothing => cpu 60 % | ',
  ]],
  ['a disruption budget', { disruptionBudget: DisruptionBudget.none() }, {}, [
    'catalog |  | disruption budget: maxUnavailable 1 => none | a drain of nodes may take all pods at a time',
  ]],
  ['admission', { admission: { concurrency: ConcurrencyLimit.of(40), rateLimit: RateLimit.perSecond(100) } }, {}, [
    'catalog |  | admission: none => lets in 40 requests at a time, then 503; 100 requests a second and bursts of 100, then 429 | ',
  ]],
  ['a limit of the sidecars', { limits: { maxConnections: 500 } as ProxyLimits }, {}, [expect.stringMatching(/^catalog \| {2}\| limits\.maxConnections: 10000 => 500 \| $/)]],
  ['clients from outside', { type: ServiceType.LOAD_BALANCER }, {}, [
    'catalog |  | Service catalog: ClusterIP 80 to mesh-http => LoadBalancer 80 to mesh-http | clients outside of the cluster reach it',
  ]],
])('GIVEN %s THEN it is told, with its meaning', (_, props, options, lines) => {
  expect(changed(props, options).map((line) => line.replace(/(ClusterIP|LoadBalancer) 80 to \S+/g, '$1 80 to mesh-http'))).toEqual(lines);
});

test('GIVEN weights THEN shares of the requests are told', () => {
  expect(changed({}, {}, 20)).toEqual([
    'web -> catalog | catalog v1 | share: 95 % => 80 % | of the requests of web', 'web -> catalog | catalog v2 | share: 5 % => 20 % | of the requests of web',
  ]);
});

test('GIVEN versions, services and calls that come and go THEN they are told', () => {
  const old = stackOf((chart) => {
    const catalog = service(chart, 'catalog');
    const web = service(chart, 'web');
    web.calls(catalog);
    service(chart, 'legacy').calls(catalog);
  });
  const lines = linesOf(old, stackOf((chart) => {
    const catalog = service(chart, 'catalog');
    catalog.addVersion('v2', { containers, weight: 10 });
    const web = service(chart, 'web');
    web.calls(catalog);
    web.calls(service(chart, 'cart'), { timeout: Duration.seconds(1) });
  }));
  expect(lines).toEqual([
    'catalog | v2 | version:  => 2 pods | ',
    expect.stringMatching(/^catalog \| {2}\| Service catalog-v2: {2}=> ClusterIP /),
    'legacy |  | service: v1 with 2 pods =>  | ',
    'cart |  | service:  => v1 with 2 pods | ',
    'web -> catalog | catalog v1 | share: 100 % => 90 % | of the requests of web',
    'web -> catalog | catalog v2 | share:  => 10 % | of the requests of web',
    'legacy -> catalog |  | call: 100 % catalog v1, timeout 15 s =>  | no sidecar takes it any more',
    'web -> cart |  | call:  => 100 % cart v1, timeout 1 s | the sidecar takes it from now on',
  ]);
});

test('GIVEN a fallback THEN it is told', () => {
  const build = (fallback: boolean): Stack => stackOf((chart) => {
    const backup = service(chart, 'backup');
    service(chart, 'web').calls(service(chart, 'catalog'), fallback ? { fallback: Fallback.to(backup, { recovery: Duration.seconds(10) }) } : {});
  });
  expect(linesOf(build(false), build(true))).toEqual([
    'web -> catalog |  | fallback:  => 100 % backup v1 below 71.4 %, back over 10 s | ',
    "web -> catalog |  | panic below: 50 % => none | pods that don't work get no requests",
  ]);
});

test('GIVEN NetworkPolicies THEN it is told whom they stop', () => {
  const policy = (port: number): object => ({
    apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'closed', namespace: 'shop' },
    spec: { podSelector: { matchLabels: { 'cdk8s-mesh/service': 'catalog' } }, policyTypes: ['Ingress'], ingress: [{ ports: [{ port }] }] },
  });
  expect(linesOf(stackOf(shop(), policy(15_006)), stackOf(shop(), policy(8_080)))).toEqual(['web -> catalog |  | NetworkPolicies: let in => stopped | connections time out']);
  expect(linesOf(stackOf(shop(), policy(8_080)), plain)).toEqual(['web -> catalog |  | NetworkPolicies: stopped => let in | connections are possible']);
});

describe('routes', () => {
  type Route = Partial<RouteConfig> & { readonly matches?: readonly RouteMatch[] };
  const withRoutes = (...routes: readonly Route[]): Stack => {
    const stack = stackOf(shop());
    const listener = stack.documentOf(stack.workloadsNamed('web', 'web')[0]!).listeners.find(({ direction }) => direction === 'outbound')!;
    listener.routes.splice(0, 1, ...routes.map((route) => ({ ...listener.routes[0]!, ...route } as never)));
    return stack;
  };
  const path = (value: string): RouteMatch[] => [{ path: { type: 'prefix', value } }];
  const beta = { name: 'beta', matches: path('/beta'), split: [{ cluster: 'shop/catalog-v2', weight: 1 }] };

  it('come and go, with their conditions', () => {
    expect(linesOf(plain, withRoutes({}, beta))).toEqual(["web -> catalog | route 'beta' | route:  => path /beta/* to 100 % catalog v2 | "]);
    expect(linesOf(withRoutes({}, beta), plain)).toEqual([
      "web -> catalog | route 'beta' | route: path /beta/* to 100 % catalog v2 =>  | its requests go to other routes",
    ]);
    expect(linesOf(withRoutes(beta, { name: 'other', matches: path('/other') }), withRoutes({ name: 'other', matches: path('/other') }))).toEqual([
      "web -> catalog | route 'beta' | route: path /beta/* to 100 % catalog v2 =>  | its requests go to other routes, or get 404",
    ]);
  });
  it('redirect', () => {
    const moved = { name: 'moved', matches: path('/old'), split: [], redirect: { scheme: 'https', host: 'b', path: { type: 'prefix', value: '/new' } } } satisfies Route;
    expect(linesOf(plain, withRoutes({}, moved))).toEqual([
      "web -> catalog | route 'moved' | route:  => path /old/* redirected with 302 to https, host b, path /new/* | ",
    ]);
  });
  it('copy requests', () => {
    const copying = (percent: number, maxBodyBytes = 65_536): Stack => withRoutes({}, { ...beta, mirror: [{ cluster: 'shop/catalog-v1', percent, maxBodyBytes }] });
    expect(linesOf(withRoutes({}, beta), copying(5))).toContainEqual("web -> catalog | route 'beta' | copies: none => 5 % to catalog v1 | ");
    expect(linesOf(copying(5), copying(10))).toEqual(["web -> catalog | route 'beta' | copies: 5 % to catalog v1 => 10 % to catalog v1 | "]);
    expect(linesOf(copying(5), copying(5, 1_024))).toEqual([
      "web -> catalog | route 'beta' | copies: 5 % to catalog v1 with bodies of up to 64 KiB => 5 % to catalog v1 with bodies of up to 1 KiB | ",
    ]);
  });
  it('take other requests, and send them elsewhere', () => {
    expect(linesOf(withRoutes({}, beta), withRoutes({}, { ...beta, matches: path('/new'), split: [{ cluster: 'shop/catalog-v1', weight: 1 }] }))).toEqual([
      "web -> catalog | route 'beta' | takes: path /beta/* => path /new/* | ",
      "web -> catalog | catalog v2 | share: 100 % =>  | of the requests that route 'beta' takes",
      "web -> catalog | catalog v1 | share:  => 100 % | of the requests that route 'beta' takes",
    ]);
  });
  it('change their order of precedence', () => {
    const other = { name: 'other', matches: path('/beta/x'), split: beta.split };
    expect(linesOf(withRoutes({}, beta, other), withRoutes({}, { ...beta, matches: path('/beta/x/y') }, other))).toContainEqual(
      'web -> catalog |  | precedence: other, beta, default => beta, other, default | requests that suit several routes take another one',
    );
  });
  it('change what they do besides', () => {
    expect(linesOf(withRoutes({}, beta), withRoutes({}, { ...beta, requestHeaders: { remove: ['x-a'] }, rewrite: { host: 'api' } }))).toEqual([
      "web -> catalog | route 'beta' | request headers: none => removes x-a | ", "web -> catalog | route 'beta' | rewrite: none => host api | ",
    ]);
  });
});

test('GIVEN versions of the caller that change unlike THEN it is told of which', () => {
  const build = (timeout: number): Stack => {
    const stack = stackOf((chart) => {
      const web = service(chart, 'web');
      web.addVersion('v2', { containers, weight: 5 });
      web.calls(service(chart, 'catalog'));
    });
    const [, v2] = stack.workloadsNamed('web', 'web');
    Object.assign(stack.documentOf(v2!).listeners.find(({ direction }) => direction === 'outbound')!.routes[0]!, { timeoutMs: timeout });
    return stack;
  };
  expect(linesOf(build(15_000), build(1_000))).toEqual(['web -> catalog | from v2 | timeout: 15 s => 1 s | requests are given up sooner']);
});

test('GIVEN services of one name in two namespaces THEN they are told apart', () => {
  const build = (replicas: number): Stack => stackOf((chart) => {
    service(chart, 'web');
    const other = new Chart(chart, 'other', { namespace: 'other', disableResourceNameHashes: true });
    service(other, 'web', { scaling: Scaling.replicas(replicas) });
    service(other, 'cart');
  });
  expect(linesOf(build(2), build(3))).toEqual(['web.other |  | replicas: 2 pods => 3 pods | ']);
});

test('GIVEN changes THEN text and Markdown have a line for each', () => {
  const changes = diffOf(plain, stackOf(shop({ scaling: Scaling.replicas(3) }, { timeout: Duration.millis(300) }, 20)));
  expect(renderDiff(changes)).toEqual([
    'catalog', '  replicas  2 pods → 3 pods', '',
    'web -> catalog',
    '  catalog v1  share                    95 % → 80 %    of the requests of web',
    '  catalog v2  share                    5 % → 20 %     of the requests of web',
    '              timeout                  15 s → 300 ms  requests are given up sooner',
    '              timeout of a connection  1 s → 75 ms    another endpoint is tried sooner', '',
    '5 changes',
  ]);
  expect(renderMarkdown(changes)).toEqual([
    '### catalog', '', '| | | change | |', '|---|---|---|---|', '|  | replicas | 2 pods → 3 pods |  |', '',
    '### web → catalog', '', '| | | change | |', '|---|---|---|---|',
    '| catalog v1 | share | 95 % → 80 % | of the requests of web |', '| catalog v2 | share | 5 % → 20 % | of the requests of web |',
    '|  | timeout | 15 s → 300 ms | requests are given up sooner |', '|  | timeout of a connection | 1 s → 75 ms | another endpoint is tried sooner |',
  ]);
});
