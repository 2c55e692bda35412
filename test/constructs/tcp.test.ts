/** A service that speaks plain TCP: what objects and documents of both sides have of it, and what can't be said of it. */
import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AppProtocol, Authorization, ExternalEndpoints, ExternalService, ExternalTls, Fallback, Gateway, HashKey, HealthCheck, Identity, LoadBalancing,
  Match, Mesh, MeshService, MeshServiceProps, MeshSidecar, OutlierDetection, RateLimit, Retry, RetryOn, Route, SessionPersistence,
} from '../../src';
import { documentOf, findOne, Manifest, newChart, synth } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'redis:7', portNumber: 6379 }];
const REDIS = { containers, port: 6379, protocol: AppProtocol.TCP };
const web = { containers: [{ image: 'web:1', portNumber: 3000 }] };

/** `web` calls `redis`. */
function called(props: Partial<MeshServiceProps> = {}, options: Parameters<MeshService['calls']>[1] = {}): Manifest[] {
  return synth((chart) => {
    const redis = new MeshService(chart, 'redis', { ...REDIS, ...props });
    new MeshService(chart, 'web', web).calls(redis, options);
  });
}

const outboundOf = (manifests: Manifest[]) => {
  const { listeners, clusters } = documentOf(manifests, 'web-v1');
  return { listener: listeners.find(({ direction }) => direction === 'outbound')!, cluster: clusters.find(({ name }) => name !== 'app')! };
};

