/** A service whose apps speak TLS of their own, which passes through: what objects and documents have of it, and what can't be said of it. */
import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Allow, AppProtocol, ExternalEndpoints, ExternalService, ExternalTls, Fallback, FaultInjection, Gateway, GatewayApi, GatewayCertificate,
  GatewayProps, HashKey, HealthCheck, Identity, LoadBalancing, Match, Mesh, MeshService, MeshServiceProps, MeshSidecar, MutualTls, RateLimit,
  Retry, RetryOn, Route,
} from '../../src';
import { documentOf, findOne, Manifest, newChart, synth } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'db:1', portNumber: 8443 }];
const TLS = { containers, port: 8443, protocol: AppProtocol.TLS };
const web = { containers: [{ image: 'web:1', portNumber: 3000 }] };
const outboundOf = (manifests: Manifest[], workload = 'web-v1') => documentOf(manifests, workload).listeners.find(({ direction }) => direction === 'outbound')!;

describe('a service of TLS', () => {
  const manifests = synth((chart) => {
    const db = new MeshService(chart, 'db', { ...TLS, healthCheck: HealthCheck.tcp(), tcp: { idleTimeout: Duration.minutes(5) } });
    new MeshService(chart, 'web', web).calls(db);
  });

  test('is sound', () => expectSound(manifests));

  test('says so in its Services', () => {
    for (const name of ['db', 'db-v1']) {
      expect(findOne(manifests, 'Service', name).spec.ports).toEqual([{ name: 'tls', port: 8443, targetPort: 15006, appProtocol: 'tls' }]);
    }
  });

  test('has its server name read by the sidecars of its callers, and by no other', () => {
    expect(outboundOf(manifests)).toMatchObject({ protocol: 'tcp', tcp: { readServerName: true, idleTimeoutMs: 300_000 }, routes: [{ name: 'default' }] });
    const { listeners: [inbound], clusters: [app] } = documentOf(manifests, 'db-v1');
    expect([inbound!.protocol, inbound!.tcp, app!.protocol]).toEqual(['tcp', { idleTimeoutMs: 300_000 }, 'tcp']);
  });

  test('has routes by the host name that clients ask for, of all callers and of one', () => {
    const routed = synth((chart) => {
      const [db, old] = [new MeshService(chart, 'db', TLS), new MeshService(chart, 'old', TLS)];
      const v2 = db.addVersion('v2', { containers, weight: 0 });
      db.addRoute(Route.when(Match.host('v2.db.example', '*.v2.example')).to(v2).retry(Retry.idempotent({ maxRetries: 1 })).named('second'));
      new MeshService(chart, 'web', web).calls(db);
      new MeshService(chart, 'job', web).calls(db, { routes: [Route.when(Match.host('old.example')).to(old).hashKeys(HashKey.sourceAddress())] });
    });
    expectSound(routed);
    expect(outboundOf(routed).routes).toEqual([
      { name: 'second', matches: [{ hosts: ['v2.db.example', '*.v2.example'] }], split: [{ cluster: 'shop/db-v2', weight: 1 }], retry: { maxRetries: 1 } },
      { name: 'default', split: [{ cluster: 'shop/db-v1', weight: 100 }, { cluster: 'shop/db-v2', weight: 0 }] },
    ]);
    expect(outboundOf(routed, 'job-v1').routes.map(({ matches, split, hash }) => [matches, split?.map(({ cluster }) => cluster), hash])).toEqual([
      [[{ hosts: ['old.example'] }], ['shop/old-v1'], [{ type: 'sourceAddress' }]],
      [undefined, ['shop/db-v1', 'shop/db-v2'], undefined],
    ]);
  });

  test('is within mutual TLS between sidecars', () => {
    const documents = synth((chart) => {
      new Mesh(chart, 'mesh', { identity: Identity.certManager({ issuer: 'mesh-ca' }) });
      new MeshService(chart, 'web', web).calls(new MeshService(chart, 'db', TLS));
    });
    expectSound(documents);
    expect(documentOf(documents, 'db-v1').listeners[0]!.mutualTls).toEqual({});
    expect(outboundOf(documents).tcp).toEqual({ readServerName: true });
  });

  test('may be exposed, a port beside others, and outside of the mesh', () => {
    const documents = synth((chart) => {
      const workload = new kplus.StatefulSet(chart, 'vault', { containers: [{ image: 'vault:1', portNumber: 8200 }] });
      const vault = new MeshSidecar(chart, 'Sidecar', { workload }).expose({ protocol: AppProtocol.TLS, port: 8200 });
      const shop = new MeshService(chart, 'shop', web).addPort('tls', { port: 443, targetPort: 8443, protocol: AppProtocol.TLS });
      const bank = new ExternalService(chart, 'bank', {
        hostname: 'api.bank.example', port: 443, protocol: AppProtocol.TLS, endpoints: ExternalEndpoints.dns('api.bank.example', { port: 443 }),
      });
      const caller = new MeshService(chart, 'web', web);
      [vault, shop, bank].forEach((called) => caller.calls(called));
    });
    expectSound(documents);
    const outbound = documentOf(documents, 'web-v1').listeners.filter(({ direction }) => direction === 'outbound');
    expect(outbound.map(({ port, tcp }) => [port, tcp]).sort()).toEqual([443, 443, 8200].map((port) => [port, { readServerName: true }]));
  });
});

