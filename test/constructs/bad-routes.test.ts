/** Everything that a person can get wrong about routes, and what they read then. */
import { App, Chart, Duration, Size, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  ExternalEndpoints, ExternalService, FaultInjection, HashKey, Match, MeshService, MeshServiceProps, MeshSidecar, Retry, Route,
  SessionPersistence,
} from '../../src';
import { newChart } from '../support/manifests';

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers: [app], ...props });

interface Shop {
  readonly chart: Chart;
  readonly web: MeshService;
  readonly catalog: MeshService;
  readonly next: NonNullable<Parameters<Route['to']>[0]>;
  readonly search: MeshService;
}

function shop(): Shop {
  const chart = newChart();
  const [web, catalog, search] = ['web', 'catalog', 'search'].map((name) => service(chart, name));
  web.calls(catalog);
  return { chart, web, catalog, search, next: catalog.addVersion('v2', { containers: [app] }) };
}

/** What is said of routes, when they are added or at synthesis. */
function said(build: (the: Shop) => Route | Route[]): string {
  const the = shop();
  try {
    const routes = build(the);
    [routes].flat().forEach((route) => the.catalog.addRoute(route));
    Testing.synth(the.chart);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

const always = Route.always();
const on = Route.when(Match.pathPrefix('/a'));
const any = (value: unknown) => value as never;
const keys = kplus.Secret.fromSecretName(newChart(), 'Keys', 'session-keys');

const ONE: [string, (the: Shop) => Route, string][] = [
  ['a mode of the access log that there is not', () => on.accessLog(any('slow')), 'accessLog\' is "slow": use AccessLog.OFF, AccessLog.ERRORS or AccessLog.ALL'],
  ['no condition', () => Route.when(), '\'addRoute(Route.when()).when\' is []: name at least one condition, such as Match.pathPrefix(\'/search\'); for all requests use Route.always()'],
  ['an alternative of no condition', () => on.orWhen(), 'orWhen\' is []: name at least one condition'],
  ['something else than a condition', () => Route.when(any('/a')), '\'addRoute(Route.when(/a)).when\' is "/a": give conditions, such as Match.pathPrefix(\'/search\')'],
  ['an alternative of everything', () => always.orWhen(Match.method('GET')), 'is "Match.method(\'GET\')": the route takes every request without it; use Route.when(...) for the first conditions'],
  ['too many alternatives', () => Array.from({ length: 64 }, (_, i) => i).reduce((route, i) => route.orWhen(Match.pathExact(`/${i}`)), on), 'orWhen\' is 65: a route has at most 64 alternatives'],
  ['a path without its slash', () => Route.when(Match.pathPrefix('search')), 'is "Match.pathPrefix(\'search\')": the path \'search\' does not begin with `/`; use \'/search\''],
  ['a wildcard below a path', () => Route.when(Match.pathPrefix('/a/*')), 'is "Match.pathPrefix(\'/a/*\')": `*` is no wildcard in a path; use Match.pathPrefix(\'/a\'), which takes everything below it'],
  ['a wildcard for every path', () => Route.when(Match.pathExact('/**')), 'use Match.pathPrefix(\'/\')'],
  ['a wildcard at the end', () => Route.when(Match.pathPrefix('/a*')), 'a path has no wildcards and parameters; use Match.pathRegex(\'/a.*\')'],
  ['a wildcard in the middle', () => Route.when(Match.pathExact('/a/*/b')), 'use Match.pathRegex(\'/a/[^/]+/b\')'],
  ['a parameter of Express', () => Route.when(Match.pathExact('/items/:id')), 'use Match.pathRegex(\'/items/[^/]+\')'],
  ['a parameter of OpenAPI', () => Route.when(Match.pathExact('/items/{id}/tags')), 'use Match.pathRegex(\'/items/[^/]+/tags\')'],
  ['an expression that is too long', () => Route.when(Match.pathRegex(`/${'a'.repeat(1_024)}`)), `is "Match.pathRegex('/${'a'.repeat(102)}...": use printable ASCII, up to 1024 characters`],
  ['an expression that is an object', () => Route.when(Match.pathRegex(any(/a/))), 'is "Match.pathRegex(/a/)": use a text with a regular expression, such as \'/items/[0-9]+\''],
  ['a value that is no text', () => Route.when(Match.header('x-a', any(true))), 'is "Match.header(\'x-a\', true)": the value is no text; put it in quotes'],
  ['a cookie as a field', () => Route.when(Match.header('Cookie', 'a=b')), 'the field holds all cookies of a request; use Match.cookie() for one of them'],
  ['a weight that is a share', ({ search }) => on.to(search, { weight: 0.95 }), '.to(search).weight\' is 0.95: weights are whole numbers; use percent, such as 95'],
  ['a redirect in Istio\'s words', () => on.redirect(any({ uri: '/b' })), '.redirect.uri\' is not a prop here: use \'path\', or \'pathPrefix\''],
  ['a path with a query', () => Route.when(Match.pathExact('/a?b=1')), 'holds `?`'],
  ['a path with a fragment', () => Route.when(Match.pathExact('/a#b')), 'is "Match.pathExact(\'/a#b\')": clients never send what is behind #; leave it out'],
  ['a path with a space', () => Route.when(Match.pathExact('/a b')), 'is "Match.pathExact(\'/a b\')": the path \'/a b\' is in no request that is let through'],
  ['a path that is not ASCII', () => Route.when(Match.pathExact('/é')), 'use printable ASCII, up to 1024 characters; percent-encode all else'],
  ['a path with an encoded slash', () => Route.when(Match.pathExact('/a%2Fb')), 'is in no request that is let through: the path holds %2F'],
  ['no path', () => Route.when(Match.pathExact(any(undefined))), 'use a path that begins with /, such as /search'],
  ['two paths', () => Route.when(Match.pathPrefix('/a'), Match.pathExact('/b')),
    'is "Match.pathExact(\'/b\')": Match.pathPrefix(\'/a\') asks for the same part of a request; all conditions of one when() must hold, so use one of them, or orWhen() for either'],
  ['two methods', () => Route.when(Match.method('GET'), Match.method('PUT')), 'Match.method(\'GET\') asks for the same part of a request'],
  ['a method in lower case', () => Route.when(Match.method('get')), 'is "Match.method(\'get\')": methods are in upper case, such as GET, and their case counts; write it so'],
  ['a field twice', () => Route.when(Match.header('X-A', '1'), Match.header('x-a')), 'is "Match.header(\'x-a\')": Match.header(\'X-A\', \'1\') asks for the same part'],
  ['a cookie twice', () => Route.when(Match.cookie('a'), Match.cookie('a', 'b')), 'Match.cookie(\'a\') asks for the same part of a request'],
  ['a field without a name', () => Route.when(Match.header('')), 'name a header field, with up to 256 characters'],
  ['a field\'s name with a space', () => Route.when(Match.header('x a')), 'name a header field'],
  ['a cookie\'s name with a bracket', () => Route.when(Match.cookie('a[0]')), '\'a[0]\' can\'t be the name of a cookie'],
  ['a parameter without a name', () => Route.when(Match.query('')), 'name a query parameter'],
  ['a value that is not ASCII', () => Route.when(Match.header('x-a', 'ü')), 'use printable ASCII, up to 4096 characters'],
  ['the Host as a field', () => Route.when(Match.header('Host', 'a')), 'a Host may have a port; use Match.host(), which leaves it out'],
  ['a field that the proxy removes', () => Route.when(Match.header('Keep-Alive')), 'is "Match.header(\'Keep-Alive\')": the proxy removes or writes \'Keep-Alive\' by itself, so no condition can rely on it; use another field'],
  ['a field of the mesh', () => Route.when(Match.header('x-mesh-attempt', '2')), 'the proxy removes or writes \'x-mesh-attempt\' by itself'],
  ['too many fields', () => Route.when(...Array.from({ length: 17 }, (_, i) => Match.header(`x-${i}`))), 'when\' is 17: use at most 16 conditions of header fields'],
  ['an expression without its end', () => Route.when(Match.pathRegex('/a(')), 'the regular expression \'/a(\' is not taken, at character'],
  ['an expression that needs a memory', () => Route.when(Match.headerRegex('x-a', '(a)\\1')), 'the regular expression \'(a)\\1\' is not taken, at character'],
  ['an expression forgotten', () => Route.when(Match.cookieRegex('a', any(undefined))), 'use a regular expression of printable ASCII'],
  ['a host with a port', () => Route.when(Match.host('shop.example.com:80')), '\'shop.example.com:80\' is no host name in lower case without a port; use one such as shop.example.com or *.example.com'],
  ['a host in capitals', () => Route.when(Match.host('Shop')), '\'Shop\' is no host name in lower case'],
  ['no host', () => Route.when(Match.host()), 'name at least one host'],
  ['a gRPC service as a path', () => Route.when(Match.grpc({ service: '/shop.v1.Catalog' })), '\'service\' is a name such as shop.v1.Catalog, without /'],
  ['a gRPC method with a slash', () => Route.when(Match.grpc({ method: 'a/b' })), '\'method\' is a name such as GetItem, without /'],
  ['nothing of gRPC', () => Route.when(Match.grpc({})), 'name a service, a method or both'],
  ['no caller', () => Route.when(Match.caller()), 'name at least one caller, such as Match.caller(web)'],
  ['a chart as caller', ({ chart }) => Route.when(Match.caller(chart)), '\'chart\' calls nothing; give a MeshService, one of its versions, or a MeshSidecar'],
  ['a caller that does not call', ({ search }) => Route.when(Match.caller(search)).respond(403),
    '\'addRoute(Match.caller)\' is "chart/search": it does not call \'chart/catalog\', so the route would get no request; declare it with calls(), or leave it out'],
  ['a caller that has routes of its own', ({ chart, catalog }) => {
    const own = service(chart, 'own');
    own.calls(catalog, { routes: [] });
    return Route.when(Match.caller(own)).respond(403);
  }, '\'addRoute(Match.caller)\' is "chart/own": it has \'routes\' of its own in calls(), which replace this one; add it there, or leave it out'],
  ['no target', () => on.to(any(undefined)), '\'addRoute(Route.when(Match.pathPrefix(\'/a\'))).to\' is missing: give a MeshService, one of its versions, an ExternalService, or what MeshSidecar.expose() returns'],
  ['a sidecar as target', ({ chart }) => on.to(any(new MeshSidecar(chart, 's', { workload: new kplus.Deployment(chart, 'd', { containers: [app] }) }))),
    'call the expose() of the MeshSidecar first, and give what that returns'],
  ['a target of another app', () => on.to(service(newChart({ namespace: 'x' }, 'x', new App()), 'other')), 'it is of another app; name a construct of this one, or an ExternalService'],
  ['a target twice', ({ search }) => on.to(search).to(search), '.to\' is "chart/search": it is a target already; name it once, with the sum of the weights'],
  ['a service and its version', ({ catalog, next }) => on.to(catalog).to(next), 'its service is a target already, which means all of its versions; name the versions one by one'],
  ['a version and its service', ({ catalog, next }) => on.to(next).to(catalog), 'one of its versions is a target already'],
  ['a negative weight', ({ search }) => on.to(search, { weight: -1 }), '.to(search).weight\' is -1: use a whole number from 0 to 1000000'],
  ['weights of some targets', ({ search, next }) => on.to(search, { weight: 10 }).to(next), '.to\' is "chart/catalog/v2": weights of some targets are stated and of others not; give each target a weight, or none'],
  ['all weights zero', ({ search }) => on.to(search, { weight: 0 }), '.to\' is 0: all weights are 0, so no target would get a request; give at least one a weight above 0'],
  ['an unknown option', ({ search }) => on.to(search, any({ wieght: 1 })), '.to(search).wieght\' is not a prop here: did you mean \'weight\'?'],
  ['a target and a redirect', ({ search }) => on.to(search).redirect({ path: '/b' }), 'is "to() and redirect()": a request gets one response only; use one of them'],
  ['a response and a redirect', () => on.respond(200).redirect({ path: '/b' }), 'is "redirect() and respond()": a request gets one response only'],
  ['a response that is retried', () => on.respond(200).retry(Retry.none()), 'is "respond() and retry()": with respond() nothing is sent on; leave out retry()'],
  ['a response with a timeout', () => on.respond(200).timeout(Duration.seconds(1)), 'with respond() nothing is sent on; leave out timeout()'],
  ['a redirect that is mirrored', ({ search }) => on.redirect({ path: '/b' }).mirror(search), 'with redirect() nothing is sent on; leave out mirror()'],
  ['a redirect without a word of where to', () => on.redirect(any(undefined)), '.redirect\' is {}: it leads to where the request came from'],
  ['a weight in place of options', ({ search }) => on.to(search, any(5)), '.to(search)\' is 5: use an object, such as { weight: 5 }'],
  ['null in place of options', ({ search }) => on.to(search, any(null)), '.to(search)\' is null: use an object, such as { weight: 5 }'],
  ['a redirect to nowhere', () => on.redirect({}), 'it leads to where the request came from; give it \'scheme\', \'host\', \'port\', \'path\' or \'pathPrefix\''],
  ['a redirect into itself', () => on.redirect({ path: '/a/b' }),
    '.redirect\' is "/a/b": clients would go round in a circle, as the route itself takes the new path by Match.pathPrefix(\'/a\'); redirect to a path that it does not take'],
  ['a redirect of everything', () => always.redirect({ path: '/b' }), 'clients would go round in a circle, as the route itself takes the new path by Route.always()'],
  ['a redirect by a field alone', () => Route.when(Match.header('x-a')).redirect({ path: '/b' }), 'clients would go round in a circle, as the route itself takes the new path by Match.header(\'x-a\')'],
  ['a redirect of an expression into itself', () => Route.when(Match.pathRegex('/[a-z]+')).redirect({ path: '/b' }), 'clients would go round in a circle'],
  ['a redirect with the status of another', () => on.redirect({ path: '/b', status: 304 }), '.redirect.status\' is 304: use one of 301, 302, 303, 307, 308'],
  ['a redirect to a host with a port', () => on.redirect({ host: 'b:80' }), '.redirect.host\' is "b:80": use a host name without a port, such as www.example.com; the port is \'port\''],
  ['a redirect to an unknown scheme', () => on.redirect({ scheme: any('ftp') }), 'use RedirectScheme.HTTP or RedirectScheme.HTTPS'],
  ['a redirect to no port', () => on.redirect({ port: 0 }), '.redirect.port\' is 0: use a whole number from 1 to 65535'],
  ['a redirect to two paths', () => on.redirect({ path: '/b', pathPrefix: '/c' }), '\'path\' replaces the whole path, so nothing is left to it; use one of them'],
  ['a prefix without one', () => Route.when(Match.pathExact('/a')).rewritePathPrefix('/b'),
    '.rewritePathPrefix\' is "/b": there is no prefix to replace; give the route a Match.pathPrefix(), also in each orWhen(), or replace the whole path'],
  ['a prefix of two', () => on.orWhen(Match.pathPrefix('/b')).rewritePathPrefix('/c'), 'the route has the prefixes /a and /b, and can replace one only; make a route of each'],
  ['a redirect of a prefix without one', () => Route.when(Match.method('GET')).redirect({ pathPrefix: '/b', host: 'b' }), '.redirect.pathPrefix\' is "/b": there is no prefix to replace'],
  ['a new path with a query', () => on.rewritePath('/b?c'), '.rewritePath\' is "/b?c": use a path that begins with / and has no query'],
  ['a new path that goes up', () => on.rewritePath('/b/../c'), 'servers may take it for another path; leave out . and .., empty elements and encoded slashes'],
  ['an empty new path', () => on.rewritePath(''), '.rewritePath\' is "": use a path that begins with /'],
  ['a new path in another form', () => on.rewritePath('/{b}'), '.rewritePath\' is "/{b}": paths are sent on in another form; write /%7Bb%7D'],
  ['a new path of parameters', () => on.redirect({ path: '/..;/b' }), 'the path holds `.` or `..` beside `;`'],
  ['a new host of dots', () => on.rewriteHost('..'), '.rewriteHost\' is "..": use a host name, with a port if need be'],
  ['a redirect to a host with an empty label', () => on.redirect({ host: 'a..b' }), '.redirect.host\' is "a..b": use a host name without a port'],
  ['an expression without the slash of paths', () => Route.when(Match.pathRegex('items/.*')), 'takes no path, as every path begins with `/`; begin it so'],
  ['a value with blanks around it', () => Route.when(Match.header('x-beta', ' true')), 'has blanks around it, which no field has; leave them out'],
  ['a new host with a path', () => on.rewriteHost('b/c'), '.rewriteHost\' is "b/c": use a host name, with a port if need be'],
  ['a field of framing', () => on.setRequestHeader('Content-Length', '1'), '.setRequestHeader\' is "Content-Length": messages are framed by it, or the proxy writes it by itself; leave it out'],
  ['a field of framing in responses', () => on.removeResponseHeader('Transfer-Encoding'), '.removeResponseHeader\' is "Transfer-Encoding": messages are framed by it'],
  ['the Host set as a field', () => on.setRequestHeader('host', 'b'), 'use rewriteHost() for it'],
  ['a field that is no name', () => on.addRequestHeader('x a', '1'), '.addRequestHeader\' is "x a": name a header field, such as x-tenant'],
  ['a value with a line break', () => on.setResponseHeader('x-a', 'b\r\nc'), 'use the value of a header field, in Latin-1 and up to 1024 characters'],
  ['a field set twice', () => on.setRequestHeader('x-a', '1').setRequestHeader('X-A', '2'), '.setRequestHeader\' is "X-A": setRequestHeader() names it already; name it once'],
  ['the type of a response as a field', () => on.respond(200, { body: 'a' }).setResponseHeader('Content-Type', 'a/b'), 'say the type of the body with \'contentType\' of respond()'],
  ['CORS of no origin', () => on.respond(200).cors(undefined as never), '.cors.allowOrigins\' is missing: list 1 to 64'],
  ['CORS of a word', () => on.respond(200).cors('all' as never), '.cors\' is "all": use an object, such as { allowOrigins'],
  ['a field that CORS writes', () => on.respond(200).cors({ allowOrigins: ['*'] }).setResponseHeader('Access-Control-Max-Age', '1'), 'cors() writes it; leave one of the two out'],
  ['a status of none', () => on.respond(100), '.respond.status\' is 100: use a whole number from 200 to 599'],
  ['a body without room', () => on.respond(204, { body: 'a' }), 'a response of status 204 has no body; leave it out, or use another status'],
  ['a body that is too long', () => on.respond(200, { body: 'a'.repeat(4_097) }), 'is "4097 characters": use a text of up to 4096 characters'],
  ['a type of nothing', () => on.respond(200, { contentType: 'a/b' }), 'there is no body that it would be the type of'],
  ['a mirror of more than all', ({ search }) => on.mirror(search, { percent: 101 }), '.mirror(search).percent\' is 101: use a number from 0 to 100'],
  ['a mirror of bodies without end', ({ search }) => on.mirror(search, { maxBodySize: Size.gibibytes(1) }), '.mirror(search).maxBodySize\' is "1073741824 bytes": use whole bytes'],
  ['a mirror twice', ({ search }) => on.mirror(search).mirror(search), 'it gets copies already; name it once'],
  ['a mirror of the service to itself', ({ catalog }) => always.mirror(catalog), '.mirror\' is "chart/catalog": it gets the requests themselves, and copies of them would only add to its load'],
  ['a mirror of a target to itself', ({ search }) => on.to(search).mirror(search), '.mirror\' is "chart/search": it gets the requests themselves'],
  ['too many mirrors', ({ chart }) => ['a', 'b', 'c', 'd', 'e'].reduce((route, name) => route.mirror(service(chart, name)), on), '.mirror\' is 5: use at most 4'],
  ['a time that is none', () => on.timeout(any(5)), '.timeout\' is 5: use a Duration, such as Duration.seconds(10)'],
  ['a try as long as the route', () => on.timeout(Duration.seconds(1)).retry(Retry.idempotent({ tryTimeout: Duration.seconds(1) })), '.retry.tryTimeout\' is "1000 ms": the call has 1000 ms in all, so no attempt could follow'],
  ['a budget of one route', () => on.retry(Retry.idempotent({ budget: { percent: 5 } })), 'a budget is shared by all that is sent to a service; say it in the \'retry\' of the target or of the call'],
  ['a policy that is none', () => on.retry(any({ maxRetries: 1 })), '.retry\' is {"maxRetries":1}: make it with Retry.idempotent(), for example'],
  ['no key', () => on.hashKeys(), '.hashKeys\' is []: name at least one key'],
  ['keys and sessions', () => on.hashKeys(HashKey.header('a')).sessionPersistence(SessionPersistence.cookie('s', { keys })), 'is "hashKeys() and sessionPersistence()": sessions go before keys, which would never count'],
  ['too many faults', () => on.faults(...Array.from({ length: 9 }, () => FaultInjection.abort(503))), '.faults\' is 9: use at most 8'],
  ['a fault of no status', () => on.faults(FaultInjection.abort(200)), '.faults[0].status\' is 200'],
  ['a name that is no label', () => on.named('My route'), '\'addRoute(\'My route\').named\' is "My route": use 1 to 63 of a-z'],
  ['the name of the default', () => on.named('default'), 'this is the name of the route that takes what the others leave; choose another'],
];

describe('one wrong route of a service is refused with what was written, and what to do', () => {
  test.each(ONE)('%s', (_, route, expected) => {
    expect(said(route)).toContain(expected);
  });
});

const SEVERAL: [string, (the: Shop) => Route[], string][] = [
  ['the same conditions', ({ search }) => [on.to(search), on.respond(200)],
    '\'addRoute(Route.when(Match.pathPrefix(\'/a\')))\' is "never reached": Route.when(Match.pathPrefix(\'/a\')) has the same conditions and is declared before it; change the conditions of one, or make one route of both'],
  ['the same conditions, written otherwise', ({ search }) => [on.to(search).named('one'), Route.when(Match.pathPrefix('/a/')).respond(200).named('two')],
    '\'addRoute(\'two\')\' is "never reached": \'one\' has the same conditions and is declared before it'],
  ['a method whose result is dropped', ({ next }) => {
    const route = Route.when(Match.pathPrefix('/a'));
    route.to(next);
    return [route];
  }, 'the route does nothing: its methods change no route, but return a new one; add what to() and the others return'],
  ['one route twice', () => [on.respond(200), ...[on.respond(404)].flatMap((route) => [route, route])], 'the route is there twice; leave one out'],
  ['two for all', () => [always.respond(200), always.respond(404)], '\'addRoute(Route.always())\' is "never reached": Route.always() has the same conditions'],
  ['an expression that takes all', () => [Route.when(Match.pathRegex('/a.*')).respond(200), on.respond(404)], 'Route.when(Match.pathRegex(\'/a.*\')) takes all of its requests before; give it conditions that the other has not'],
  ['an alternative twice', () => [on.orWhen(Match.pathPrefix('/a')).respond(200)], 'two of its alternatives take the same requests; leave one out'],
  ['one name', () => [on.named('a'), Route.when(Match.method('GET')).named('a')], '\'addRoute(\'a\').named\' is "a": another route has the name already; give each its own'],
  ['redirects to each other', () => [Route.when(Match.pathExact('/a')).redirect({ path: '/b' }), Route.when(Match.pathExact('/b')).redirect({ path: '/a' })],
    '\'addRoute(Route.when(Match.pathExact(\'/a\')))\' is "Route.when(Match.pathExact(\'/a\')) -> Route.when(Match.pathExact(\'/b\')) -> Route.when(Match.pathExact(\'/a\'))": clients would go round in a circle by these redirects; redirect to a path that none of them takes'],
  ['three redirects in a circle', () => ['a', 'b', 'c'].map((name, i) => Route.when(Match.pathPrefix(`/${name}`)).redirect({ pathPrefix: `/${'bca'[i]!}` }).named(name)), '"\'a\' -> \'b\' -> \'c\' -> \'a\'"'],
  ['redirects of some requests to each other', () => [
    Route.when(Match.pathPrefix('/a'), Match.header('x-old'), Match.query('v', '1'), Match.host('*.shop.example.com'), Match.cookie('c', 'd')).redirect({ path: '/b', status: 308 }),
    Route.when(Match.pathExact('/b'), Match.header('x-old')).redirect({ path: '/a/c' }),
  ], 'clients would go round in a circle by these redirects'],
  ['redirects of one caller to each other', ({ web }) => [
    Route.when(Match.pathExact('/a'), Match.caller(web)).redirect({ path: '/b' }), Route.when(Match.pathExact('/b')).redirect({ path: '/a' }),
  ], 'clients would go round in a circle by these redirects'],
  ['the same for one caller', ({ web }) => [Route.when(Match.caller(web)).respond(200), Route.when(Match.caller(web)).respond(404)], 'Route.when(Match.caller(web)) has the same conditions'],
];

describe('routes that get in each other\'s way are refused with both of them', () => {
  test.each(SEVERAL)('%s', (_, routes, expected) => {
    expect(said(routes)).toContain(expected);
  });
});

test.each<[string, Route[]]>([
  ['that ends', [Route.when(Match.pathExact('/a')).redirect({ path: '/b' }), Route.when(Match.pathExact('/b')).redirect({ path: '/c' })]],
  ['that leaves the host', [Route.when(Match.pathExact('/a')).redirect({ path: '/b' }), Route.when(Match.pathExact('/b')).redirect({ path: '/a', host: 'b.example.com' })]],
  ['that another route ends', [
    Route.when(Match.pathPrefix('/a')).redirect({ path: '/b' }), Route.when(Match.pathExact('/b')).redirect({ path: '/a/new' }), Route.when(Match.pathExact('/a/new')).respond(200),
  ]],
  ['that comes back with another method', [
    Route.when(Match.pathExact('/a'), Match.method('POST')).redirect({ path: '/b', status: 303 }), Route.when(Match.pathExact('/b')).redirect({ path: '/a' }),
  ]],
])('a chain of redirects %s is fine', (_, routes) => {
  expect(() => said(() => routes)).toThrow('nothing was thrown');
});

test('all that is wrong with a route is told together', () => {
  expect(said(({ search }) => on.to(search, { weight: -1 }).rewritePath('b').setRequestHeader('te', 'a'))).toBe([
    '[chart/catalog] 3 props are wrong:',
    '  - \'addRoute(Route.when(Match.pathPrefix(\'/a\'))).to(search).weight\' is -1: use a whole number from 0 to 1000000',
    '  - \'addRoute(Route.when(Match.pathPrefix(\'/a\'))).rewritePath\' is "b": use a path that begins with / and has no query, up to 1024 characters, such as /v2',
    '  - \'addRoute(Route.when(Match.pathPrefix(\'/a\'))).setRequestHeader\' is "te": messages are framed by it, or the proxy writes it by itself; leave it out',
  ].join('\n'));
});

describe('routes of a call', () => {
  const call = (routes: unknown, props: object = {}) => {
    const { chart, catalog, search } = shop();
    const caller = service(chart, 'caller');
    try {
      caller.calls(catalog, { routes, ...props } as never);
    } catch (error) {
      return (error as Error).message;
    }
    void search;
    throw new Error('nothing was thrown');
  };

  test.each<[string, () => string, string]>([
    ['something else than a list', () => call(on), '\'calls(catalog).routes\' is a Route: list routes, such as [Route.when(Match.pathPrefix(\'/search\')).to(search)]'],
    ['something else than a route', () => call([{}]), 'list routes'],
    ['a wrong route', () => call([on, on.orWhen()]), '\'calls(catalog).routes[1].orWhen\' is []'],
    ['a caller named again', () => call([Route.when(Match.caller(shop().web))]), 'these routes are of one caller already; leave out Match.caller()'],
    ['the same conditions', () => call([on.respond(200), on.respond(201)]), '\'calls(catalog).routes[1]\' is "never reached": Route.when(Match.pathPrefix(\'/a\')) has the same conditions'],
    ['a try as long as the call', () => call([on.retry(Retry.idempotent({ tryTimeout: Duration.seconds(1) }))], { timeout: Duration.millis(500) }), '\'calls(catalog).routes[0].retry.tryTimeout\' is "1000 ms": the call has 500 ms in all'],
  ])('%s', (_, message, expected) => {
    expect(message()).toContain(expected);
  });

  test('the caller as a target', () => {
    const { chart, catalog } = shop();
    const caller = service(chart, 'caller');
    expect(() => caller.calls(catalog, { routes: [on.to(caller)] })).toThrow('\'calls(catalog).routes[0].to\' is "chart/caller": a service can\'t call itself through the mesh; name another one');
  });

  test('two targets of one name', () => {
    const { chart, web, catalog } = shop();
    const [one, other] = ['one', 'other'].map((id) => new ExternalService(chart, id, { hostname: `${id}.example.com`, endpoints: ExternalEndpoints.dns('a.example.com') }));
    catalog.addRoute(on.to(one));
    catalog.addRoute(Route.when(Match.pathPrefix('/b')).to(other));
    void web;
    expect(() => Testing.synth(chart)).not.toThrow();
  });
});

test('something else than a route is refused', () => {
  const { catalog } = shop();
  expect(() => catalog.addRoute(any(undefined))).toThrow('[chart/catalog] \'addRoute()\' got undefined: give it a route, such as Route.when(Match.pathPrefix(\'/search\')).to(search)');
});