describe('a service of TCP', () => {
  const manifests = called();

  test('is sound', () => expectSound(manifests));

  test('says so in its Services, whose port has its name', () => {
    for (const name of ['redis', 'redis-v1']) {
      expect(findOne(manifests, 'Service', name).spec.ports).toEqual([{ name: 'tcp', port: 6379, targetPort: 15006, appProtocol: 'tcp' }]);
    }
  });

  test('gets TCP from its sidecar, and that from its callers, with nothing of requests', () => {
    const { listeners: [inbound], clusters: [app], requires } = documentOf(manifests, 'redis-v1');
    expect(requires).toEqual(['protocol']);
    expect(inbound).toEqual({
      name: 'inbound', direction: 'inbound', loopback: true, port: 15006, protocol: 'tcp', routes: [{ name: 'default', split: [{ cluster: 'app', weight: 1 }] }],
    });
    expect(app).toEqual({ name: 'app', protocol: 'tcp', discovery: { type: 'static', endpoints: [expect.objectContaining({ port: 6379 })] } });
    const { listener, cluster } = outboundOf(manifests);
    expect(listener).toMatchObject({ port: 6379, protocol: 'tcp', hostnames: expect.arrayContaining(['redis']), routes: [{ name: 'default', split: [{ cluster: 'shop/redis-v1', weight: 100 }] }] });
    expect(Object.keys(listener.routes[0]!)).toEqual(['name', 'split']);
    expect(cluster).toEqual({ name: 'shop/redis-v1', discovery: expect.objectContaining({ portName: 'tcp' }), protocol: 'tcp' });
  });

  test('has times and a header of the PROXY protocol, which its own server gets and its callers\' sidecars don\'t send', () => {
    const documents = called({ tcp: { idleTimeout: Duration.minutes(10), maxDuration: Duration.hours(24), proxyProtocol: true } });
    const { listeners: [inbound], clusters: [app], requires } = documentOf(documents, 'redis-v1');
    const tcp = { idleTimeoutMs: 600_000, maxDurationMs: 86_400_000 };
    expect([inbound!.tcp, app!.proxyProtocol, requires]).toEqual([tcp, 'v2', ['protocol', 'proxyProtocol']]);
    const { listener, cluster } = outboundOf(documents);
    expect([listener.tcp, cluster.proxyProtocol]).toEqual([tcp, undefined]);
  });

  test('has versions by weight, policies that fit, and limits', () => {
    const documents = synth((chart) => {
      const redis = new MeshService(chart, 'redis', {
        ...REDIS,
        loadBalancing: LoadBalancing.maglev(HashKey.sourceAddress()),
        healthCheck: HealthCheck.tcp(),
        outlierDetection: OutlierDetection.eject({ consecutiveGatewayErrors: 3 }),
        connections: { maxConnectionsPerEndpoint: 50, connectTimeout: Duration.millis(200) },
        retry: Retry.idempotent({ maxRetries: 4, backoff: Duration.millis(5) }),
      });
      redis.addVersion('v2', { containers, weight: 20 });
      new MeshService(chart, 'web', web).calls(redis, { loadBalancing: LoadBalancing.leastRequest() });
    });
    expectSound(documents);
    const { listener, cluster } = outboundOf(documents);
    expect(listener.routes).toEqual([{
      name: 'default', split: [{ cluster: 'shop/redis-v1', weight: 80 }, { cluster: 'shop/redis-v2', weight: 20 }], retry: { maxRetries: 4, backoffMs: 5 },
    }]);
    expect(cluster).toMatchObject({
      loadBalancing: { type: 'leastRequest' }, healthCheck: { type: 'tcp' }, outlierDetection: { consecutiveGatewayErrors: 3 }, maxConnectionsPerEndpoint: 50, connectTimeoutMs: 200,
    });
  });

  test('lets in its callers by their identities, under mutual TLS', () => {
    const documents = synth((chart) => {
      new Mesh(chart, 'mesh', { identity: Identity.certManager({ issuer: 'mesh-ca' }), authorization: Authorization.enforce() });
      const redis = new MeshService(chart, 'redis', REDIS);
      new MeshService(chart, 'web', web).calls(redis);
    });
    const { listeners: [inbound] } = documentOf(documents, 'redis-v1');
    expect([inbound!.mutualTls, inbound!.authorization?.rules]).toEqual([{}, [{ name: 'shop/web', callers: ['spiffe://cluster.local/ns/shop/sa/web'] }]]);
    expect(outboundOf(documents).cluster.mutualTls).toEqual({ serverIds: ['spiffe://cluster.local/ns/shop/sa/redis'] });
  });

  test('has none of what a Mesh says of requests', () => {
    const documents = synth((chart) => {
      new Mesh(chart, 'mesh', { admission: { rateLimit: RateLimit.perSecond(5) }, appConnections: { maxRequests: 5, idleTimeout: Duration.seconds(2), maxConnections: 9 } });
      new MeshService(chart, 'redis', REDIS);
    });
    const { listeners: [inbound], clusters: [app] } = documentOf(documents, 'redis-v1');
    expect([inbound!.admission, app!.maxRequests, app!.idleTimeoutMs, app!.maxConnections]).toEqual([undefined, undefined, undefined, 9]);
  });

  test('falls back to another of TCP', () => {
    const documents = synth((chart) => {
      const [redis, spare] = [new MeshService(chart, 'redis', REDIS), new MeshService(chart, 'spare', REDIS)];
      new MeshService(chart, 'web', web).calls(redis, { fallback: Fallback.to(spare) });
    });
    expectSound(documents);
    expect(outboundOf(documents).listener.routes[0]!.fallback).toEqual([{ split: [{ cluster: 'shop/spare-v1', weight: 100 }] }]);
  });

  test('takes clients from outside by TLS, which offers no protocol of HTTP', () => {
    const documents = synth((chart) => {
      new MeshService(chart, 'redis', { ...REDIS, tls: { port: 6380, secret: kplus.Secret.fromSecretName(chart, 'Tls', 'tls') } });
    });
    expect(documentOf(documents, 'redis-v1').listeners.map(({ name, protocol }) => [name, protocol])).toEqual([['inbound', 'tcp'], ['inbound-tls', 'tcp']]);
  });
});