describe('a gateway of TLS', () => {
  const manifests = synth((chart) => {
    const [db, app] = [new MeshService(chart, 'db', TLS), new MeshService(chart, 'app', TLS)];
    const edge = new Gateway(chart, 'edge', { protocol: AppProtocol.TLS, clients: { maxConnections: 10 }, proxyProtocol: { from: ['10.0.0.0/8'] } });
    edge.route('db.example.com', db);
    edge.addRoute('*.example.com', Route.always().to(app).named('apps'));
    edge.route('*', app);
  });

  test('is sound', () => expectSound(manifests));

  test('has one port, which says so', () => {
    expect(findOne(manifests, 'Service', 'edge').spec.ports).toEqual([{ name: 'tls', port: 443, targetPort: 15006, appProtocol: 'tls' }]);
  });

  test('has one listener, with routes by host', () => {
    const { listeners } = documentOf(manifests, 'edge');
    expect(listeners).toEqual([{
      name: 'tls', direction: 'outbound', loopback: true, port: 15006, protocol: 'tcp', tcp: { readServerName: true },
      clients: { maxConnections: 10 }, proxyProtocol: { from: ['10.0.0.0/8'] },
      routes: [
        { name: 'db.example.com', matches: [{ hosts: ['db.example.com'] }], split: [{ cluster: 'shop/db-v1', weight: 100 }] },
        { name: '*.example.com/apps', matches: [{ hosts: ['*.example.com'] }], split: [{ cluster: 'shop/app-v1', weight: 100 }] },
        { name: '*', split: [{ cluster: 'shop/app-v1', weight: 100 }] },
      ],
    }]);
  });

  test.each<[string, Partial<GatewayProps>, string]>([
    ['certificates', { tls: [GatewayCertificate.fromSecretName('edge')] }, '\'tls\''],
    ['conditions of requests', { allow: [Allow.when(Match.method('GET'))] }, '\'allow\''],
    ['CORS', { cors: { allowOrigins: ['*'] } }, '\'cors\''],
    ['paths', { mergeSlashes: true }, '\'mergeSlashes\''],
    ['proxies in front that send requests', { forwarded: { trustedHops: 1 } }, '\'forwarded\''],
    ['a rate of requests', { clients: { rateLimit: RateLimit.perSecond(5) } }, '\'clients.rateLimit\''],
  ])('can\'t have %s', (_, props, words) => {
    expect(refusal(() => new Gateway(newChart(), 'edge', { protocol: AppProtocol.TLS, ...props }))).toContain(words);
  });

  test.each<[string, (edge: Gateway, db: MeshService, http: MeshService) => void, string]>([
    ['conditions', (edge, db) => edge.addRoute('a.example', Route.when(Match.pathPrefix('/a')).to(db)), 'is "Match.pathPrefix(\'/a\')": TLS passes through unread, and the host name'],
    ['answers', (edge) => edge.addRoute('a.example', Route.always().respond(404)), 'is "respond()": TLS passes through unread'],
    ['header changes', (edge, db) => edge.addRoute('a.example', Route.always().to(db).setRequestHeader('a', 'b')), 'is "setRequestHeader()"'],
    ['an address', (edge, db) => edge.route('10.0.0.1', db), '\'route()\' is "10.0.0.1": clients of TLS never ask for an address'],
    ['a service of HTTP', (edge, _, http) => edge.route('a.example', http), 'it speaks HTTP/1.1, and clients of this route TLS, which passes through; name a service of AppProtocol.TLS'],
  ])('has no route with %s', (_, act, words) => {
    const chart = newChart();
    const [db, http] = [new MeshService(chart, 'db', TLS), new MeshService(chart, 'http', web)];
    expect(refusal(() => act(new Gateway(chart, 'edge', { protocol: AppProtocol.TLS }), db, http))).toContain(words);
  });

  test('is not in the standard channel of the Gateway API', () => {
    const messages = refusal(() => synth((chart) => {
      const edge = new Gateway(chart, 'edge', { protocol: AppProtocol.TLS });
      edge.route('a.example', new MeshService(chart, 'db', TLS));
      GatewayApi.exportGateway(chart, 'api', edge, { gatewayClassName: 'istio' });
    }));
    expect(messages).toContain('TLS that passes through needs a TLSRoute');
    expect(refusal(() => synth((chart) => GatewayApi.export(chart, 'api', new MeshService(chart, 'db', TLS))))).toContain('it speaks TLS, for which the standard channel');
  });
});

