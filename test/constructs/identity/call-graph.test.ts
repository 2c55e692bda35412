/** Who is let in, from who declared to call: a matrix of every pair, and what callers may ask for. */
import { Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Allow, AuditLog, Authorization, CallOptions, Destination, Fallback, Gateway, HealthCheck, Identity, Match, Mesh, MeshProps, MeshService,
  MeshSidecar, MutualTls, Route,
} from '../../../src';
import { Authorization as Engine } from '../../../src/authorization';
import type { AuthorizationConfig } from '../../../src/contract';
import { PathFault, RoutingRequest } from '../../../src/routing';
import { documentOf, newChart } from '../../support/manifests';
import { expectSound } from '../sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const idOf = (account: string, namespace = 'shop') => `spiffe://cluster.local/ns/${namespace}/sa/${account}`;

interface Stack {
  readonly service: (name: string) => MeshService;
  readonly gateway: (name: string) => Gateway;
  readonly exposed: (name: string) => { readonly sidecar: MeshSidecar; readonly destination: Destination };
}

/** The authorization of each service by its name. */
function authorizations(build: (stack: Stack) => void, mesh: MeshProps = {}): Record<string, AuthorizationConfig> {
  const chart = newChart();
  new Mesh(chart, 'mesh', { identity: Identity.files(), ...mesh });
  const names: string[] = [];
  const made = <T>(name: string, what: T): T => {
    names.push(name);
    return what;
  };
  build({
    service: (name) => made(name, new MeshService(chart, name, { containers })),
    gateway: (name) => new Gateway(chart, name),
    exposed: (name) => {
      const workload = new kplus.StatefulSet(chart, name, { containers });
      const sidecar = new MeshSidecar(chart, `${name}-sidecar`, { workload, serviceName: name });
      return made(name, { sidecar, destination: sidecar.expose() });
    },
  });
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return Object.fromEntries(names.map((name) => [name, documentOf(manifests, `${name}-v1`).listeners[0]!.authorization!]));
}

/** Whether the proxy's own engine lets a caller in. */
function isLetIn({ rules }: AuthorizationConfig, caller: string | undefined, method = 'GET', path = '/'): boolean {
  const engine = Engine.of(rules);
  if (!(engine instanceof Engine)) throw new Error('rules are broken');
  const request = RoutingRequest.of(method, path, {});
  if (request instanceof PathFault) throw new Error(request.code);
  return engine.decide(caller, request).allowed;
}

describe('every pair of callers and services', () => {
  // By a call, a route, a mirror, a fallback, a version alone, an exposed workload, and a gateway.
  const DECLARED = [
    'web catalog', 'web search', 'web copies', 'web cart', 'web stock', 'edge web', 'ledger cart', 'cart ledger', 'edge stock',
  ];
  const rules = authorizations(({ service, gateway, exposed }) => {
    const [web, catalog, search, copies, cart, stock, alone] = ['web', 'catalog', 'search', 'copies', 'cart', 'stock', 'alone'].map(service);
    const ledger = exposed('ledger');
    catalog.addRoute(Route.when(Match.pathPrefix('/search')).to(search).mirror(copies));
    web.calls(catalog, { fallback: Fallback.to(cart) });
    web.addVersion('v2', { containers, weight: 1 }).calls(stock);
    ledger.sidecar.calls(cart);
    cart.calls(ledger.destination);
    const edge = gateway('edge');
    edge.route('shop.example.com', web);
    edge.addRoute('stock.example.com', Route.always().to(stock));
    expect(alone).toBeDefined();
  });
  const accounts: Record<string, string> = { ledger: 'ledger-v1' };
  const callers = [...Object.keys(rules), 'edge'];
  const pairs = callers.flatMap((caller) => Object.keys(rules).map((callee) => [caller, callee] as const));

  test.each(pairs)('%s -> %s', (caller, callee) => {
    expect(isLetIn(rules[callee]!, idOf(accounts[caller] ?? caller))).toBe(DECLARED.includes(`${caller} ${callee}`));
  });

  test.each(Object.keys(rules))('nobody without an identity, of another domain, or of another namespace is let in at %s', (callee) => {
    expect(isLetIn(rules[callee]!, undefined)).toBe(false);
    for (const caller of callers) {
      expect(isLetIn(rules[callee]!, idOf(accounts[caller] ?? caller, 'other'))).toBe(false);
      expect(isLetIn(rules[callee]!, idOf(accounts[caller] ?? caller).replace('cluster.local', 'example.com'))).toBe(false);
    }
  });

  test('a service that nobody calls lets nobody in', () => {
    expect(rules.alone).toEqual({ rules: [] });
  });
});