test('a service of HTTP may have a port of TCP, which has nothing of what the service says of requests, and the other way round', () => {
  const manifests = synth((chart) => {
    new Mesh(chart, 'mesh', { appConnections: { maxRequests: 5 }, admission: { rateLimit: RateLimit.perSecond(5) } });
    const broker = new MeshService(chart, 'broker', { ...web, loadBalancing: LoadBalancing.leastResponseTime(), connections: { maxRequests: 3 } });
    const amqp = broker.addPort('amqp', { port: 5672, protocol: AppProtocol.TCP, tcp: { idleTimeout: Duration.minutes(5) } });
    const redis = new MeshService(chart, 'redis', { ...REDIS, tcp: { maxDuration: Duration.hours(1) } });
    const insight = redis.addPort('insight', { port: 8001 });
    const caller = new MeshService(chart, 'web', web);
    [broker, amqp, redis, insight].forEach((called) => caller.calls(called));
  });
  expectSound(manifests);
  const inbound = (workload: string) => documentOf(manifests, workload).listeners.filter(({ direction }) => direction === 'inbound')
    .map(({ name, protocol, tcp, admission }) => [name, protocol, tcp, admission !== undefined]);
  expect(inbound('broker-v1')).toEqual([['inbound', undefined, undefined, true], ['inbound:amqp', 'tcp', { idleTimeoutMs: 300_000 }, false]]);
  expect(inbound('redis-v1')).toEqual([['inbound', 'tcp', { maxDurationMs: 3_600_000 }, false], ['inbound:insight', undefined, undefined, true]]);
  const apps = documentOf(manifests, 'broker-v1').clusters.map(({ name, protocol, maxRequests }) => [name, protocol, maxRequests]);
  expect(apps).toEqual([['app', undefined, 5], ['app:amqp', 'tcp', undefined]]);
  expect(documentOf(manifests, 'web-v1').listeners.filter(({ direction }) => direction === 'outbound').map(({ port, protocol }) => [port, protocol]).sort()).toEqual([
    [5672, 'tcp'], [6379, 'tcp'], [80, undefined], [8001, undefined],
  ]);
});

test('an exposed workload says that its own speaks TCP', () => {
  const manifests = synth((chart) => {
    const workload = new kplus.StatefulSet(chart, 'db', { containers: [{ image: 'postgres:16', portNumber: 5432 }] });
    const db = new MeshSidecar(chart, 'Sidecar', { workload }).expose({ protocol: AppProtocol.TCP, port: 5432 });
    new MeshService(chart, 'web', web).calls(db);
  });
  expectSound(manifests);
  expect(documentOf(manifests, 'db-v1').listeners[0]!.protocol).toBe('tcp');
  expect(outboundOf(manifests).listener).toMatchObject({ port: 5432, protocol: 'tcp' });
});

test.each([[undefined], [ExternalTls.systemRoots()]])('so does an external service, with TLS or without, and it gets the header itself', (tls) => {
  const manifests = synth((chart) => {
    const db = new ExternalService(chart, 'db', {
      endpoints: ExternalEndpoints.dns('db.example.com', { port: 5432 }), port: 5432, protocol: AppProtocol.TCP, tls, tcp: { proxyProtocol: true },
    });
    new MeshService(chart, 'web', web).calls(db);
  });
  expectSound(manifests);
  const { listener, cluster } = outboundOf(manifests);
  expect([listener.protocol, cluster.protocol, cluster.proxyProtocol, cluster.meshFields, listener.routes[0]!.meshFields]).toEqual(['tcp', 'tcp', 'v2', undefined, undefined]);
});

