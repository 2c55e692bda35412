/** What a service says that it speaks, and what the objects and documents of both sides have of it. */
import { Duration } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { AppProtocol, ExternalEndpoints, ExternalService, ExternalTls, HealthCheck, MeshService, MeshServiceProps, MeshSidecar, Route } from '../../src';
import { documentOf, findOne, Manifest, newChart, synth } from '../support/manifests';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

/** `web` calls `catalog`. */
function called(props: Partial<MeshServiceProps>, options: Parameters<MeshService['calls']>[1] = {}): Manifest[] {
  return synth((chart) => {
    const catalog = new MeshService(chart, 'catalog', { containers, ...props });
    new MeshService(chart, 'web', { containers }).calls(catalog, options);
  });
}

const outboundOf = (manifests: Manifest[], workload = 'web-v1') => {
  const { listeners, clusters } = documentOf(manifests, workload);
  return { listener: listeners.find(({ direction }) => direction === 'outbound')!, cluster: clusters.find(({ name }) => name !== 'app')! };
};

describe.each([
  [AppProtocol.GRPC, 'grpc', 'grpc'],
  [AppProtocol.HTTP2, 'kubernetes.io/h2c', 'http2'],
])('a service that speaks %s', (protocol, appProtocol, portName) => {
  const manifests = called({ protocol });

  test('is sound', () => expectSound(manifests));

  test('says so in its Services, whose port has its name', () => {
    for (const name of ['catalog', 'catalog-v1']) {
      expect(findOne(manifests, 'Service', name).spec.ports).toEqual([{ name: portName, port: 80, targetPort: 15006, appProtocol }]);
    }
  });

  test('gets HTTP/2 from its sidecar, and that from its callers', () => {
    const { listeners: [inbound], clusters: [app], requires } = documentOf(manifests, 'catalog-v1');
    expect([inbound.protocol, app.protocol, requires]).toEqual(['http2', 'http2', ['protocol']]);
    const { listener, cluster } = outboundOf(manifests);
    expect([listener.protocol, cluster.protocol]).toEqual(['http2', 'http2']);
    expect(cluster.discovery).toMatchObject({ portName });
  });

  test('leaves the callers\' own app at HTTP/1.1', () => {
    const { listeners: [inbound], clusters: [app] } = documentOf(manifests, 'web-v1');
    expect([inbound.protocol, app.protocol]).toEqual([undefined, undefined]);
  });

  test('takes ports that are known for it', () => {
    expect(() => called({ protocol, port: 50_051, containers: [{ image: 'a:1', portNumber: 4317 }] })).not.toThrow();
  });
});

describe('how long a call of gRPC may take', () => {
  const timeoutOf = (props: Partial<MeshServiceProps>, options?: Parameters<MeshService['calls']>[1]) => outboundOf(called(props, options)).listener.routes.map(({ timeoutMs }) => timeoutMs);

  test('is its caller\'s to say with each call', () => {
    expect(timeoutOf({ protocol: AppProtocol.GRPC })).toEqual([0]);
    expect(timeoutOf({ protocol: AppProtocol.HTTP2 })).toEqual([undefined]);
  });

  test('can be said of all calls, and of a route', () => {
    expect(timeoutOf({ protocol: AppProtocol.GRPC }, { timeout: Duration.seconds(3) })).toEqual([3_000]);
    expect(timeoutOf({ protocol: AppProtocol.GRPC }, { timeout: Duration.seconds(15) })).toEqual([undefined]);
    expect(timeoutOf({ protocol: AppProtocol.GRPC }, { routes: [Route.always().timeout(Duration.seconds(2))] })).toEqual([2_000]);
  });
});

test('an exposed workload says what its own speaks', () => {
  const manifests = synth((chart) => {
    const workload = new kplus.StatefulSet(chart, 'ledger', { containers: [{ image: 'l:1', portNumber: 9000 }] });
    const ledger = new MeshSidecar(chart, 'Sidecar', { workload }).expose({ protocol: AppProtocol.GRPC });
    new MeshService(chart, 'web', { containers }).calls(ledger);
  });
  expectSound(manifests);
  expect(findOne(manifests, 'Service', 'ledger-v1').spec.ports).toEqual([{ name: 'grpc', port: 80, targetPort: 15006, appProtocol: 'grpc' }]);
  expect(documentOf(manifests, 'ledger-v1').listeners[0].protocol).toBe('http2');
  expect(outboundOf(manifests).cluster.protocol).toBe('http2');
});