describe('refused of a service of TLS', () => {
  test.each<[string, Partial<MeshServiceProps>, string]>([
    ['no port', { port: undefined }, 'TLS has no usual port; say the one that clients connect to'],
    ['TLS that ends at the sidecar', { tls: { port: 443, secret: kplus.Secret.fromSecretName(newChart(), 'Tls', 'tls') } }, '\'tls\''],
    ['a policy by responses', { loadBalancing: LoadBalancing.leastResponseTime() }, '\'loadBalancing\''],
    ['a key of requests', { loadBalancing: LoadBalancing.ringHash(HashKey.header('x')) }, 'use HashKey.sourceAddress()'],
    ['checks by HTTP', { healthCheck: HealthCheck.http('/') }, '\'healthCheck\''],
    ['retries by status', { retry: Retry.idempotent({ on: [RetryOn.SERVER_ERROR] }) }, '\'retry\' is "on"'],
    ['admission', { admission: { rateLimit: RateLimit.perSecond(1) } }, '\'admission\''],
  ])('%s', (_, props, words) => {
    expect(refusal(() => new MeshService(newChart(), 'db', { ...TLS, ...props }))).toContain(words);
  });

  test.each([['permissive', MutualTls.PERMISSIVE], ['prepare', MutualTls.PREPARE], ['plain from some networks', MutualTls.STRICT.allowPlain('10.0.0.0/8')]])('mutual TLS that is %s', (_, mutualTls) => {
    const make = (act: (chart: ReturnType<typeof newChart>) => unknown, identity = Identity.certManager({ issuer: 'ca' })) => refusal(() => {
      const chart = newChart();
      act(new Mesh(chart, 'mesh', { mutualTls, identity }) as never);
    });
    const words = 'is "tls": mutual TLS lets in connections without it here, and tells them by their first byte';
    expect(make((mesh) => new MeshService(mesh, 'db', TLS))).toContain(`'protocol' ${words}`);
    expect(make((mesh) => new MeshService(mesh, 'db', web).addPort('tls', { port: 8443, protocol: AppProtocol.TLS }))).toContain(`'addPort(tls).protocol' ${words}`);
    expect(make((mesh) => new MeshSidecar(mesh, 'Sidecar', {
      workload: new kplus.Deployment(mesh, 'db', { containers }),
    }).expose({ protocol: AppProtocol.TLS, port: 8443 }))).toContain(`'expose.protocol' ${words}`);
    expect(make((mesh) => new MeshService(mesh, 'db', TLS), Identity.none())).not.toContain(words);
  });

  test('an external service whose TLS the sidecar would make', () => {
    expect(refusal(() => new ExternalService(newChart(), 'bank', {
      port: 443, protocol: AppProtocol.TLS, endpoints: ExternalEndpoints.dns('bank.example', { port: 443 }), tls: ExternalTls.systemRoots(),
    }))).toContain('with AppProtocol.TLS, the clients\' own TLS passes through; leave it out');
  });

  test.each<[string, (db: MeshService, http: MeshService) => Route, string]>([
    ['a condition of requests', () => Route.when(Match.host('a.example'), Match.header('x')), 'is "Match.header(\'x\')": TLS passes through unread'],
    ['an address', () => Route.when(Match.host('a.example', '10.0.0.1')), 'clients of TLS never ask for an address such as 10.0.0.1'],
    ['a timeout', () => Route.when(Match.host('a.example')).timeout(Duration.seconds(1)), 'is "timeout()"'],
    ['faults', () => Route.when(Match.host('a.example')).faults(FaultInjection.abort(503)), 'is "faults()"'],
    ['retries by status', () => Route.when(Match.host('a.example')).retry(Retry.idempotent({ on: [RetryOn.SERVER_ERROR] })), '.retry\' is "on"'],
    ['a key of requests', () => Route.when(Match.host('a.example')).hashKeys(HashKey.header('x')), '.hashKeys\' is "header"'],
    ['a target of HTTP', (_, http) => Route.when(Match.host('a.example')).to(http), 'it speaks HTTP/1.1, and clients of this route TLS'],
  ])('routes with %s, of all callers and of one', (_, make, words) => {
    for (const own of [false, true]) {
      expect(refusal(() => {
        const chart = newChart();
        const [db, http, caller] = [new MeshService(chart, 'db', TLS), new MeshService(chart, 'http', web), new MeshService(chart, 'web', web)];
        if (!own) db.addRoute(make(db, http));
        caller.calls(db, own ? { routes: [make(db, http)] } : {});
      })).toContain(words);
    }
  });

  test('what mixes it with others', () => {
    expect(refusal(() => synth((chart) => {
      const [db, redis] = [new MeshService(chart, 'db', TLS), new MeshService(chart, 'redis', { ...TLS, protocol: AppProtocol.TCP })];
      new MeshService(chart, 'web', web).calls(db, { fallback: Fallback.to(redis) });
    }))).toContain('\'db\' speaks TLS, and this TCP; name one that understands the same');
    expect(refusal(() => synth((chart) => {
      const [db, http] = [new MeshService(chart, 'db', TLS), new MeshService(chart, 'http', web)];
      http.addRoute(Route.when(Match.pathPrefix('/a')).to(db));
      new MeshService(chart, 'web', web).calls(http);
    }))).toContain('it speaks TLS, and a route sends requests; name a service of HTTP');
  });

  test('a port that is known for TLS, until it is said', () => {
    expect(refusal(() => new MeshService(newChart(), 'db', { containers, port: 443 }))).toContain('this port is known for TLS, and the sidecar speaks HTTP/1.1 unless it is told otherwise, which would break it; '
      + 'say \'protocol: AppProtocol.TLS\'');
  });
});

function refusal(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