describe('refused of a service of TCP', () => {
  const refusal = (make: () => unknown): string => {
    try {
      make();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const service = (props: Partial<MeshServiceProps>): string => refusal(() => new MeshService(newChart(), 'redis', { ...REDIS, ...props }));

  test.each<[string, Partial<MeshServiceProps>, string]>([
    ['no port', { port: undefined }, '\'port\' is missing: TCP has no usual port; say the one that clients connect to'],
    ['a policy by responses', { loadBalancing: LoadBalancing.leastResponseTime() }, '\'loadBalancing\' is "leastResponseTime": it goes by responses, of which TCP has none; use one of roundRobin, random'],
    ['a key of requests', { loadBalancing: LoadBalancing.ringHash(HashKey.header('x')) }, 'only requests have such a key; use HashKey.sourceAddress()'],
    ['sessions', { sessionPersistence: SessionPersistence.none() }, '\'sessionPersistence\''],
    ['checks by HTTP', { healthCheck: HealthCheck.http('/') }, '\'healthCheck\''],
    ['ejection by latency', { outlierDetection: OutlierDetection.eject({ latencyFactor: 3 }) }, '\'outlierDetection.latencyFactor\''],
    ['a time of unused connections', { connections: { idleTimeout: Duration.seconds(9) } }, '\'tcp.idleTimeout\' of the service ends those on which nothing passes'],
    ['limits on requests', { connections: { maxRequests: 1 } }, 'use \'maxConnections\''],
    ['retries by failure', { retry: Retry.idempotent({ on: [RetryOn.SERVER_ERROR] }) }, '\'retry\' is "on": of TCP only connecting is tried again'],
    ['hedges', { retry: Retry.idempotent({ hedge: {} }) }, '\'retry\' is "hedge"'],
    ['normal paths', { mergeSlashes: true }, '\'mergeSlashes\' is true: the proxy sees no requests in TCP or TLS, which this is about; leave it out'],
    ['admission', { admission: { rateLimit: RateLimit.perSecond(1) } }, '\'admission\''],
  ])('%s', (_, props, words) => {
    expect(service(props)).toContain(words);
  });

  test('times of connections, of a service that is none of TCP', () => {
    expect(refusal(() => new MeshService(newChart(), 'web', { ...web, tcp: {} }))).toContain('it is about services of TCP and TLS; say \'protocol: AppProtocol.TCP\', or leave it out');
  });

  test.each<[string, Parameters<MeshService['calls']>[1], string]>([
    ['a timeout', { timeout: Duration.seconds(1) }, '\'calls(redis).timeout\''],
    ['routes of a caller', { routes: [Route.when(Match.pathPrefix('/a'))] }, '\'calls(redis).routes\''],
    ['faults', { faults: [] }, '\'calls(redis).faults\''],
    ['sessions of a caller', { sessionPersistence: SessionPersistence.none() }, '\'calls(redis).sessionPersistence\''],
    ['retries of a caller', { retry: Retry.allMethods() }, '\'calls(redis).retry\' is "methods"'],
  ])('%s', (_, options, words) => {
    expect(refusal(() => called({}, options))).toContain(words);
  });

  test('routes, of its own and to it', () => {
    expect(refusal(() => new MeshService(newChart(), 'redis', REDIS).addRoute(Route.always()))).toContain('TCP has no requests that a route could look at');
    expect(refusal(() => synth((chart) => {
      const redis = new MeshService(chart, 'redis', REDIS);
      const catalog = new MeshService(chart, 'catalog', web);
      new MeshService(chart, 'web', web).calls(catalog, { routes: [Route.always().to(redis)] });
    }))).toContain('it speaks TCP, and a route sends requests; name a service of HTTP');
    expect(refusal(() => synth((chart) => new Gateway(chart, 'edge', {}).route('shop.example.com', new MeshService(chart, 'redis', REDIS))))).toContain('it speaks TCP, and a route sends requests');
  });

  test('a fallback that speaks something else', () => {
    expect(refusal(() => synth((chart) => {
      const catalog = new MeshService(chart, 'catalog', web);
      new MeshService(chart, 'web', web).calls(new MeshService(chart, 'redis', REDIS), { fallback: Fallback.to(catalog) });
    }))).toContain('\'redis\' speaks TCP, and this HTTP/1.1; name one that understands the same');
  });

  test('ports that are known for other protocols, until it is said', () => {
    const props = { containers, port: 6379 };
    expect(refusal(() => new MeshService(newChart(), 'redis', props))).toContain('this port is known for Redis\' protocol, and the sidecar speaks HTTP/1.1 unless it is told otherwise, which would break it; '
      + 'say \'protocol: AppProtocol.TCP\', or, if it is plain HTTP, say \'protocol: AppProtocol.HTTP\'');
  });
});