test('so does an external service, with and without TLS', () => {
  for (const tls of [undefined, ExternalTls.systemRoots()]) {
    const manifests = synth((chart) => {
      const api = new ExternalService(chart, 'api', { endpoints: ExternalEndpoints.dns('api.example.com', { port: 50_051 }), protocol: AppProtocol.GRPC, tls });
      new MeshService(chart, 'web', { containers }).calls(api);
    });
    expectSound(manifests);
    const { listener, cluster } = outboundOf(manifests);
    expect([listener.protocol, cluster.protocol, cluster.tls !== undefined]).toEqual(['http2', 'http2', tls !== undefined]);
  }
});

describe('health checks of gRPC', () => {
  const checked = (healthCheck: HealthCheck, protocol?: AppProtocol) => called({ protocol, healthCheck });

  test('ask the server as a whole, or about a service, as callers do', () => {
    expect(outboundOf(checked(HealthCheck.grpc(), AppProtocol.GRPC)).cluster.healthCheck).toEqual({ type: 'grpc', host: 'catalog' });
    const check = HealthCheck.grpc({ service: 'shop.v1.Catalog', interval: Duration.seconds(2) });
    expect(outboundOf(checked(check, AppProtocol.GRPC)).cluster.healthCheck).toEqual({ type: 'grpc', host: 'catalog', service: 'shop.v1.Catalog', intervalMs: 2_000 });
  });

  test('by GET are sent to what speaks HTTP/2, too', () => {
    expect(outboundOf(checked(HealthCheck.http('/healthz'), AppProtocol.HTTP2)).cluster.healthCheck).toMatchObject({ type: 'http', path: '/healthz' });
  });

  test.each<[string, () => unknown, string]>([
    ['of HTTP/1.1', () => checked(HealthCheck.grpc()), '\'healthCheck\' is "HealthCheck.grpc()": what is checked speaks HTTP/1.1; say \'protocol: AppProtocol.GRPC\' of it'],
    ['of HTTP/1.1, by a caller', () => called({}, { healthCheck: HealthCheck.grpc() }), '\'calls(catalog).healthCheck\' is "HealthCheck.grpc()"'],
    ['about what is no service', () => checked(HealthCheck.grpc({ service: 'a b' }), AppProtocol.GRPC), '\'healthCheck.service\' is "a b": use the full name of a service'],
    ['about a service by TCP', () => checked(HealthCheck.tcp({ service: 'a' } as object), AppProtocol.GRPC), 'only a check of gRPC asks about one'],
    ['with a path', () => checked(HealthCheck.grpc({ expectedStatuses: [200] } as object), AppProtocol.GRPC), 'it is of HTTP alone'],
  ])('%s are refused', (_, make, message) => {
    expect(make).toThrow(message);
  });
});

test('clients from outside who come by TLS agree with the sidecar on a version', () => {
  const manifests = synth((chart) => {
    new MeshService(chart, 'catalog', { containers, protocol: AppProtocol.GRPC, tls: { secret: kplus.Secret.fromSecretName(chart, 'Tls', 'tls') } });
  });
  expect(documentOf(manifests, 'catalog-v1').listeners.map(({ name, protocol }) => [name, protocol])).toEqual([['inbound', 'http2'], ['inbound-tls', 'alpn']]);
  expect(findOne(manifests, 'Service', 'catalog').spec.ports.map((port: { appProtocol: string }) => port.appProtocol)).toEqual(['grpc', 'https']);
});

test('what is no protocol is refused', () => {
  const props = { containers, protocol: 'smtp' as AppProtocol };
  expect(() => new MeshService(newChart(), 'web', props)).toThrow('\'protocol\' is "smtp"');
});
