/** Everything that a person can get wrong about a gateway, and what they read then. */
import { ApiObject, Chart, Duration, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Gateway, GatewayCertificate, GatewayProps, Match, MeshService, RateLimit, RedirectScheme, Route, Scaling, ServiceType, TrafficPolicy,
} from '../../src';
import { newChart } from '../support/manifests';

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const tls = [GatewayCertificate.fromSecretName('shop-tls')];

interface Shop { readonly chart: Chart; readonly web: MeshService; readonly edge: Gateway }

/** What is said, when something is created or added, or at synthesis. */
function said(props: GatewayProps = {}, build: (the: Shop) => void = ({ edge, web }) => edge.route('shop.example.com', web)): string {
  const chart = newChart();
  try {
    const web = new MeshService(chart, 'web', { containers: [app] });
    const edge = new Gateway(chart, 'edge', props);
    build({ chart, web, edge });
    Testing.synth(chart);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

test.each<[string, GatewayProps, string[]]>([
  ['a certificate list that is empty', { tls: [] }, ['\'tls\' is []', 'list 1 to 64 certificates']],
  ['what is no certificate', { tls: ['shop-tls'] as never }, ['\'tls[0]\' is "shop-tls"', 'GatewayCertificate.fromSecretName']],
  ['a Secret\'s name', { tls: [GatewayCertificate.fromSecretName('Shop_TLS')] }, ['\'tls[0]\' is "Shop_TLS"', 'use 1 to 253 of a-z']],
  ['a Secret twice', { tls: [...tls, ...tls] }, ['\'tls[1]\' is "shop-tls"', 'list it once']],
  ['hosts of a certificate', { tls: [GatewayCertificate.fromSecretName('a', { hosts: ['Shop.example.com:443'] })] }, ['\'tls[0].hosts\'', 'in lower case']],
  ['a redirect to nowhere', { httpsRedirect: true }, ['\'httpsRedirect\' is true', 'nothing would answer there', '\'tls\'']],
  ['a version without TLS', { minimumTlsVersion: '1.3' as never }, ['\'minimumTlsVersion\'', 'no TLS without a certificate']],
  ['an unknown version', { tls, minimumTlsVersion: '1.1' as never }, ['\'minimumTlsVersion\' is "1.1"', 'TlsVersion.TLS_1_2']],
  ['HSTS without TLS', { hsts: {} }, ['\'hsts\' is {}', 'by HTTPS only', 'forwarded.trustedHops']],
  ['HSTS that lists would not take', { tls, hsts: { preload: true } }, ['\'hsts.preload\'', 'includeSubdomains']],
  ['HSTS of half a second', { tls, hsts: { maxAge: Duration.millis(500) } }, ['\'hsts.maxAge (seconds)\' is 0.5', 'whole number']],
  ['the PROXY protocol from nobody', { proxyProtocol: { from: [] } }, ['\'proxyProtocol.from\' is []', 'networks of the load balancers']],
  ['the PROXY protocol from no network', { proxyProtocol: { from: ['10.0.0.0/33'] } }, ['\'proxyProtocol.from[0]\' is "10.0.0.0/33"', '10.0.0.0/8']],
  ['clients without a limit', { clients: {} }, ['\'clients\' is {}', 'it limits nothing']],
  ['clients without a limit by another name', { clients: { rateLimit: RateLimit.none() } }, ['it limits nothing']],
  ['networks of clients', { clients: { allow: ['example.com'] } }, ['\'clients.allow[0]\' is "example.com"', 'use an IP address']],
  ['connections of clients behind a proxy', { forwarded: { trustedHops: 1 }, clients: { maxConnections: 5 } },
    ['\'clients.maxConnections\' is 5', 'connections are those of proxies']],
  ['hops', { forwarded: { trustedHops: 17 } }, ['\'forwarded.trustedHops\' is 17', 'from 0 to 16']],
  ['a field of hops', { forwarded: { xForwardedFor: 'none' as never } }, ['XForwardedFor.APPEND']],
  ['origins', { cors: { allowOrigins: ['shop.example.com'] } }, ['\'cors.allowOrigins[0]\' is "shop.example.com"', 'https://shop.example.com']],
  ['a number for a time', { cors: { allowOrigins: ['*'], maxAge: 60 as never } }, ['\'cors.maxAge\' is 60', 'use a Duration']],
  ['a word for yes', { cors: { allowOrigins: ['*'], allowCredentials: 'yes' as never } }, ['\'cors.allowCredentials\' is "yes"', 'use true or false']],
  ['a number for the time of HSTS', { hsts: { maxAge: 60 as never, preload: 1 as never } }, ['\'hsts.maxAge\' is 60', '\'hsts.preload\' is 1']],
  ['no origins', { cors: {} as never }, ['\'cors.allowOrigins\'', 'list 1 to 64']],
  ['methods', { cors: { allowOrigins: ['*'], allowMethods: ['PUT, GET'] } }, ['\'cors.allowMethods[0]\'', 'use a method']],
  ['two pages for a status', { errorPages: [{ statuses: [503], body: '' }, { statuses: [502, 503], body: '' }] },
    ['\'errorPages[1].statuses\' is 503', 'keep one']],
  ['a page for what is no error', { errorPages: [{ statuses: [200], body: '' }] }, ['\'errorPages[0].statuses\' is 200', 'from 400 to 599']],
  ['a page that is too long', { errorPages: [{ statuses: [503], body: 'x'.repeat(16_385) }] }, ['16385 characters', 'up to 16384']],
  ['equal ports', { tls, port: 443 }, ['\'httpsPort\' is 443', 'a port each']],
  ['equal ports of nodes', { tls, nodePort: 30_000, httpsNodePort: 30_000 }, ['\'httpsNodePort\' is 30000', 'a port each']],
  ['a port for HTTPS without a certificate', { httpsPort: 8443 }, ['\'httpsPort\' is 8443', 'no HTTPS without a certificate']],
  ['ports of the proxy that clash', { proxyPorts: { inbound: 15020 } }, ['\'proxyPorts.admin\' is 15020', 'a port of its own']],
  ['ports of the proxy that need a privilege', { proxyPorts: { inbound: 80 } }, ['no privilege to listen below 1024']],
  ['a Service without an address', { type: ServiceType.HEADLESS }, ['clients from outside need an address']],
  ['what a type of Service has not', { type: ServiceType.CLUSTER_IP, nodePort: 30_000, externalTrafficPolicy: TrafficPolicy.LOCAL, loadBalancerClass: 'a' },
    ['\'nodePort\' is 30000', '\'externalTrafficPolicy\' is "Local"', '\'loadBalancerClass\' is "a"', '3 props are wrong']],
  ['a delay', { deregistrationDelay: 15 as never }, ['\'deregistrationDelay\' is 15', 'use a Duration']],
  ['a day and more to stop', { deregistrationDelay: Duration.days(1) }, ['\'deregistrationDelay\' is "86430 s with \'drain\'"', 'stay within a day']],
  ['an autoscaler without a request', { resources: {}, scaling: Scaling.between(2, 4) }, ['\'resources.cpu.request\'', 'add the request']],
  ['memory that is too little', { resources: { cpu: { request: kplus.Cpu.millis(1) }, memory: { limit: { toMebibytes: () => 20, toKibibytes: () => 20_480 } as never } } },
    ['\'resources.memory.limit\' is "20Mi"']],
  ['props that are none', { https: true } as never, ['\'https\' is not a prop here', 'use any of accessLog']],
  ['a name', { name: 'Edge' }, ['\'name\' is "Edge"', 'starting with a letter']],
])('%s', (_, props, words) => {
  const message = said(props);
  for (const word of words) expect(message).toContain(word);
});

test.each<[string, (the: Shop) => void, string[]]>([
  ['no route at all', () => {}, ['\'route()\' is missing', 'answers everything with 404']],
  ['a host with a port', ({ edge, web }) => edge.route('shop.example.com:80', web), ['is "shop.example.com:80"', 'without a port']],
  ['two routes for all requests of a host', ({ edge, web }) => { edge.route('a.example.com', web); edge.route('a.example.com', web); },
    ['addRoute(\'a.example.com\', Route.always())', 'has the same conditions and is declared before it']],
  ['a route that another one hides', ({ edge, web }) => {
    edge.addRoute('a.example.com', Route.when(Match.pathPrefix('/a')).to(web));
    edge.addRoute('a.example.com', Route.when(Match.pathPrefix('/a/')).to(web));
  }, ['never reached']],
  ['a route that goes nowhere', ({ edge }) => edge.addRoute('a.example.com', Route.when(Match.pathExact('/a'))), ['it says nothing of where requests go', 'to(), redirect() or respond()']],
  ['a target that is none', ({ edge }) => edge.route('a.example.com', 'web' as never), ['.to\' is "web"', 'give a MeshService']],
  ['a route that is none', ({ edge }) => edge.addRoute('a.example.com', {} as never), ['\'addRoute()\' got object', 'give it a route']],
  ['fields that the gateway writes', ({ edge, web }) => edge.addRoute('*', Route.always().to(web).setRequestHeader('X-Forwarded-For', '10.0.0.1').removeRequestHeader('forwarded')),
    ['.setRequestHeader\' is "X-Forwarded-For": the gateway writes this field by itself', '.removeRequestHeader\' is "forwarded"', 'prop \'forwarded\'']],
  ['a caller', ({ edge, web }) => edge.addRoute('*', Route.when(Match.caller(web)).to(web)), ['come from outside of the mesh']],
  ['a host twice', ({ edge, web }) => edge.addRoute('*', Route.when(Match.host('b.example.com')).to(web)), ['the host is the first argument']],
  ['a redirect to the same place', ({ edge }) => edge.addRoute('*.example.com', Route.always().redirect({ host: 'a.example.com' })),
    ['is "*.example.com Route.always() -> *.example.com Route.always()"', 'round in a circle', 'redirect to a URL that none of them takes']],
  ['a redirect to its own host', ({ edge }) => edge.addRoute('a.example.com', Route.always().redirect({ host: 'A.example.com' })), ['round in a circle', 'redirect to another']],
  ['a redirect to HTTPS by a route', ({ edge }) => edge.addRoute('a.example.com', Route.always().redirect({ scheme: RedirectScheme.HTTPS })),
    ['round in a circle', '\'httpsRedirect\'']],
  ['a redirect to a path that the route takes', ({ edge }) => edge.addRoute('a.example.com', Route.when(Match.pathPrefix('/a')).redirect({ host: 'a.example.com', path: '/a/b' })),
    ['round in a circle', 'redirect to a path that it does not take']],
  ['a target of another app', ({ edge }) => edge.route('*', new MeshService(newChart(), 'web', { containers: [app] })), ['it is of another app']],
])('%s', (_, build, words) => {
  const message = said({}, build);
  for (const word of words) expect(message).toContain(word);
});

describe('redirects in a circle', () => {
  const to = (host: string, options: object = {}) => Route.always().redirect({ host, ...options });
  const circle = 'clients would go round in a circle by these redirects; redirect to a URL that none of them takes';

  test.each<[string, GatewayProps, (the: Shop) => void, string]>([
    ['of two hosts', {}, ({ edge }) => {
      edge.addRoute('a.example.com', to('b.example.com'));
      edge.addRoute('b.example.com', to('a.example.com'));
    }, '\'addRoute(\'a.example.com\', Route.always())\' is "a.example.com Route.always() -> b.example.com Route.always() -> a.example.com Route.always()"'],
    ['of hosts and paths', {}, ({ edge, web }) => {
      edge.route('a.example.com', web);
      edge.route('b.example.com', web);
      edge.addRoute('a.example.com', Route.when(Match.pathPrefix('/new')).redirect({ host: 'b.example.com', pathPrefix: '/old' }));
      edge.addRoute('b.example.com', Route.when(Match.pathPrefix('/old')).redirect({ host: 'a.example.com', pathPrefix: '/new', scheme: RedirectScheme.HTTP }));
    }, 'a.example.com Route.when(Match.pathPrefix(\'/new\')) -> b.example.com Route.when(Match.pathPrefix(\'/old\'))'],
    ['to HTTPS and from there to HTTP', { tls }, ({ edge }) => {
      edge.addRoute('*.example.com', to('shop.example.com', { scheme: RedirectScheme.HTTP }));
    }, '*.example.com Route.always() -> \'httpsRedirect\' -> *.example.com Route.always()'],
    ['behind a proxy that speaks HTTPS', { httpsRedirect: true, forwarded: { trustedHops: 1 } }, ({ edge }) => {
      edge.addRoute('a.example.com', to('b.example.com', { scheme: RedirectScheme.HTTP }));
      edge.addRoute('b.example.com', to('a.example.com'));
    }, '\'httpsRedirect\''],
    ['over another gateway', {}, ({ chart, edge }) => {
      edge.addRoute('a.example.com', to('b.example.com', { port: 8080 }));
      new Gateway(chart, 'other', { port: 8080 }).addRoute('*.example.com', to('a.example.com', { port: 80 }));
    }, 'a.example.com Route.always() -> *.example.com Route.always()'],
  ])('%s', (_, props, build, expected) => {
    const message = said(props, build);
    expect(message).toContain(expected);
    expect(message).toContain(circle);
  });

  test.each<[string, GatewayProps, (the: Shop) => void]>([
    ['to the one host that is served', { tls }, ({ edge, web }) => {
      edge.route('shop.example.com', web);
      edge.addRoute('*.example.com', to('shop.example.com'));
      edge.addRoute('*', to('shop.example.com', { scheme: RedirectScheme.HTTPS }));
    }],
    ['to a port where the gateway does not listen', {}, ({ edge }) => edge.addRoute('a.example.com', to('a.example.com', { port: 8443 }))],
    ['to a host of nobody', {}, ({ edge }) => edge.addRoute('*', to('elsewhere.example.org'))],
    ['that ends at another path', {}, ({ edge, web }) => {
      edge.addRoute('a.example.com', to('b.example.com', { path: '/a' }));
      edge.addRoute('b.example.com', to('a.example.com'));
      edge.addRoute('b.example.com', Route.when(Match.pathExact('/a')).to(web));
    }],
    ['by a cookie, which the other host does not get', {}, ({ edge, web }) => {
      edge.addRoute('a.example.com', Route.when(Match.cookie('old')).redirect({ host: 'b.example.com' }));
      edge.route('a.example.com', web);
      edge.addRoute('b.example.com', to('a.example.com'));
    }],
  ])('are none: %s', (_, props, build) => {
    expect(() => said(props, build)).toThrow('nothing was thrown');
  });
});

test('a host that no certificate is for', () => {
  const certificates = [GatewayCertificate.fromSecretName('shop-tls', { hosts: ['shop.example.com', '*.shop.example.com'] })];
  const message = said({ tls: certificates }, ({ edge, web }) => {
    ['shop.example.com', 'a.shop.example.com', '*.shop.example.com', 'a.b.shop.example.com', 'blog.example.com', '*.example.com', '*'].forEach((host) => edge.route(host, web));
  });
  const told = [...message.matchAll(/'route\(\)' is "([^"]+)": no certificate/g)].map(([, host]) => host);
  expect(told).toEqual(['a.b.shop.example.com', 'blog.example.com', '*.example.com']);
});

test('a name that a service has', () => {
  expect(said({ name: 'web' })).toContain('\'name\' makes "web", which \'chart/web\' already is');
});

test('what the namespace refuses of its pods', () => {
  expect(said({}, ({ chart, edge, web }) => {
    new kplus.k8s.KubeNamespace(chart, 'Namespace', { metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } });
    edge.route('*', web);
    ApiObject.of(edge.deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/hostNetwork', true));
  })).toContain('enforces the restricted Pod Security Standard');
});
