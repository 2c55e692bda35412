import { Chart, Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ExposeOptions, MeshService, MeshServiceProps, MeshSidecar, ServiceType, TlsOptions, TlsVersion } from '../../src';
import { documentOf, findByKind, findOne, Manifest, newChart, podSpec, synth } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const app = { image: 'ghcr.io/acme/web:1.0', portNumber: 3000 };
const RESTRICTED: kplus.ContainerSecurityContextProps = {
  capabilities: { drop: [kplus.Capability.ALL] }, seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
};

function web(tls: Partial<TlsOptions> = {}, props: Partial<MeshServiceProps> = {}): Manifest[] {
  return synth((chart) => {
    const secret = kplus.Secret.fromSecretName(chart, 'Secret', 'shop-tls');
    const service = new MeshService(chart, 'web', { containers: [app], tls: { secret, ...tls }, ...props });
    service.addVersion('v2', { containers: [app] });
  });
}

describe('a service with TLS', () => {
  const manifests = web();

  test('is sound', () => {
    expectSound(manifests);
    expectRestricted(manifests);
  });

  test('has a port for it beside the plain one, for clients from outside only', () => {
    expect(findOne(manifests, 'Service', 'web').spec.ports).toEqual([
      { name: 'http', port: 80, targetPort: 15006, appProtocol: 'http' },
      { name: 'https', port: 443, targetPort: 15443, appProtocol: 'https' },
    ]);
    for (const version of ['web-v1', 'web-v2']) {
      expect(findOne(manifests, 'Service', version).spec.ports).toEqual([{ name: 'http', port: 80, targetPort: 15006, appProtocol: 'http' }]);
    }
  });

  test('says that a proxy which doesn\'t know TLS must not run its document', () => {
    const service = new MeshService(newChart(), 'plain', { containers: [app] });
    expect(documentOf(manifests, 'web-v1').requires).toEqual(['protocol', 'tls']);
    expect(documentOf(Testing.synth(Chart.of(service)), 'plain-v1').requires).toBeUndefined();
  });

  test('shows the certificate of the Secret at a listener like the plain one', () => {
    const [plain, secure] = documentOf(manifests, 'web-v1').listeners;
    expect(secure).toEqual({
      ...plain, name: 'inbound-tls', port: 15443, protocol: 'alpn',
      tls: { certificates: [{ certificateFile: '/etc/cdk8s-mesh-tls/tls.crt', keyFile: '/etc/cdk8s-mesh-tls/tls.key' }] },
    });
  });

  test('lets nobody but the sidecar see the Secret, and of it the pair alone', () => {
    for (const deployment of findByKind(manifests, 'Deployment')) {
      const { volumes, containers, initContainers } = podSpec(deployment);
      expect(volumes).toContainEqual({
        name: 'mesh-tls', secret: { secretName: 'shop-tls', items: [{ key: 'tls.crt', path: 'tls.crt' }, { key: 'tls.key', path: 'tls.key' }] },
      });
      expect(initContainers[0].volumeMounts).toContainEqual({ name: 'mesh-tls', mountPath: '/etc/cdk8s-mesh-tls', readOnly: true });
      expect(initContainers[0].ports).toContainEqual({ containerPort: 15443, name: 'mesh-in-tls' });
      expect(JSON.stringify(containers)).not.toContain('mesh-tls');
    }
  });

  test('can choose port, names and the oldest version', () => {
    const chosen = web({ port: 8443, portName: 'secure', nodePort: 30443, minimumVersion: TlsVersion.TLS_1_3 }, { type: ServiceType.NODE_PORT });
    expect(findOne(chosen, 'Service', 'web').spec.ports[1]).toEqual({ name: 'secure', port: 8443, nodePort: 30443, targetPort: 15443, appProtocol: 'https' });
    expect(documentOf(chosen, 'web-v1').listeners[1]!.tls).toMatchObject({ minimumVersion: '1.3' });
  });
});