describe('what a caller may ask for', () => {
  const rulesFor = (options: CallOptions, more: (web: MeshService, catalog: MeshService, service: Stack['service']) => void = () => {}) => authorizations(({ service }) => {
    const [web, catalog] = [service('web'), service('catalog')];
    web.calls(catalog, options);
    more(web, catalog, service);
  }).catalog!;
  const readItems = [Allow.when(Match.method('GET'), Match.pathPrefix('/items')), Allow.when(Match.method('HEAD'))];

  test('is what its call allows', () => {
    const config = rulesFor({ allow: readItems });
    expect(config).toEqual({
      rules: [{
        name: 'shop/web', callers: [idOf('web')],
        matches: [{ path: { type: 'prefix', value: '/items' }, method: 'GET' }, { method: 'HEAD' }],
      }],
    });
    expect(isLetIn(config, idOf('web'), 'GET', '/items/1')).toBe(true);
    expect(isLetIn(config, idOf('web'), 'HEAD', '/')).toBe(true);
    expect(isLetIn(config, idOf('web'), 'POST', '/items')).toBe(false);
    expect(isLetIn(config, idOf('web'), 'GET', '/itemsx')).toBe(false);
  });

  test('and its health checks', () => {
    const config = rulesFor({ allow: [Allow.when(Match.method('POST'))], healthCheck: HealthCheck.http('/healthz?full=1') });
    expect(isLetIn(config, idOf('web'), 'GET', '/healthz')).toBe(true);
    expect(isLetIn(config, idOf('web'), 'GET', '/')).toBe(false);
  });

  test('is not widened by routes of the service that lead to itself, nor by fallbacks of other calls', () => {
    const config = rulesFor({ allow: readItems }, (web, catalog, service) => {
      const next = catalog.addVersion('v2', { containers, weight: 1 });
      catalog.addRoute(Route.when(Match.header('x-beta', 'true')).to(next));
      web.calls(service('search'), { fallback: Fallback.to(catalog) });
    });
    expect(isLetIn(config, idOf('web'), 'POST', '/items')).toBe(false);
    expect(isLetIn(config, idOf('web'), 'GET', '/items')).toBe(true);
  });

  test('does not narrow others', () => {
    const config = rulesFor({ allow: readItems }, (_, catalog, service) => service('admin').calls(catalog));
    expect(isLetIn(config, idOf('admin'), 'POST', '/items')).toBe(true);
  });

  test('takes more matches than a rule has', () => {
    const allow = Array.from({ length: 64 }, (_, n) => Allow.when(Match.pathExact(`/${n}`)));
    const { rules } = rulesFor({ allow, healthCheck: HealthCheck.http('/healthz') });
    expect(rules.map(({ name, matches }) => [name, matches!.length])).toEqual([['shop/web', 64], ['shop/web.2', 1]]);
  });
});

describe('what becomes of others', () => {
  const catalogWith = (mesh: MeshProps) => authorizations(({ service }) => service('web').calls(service('catalog')), mesh).catalog!;

  test.each<[string, MeshProps, Partial<AuthorizationConfig>]>([
    ['they are refused', {}, {}],
    ['they pass in a dry run', { authorization: Authorization.dryRun() }, { dryRun: true }],
    ['all decisions are logged', { authorization: Authorization.enforce({ audit: AuditLog.ALL }) }, { audit: 'all' }],
    ['defaults are left out', { authorization: Authorization.enforce({ audit: AuditLog.DENIED, callers: [] }) }, {}],
  ])('%s', (_, mesh, expected) => {
    const { rules, ...rest } = catalogWith(mesh);
    expect(rest).toEqual(expected);
    expect(rules).toEqual([{ name: 'shop/web', callers: [idOf('web')] }]);
  });

  test('callers that another app declares are let in by their ids', () => {
    const config = catalogWith({ authorization: Authorization.enforce({ callers: [idOf('crm', 'sales'), idOf('web')] }) });
    expect(config.rules.map(({ name, callers }) => [name, callers])).toEqual([['shop/web', [idOf('web')]], ['foreign-1', [idOf('crm', 'sales')]]]);
  });

  test('in a permissive service they are let in without an identity only', () => {
    const config = catalogWith({ mutualTls: MutualTls.PERMISSIVE });
    expect(isLetIn(config, undefined)).toBe(true);
    expect(isLetIn(config, idOf('cart'))).toBe(false);
  });
});

test('very many callers share rules', () => {
  const { catalog } = authorizations(({ service }) => {
    const callee = service('catalog');
    Array.from({ length: 300 }, (_, n) => service(`caller-${n}`)).forEach((caller, n) => caller.calls(callee, n === 0 ? { allow: [Allow.when(Match.method('GET'))] } : {}));
  });
  expect(catalog!.rules.map(({ name, callers }) => [name, callers!.length])).toEqual([['callers-1', 299], ['shop/caller-0', 1]]);
});