describe('a workload made elsewhere that is exposed with TLS', () => {
  const exposed = (options: Partial<TlsOptions> = {}, expose: ExposeOptions = {}): Manifest[] => synth((chart) => {
    const secret = kplus.Secret.fromSecretName(chart, 'Secret', 'shop-tls');
    const workload = new kplus.StatefulSet(chart, 'Ledger', { containers: [{ ...app, securityContext: RESTRICTED }], terminationGracePeriod: Duration.seconds(20) });
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload, serviceName: 'ledger' });
    new MeshService(chart, 'web', { containers: [app], port: 8000 }).calls(sidecar.expose({ tls: { secret, ...options }, ...expose }));
  });
  const manifests = exposed();

  test('is sound', () => {
    expectSound(manifests);
    expectRestricted(manifests);
  });

  test('has what a service with TLS has: ports, a listener, and the Secret for the sidecar alone', () => {
    const reference = synth((chart) => {
      new MeshService(chart, 'ledger', { containers: [app], tls: { secret: kplus.Secret.fromSecretName(chart, 'Secret', 'shop-tls') } });
    });
    for (const name of ['ledger', 'ledger-v1']) {
      expect(findOne(manifests, 'Service', name)).toEqual(findOne(reference, 'Service', name));
    }
    expect(documentOf(manifests, 'ledger-v1')).toEqual(documentOf(reference, 'ledger-v1'));
    const [pod, expected] = [podSpec(findByKind(manifests, 'StatefulSet')[0]), podSpec(findOne(reference, 'Deployment', 'ledger-v1'))];
    for (const part of ['ports', 'volumeMounts']) expect(pod.initContainers[0][part]).toEqual(expected.initContainers[0][part]);
    expect(pod.volumes).toEqual(expected.volumes);
    expect(JSON.stringify(pod.containers)).not.toContain('mesh-tls');
  });

  test('is called without TLS by callers in the mesh', () => {
    expect(documentOf(manifests, 'web-v1').listeners[1]).toMatchObject({ name: 'outbound/shop/ledger:80', port: 80 });
  });

  test('can choose port, name and the oldest version', () => {
    const chosen = exposed({ port: 8443, portName: 'secure', minimumVersion: TlsVersion.TLS_1_3 }, { port: 8080 });
    expect(findOne(chosen, 'Service', 'ledger').spec.ports).toEqual([
      { name: 'http', port: 8080, targetPort: 15006, appProtocol: 'http' }, { name: 'secure', port: 8443, targetPort: 15443, appProtocol: 'https' },
    ]);
    expect(documentOf(chosen, 'ledger-v1').listeners[1]!.tls).toMatchObject({ minimumVersion: '1.3' });
  });

  test.each<[string, Partial<TlsOptions>, string]>([
    ['no Secret', { secret: undefined }, '\'expose.tls.secret\' is missing: give a Secret of cdk8s-plus'],
    ['the port without TLS', { port: 80 }, '\'expose.tls.port\' is 80: at this port the service is called without TLS'],
    ['a port of nodes', { nodePort: 30443 }, '\'expose.tls.nodePort\' is 30443: the Service of an exposed workload is of the type ClusterIP, which has none'],
  ])('is refused in words, given %s', (_, options, message) => {
    expect(() => exposed(options)).toThrow(message);
  });

  test('is refused in words, given something else than options, and an app that listens on its port', () => {
    expect(() => exposed({}, { tls: 'shop-tls' as never })).toThrow('\'expose.tls\' is "shop-tls": use { secret:');
    expect(() => synth((chart) => {
      const workload = new kplus.Deployment(chart, 'Ledger', { containers: [{ ...app, portNumber: 15443 }] });
      const secret = kplus.Secret.fromSecretName(chart, 'Secret', 'shop-tls');
      new MeshSidecar(chart, 'Sidecar', { workload }).expose({ tls: { secret } });
    })).toThrow('the sidecar takes this port for clients that speak TLS');
  });
});

test.each<[string, Partial<TlsOptions>, string]>([
  ['no Secret', { secret: undefined }, '\'tls.secret\' is missing: give a Secret of cdk8s-plus, such as Secret.fromSecretName(this, \'tls\', \'shop-tls\')'],
  ['a name for a Secret', { secret: 'shop-tls' as never }, '\'tls.secret\' is "shop-tls": give a Secret of cdk8s-plus'],
  ['the port without TLS', { port: 80 }, '\'tls.port\' is 80: at this port the service is called without TLS; choose another for one of them'],
  ['the name of the port without TLS', { portName: 'http' }, '\'tls.portName\' is "http": the port without TLS has this name'],
  ['no port', { port: 0 }, '\'tls.port\' is 0: use a whole number from 1 to 65535'],
  ['a port of nodes, for a type that has none', { nodePort: 30443 }, '\'tls.nodePort\' is 30443: a Service of type ClusterIP has none'],
  ['a version that is not one', { minimumVersion: '1.1' as never }, '\'tls.minimumVersion\' is "1.1": use TlsVersion.TLS_1_2 or TlsVersion.TLS_1_3'],
  ['a prop that is none', { cert: 'x' } as never, '\'tls.cert\' is not a prop here'],
])('TLS is refused in words, given %s', (_, tls, message) => {
  expect(() => web(tls)).toThrow(message);
});

test('TLS is refused, given a Secret of another namespace, and an app that listens on its port', () => {
  const secret = new kplus.Secret(newChart({ namespace: 'elsewhere' }, 'other'), 'Secret', { metadata: { name: 'tls' } });
  expect(() => web({ secret })).toThrow('\'tls.secret\' is "tls": it is in namespace \'elsewhere\', and pods can mount those of their own, \'shop\', only');
  expect(() => web({}, { containers: [{ ...app, portNumber: 15443 }] })).toThrow('the sidecar takes this port for clients that speak TLS');
});
