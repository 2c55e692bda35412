/** TLS to a service outside of the mesh: what its callers' documents say, what their sidecars mount, and what a person can get wrong. */
import { Chart } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  AppProtocol, ExternalEndpoints, ExternalService, ExternalServiceProps, ExternalTls, ExternalTlsOptions, Fallback, Gateway, HealthCheck, Match,
  Mesh, MeshService, MeshSidecar, NetworkPolicies, Route, TlsVersion, TrustBundle,
} from '../../src';
import { documentOf, findOne, Manifest, podSpec, synth } from '../support/manifests';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const PIN = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
const DIR = '/var/run/secrets/cdk8s-mesh-upstream-tls';
const endpoints = ExternalEndpoints.dns('ledger.bank.example');

const ledger = (chart: Chart, props: Partial<ExternalServiceProps> = {}): ExternalService => new ExternalService(chart, 'ledger', { endpoints, tls: ExternalTls.systemRoots(), ...props });
const web = (chart: Chart): MeshService => new MeshService(chart, 'web', { containers });

/** The cluster of a caller's document, and the volume of its pod. */
function calling(props: Partial<ExternalServiceProps>, workload = 'web-v1'): { readonly cluster: object; readonly volume: Manifest; readonly spec: Manifest; readonly manifests: Manifest[] } {
  const manifests = synth((chart) => web(chart).calls(ledger(chart, props)));
  return { ...partsOf(manifests, workload), manifests };
}

function partsOf(manifests: Manifest[], workload: string): { readonly cluster: object; readonly volume: Manifest; readonly spec: Manifest } {
  const spec = podSpec(findOne(manifests, 'Deployment', workload));
  return {
    cluster: documentOf(manifests, workload).clusters.find(({ name }) => name === 'shop/ledger')!, spec,
    volume: spec.volumes?.find(({ name }: Manifest) => name === 'mesh-upstream-tls'),
  };
}

test('GIVEN public authorities, the sidecar asks for the name that is looked up, at the port of HTTPS, and mounts nothing', () => {
  const { cluster, volume, manifests } = calling({});
  expect(cluster).toMatchObject({ discovery: { type: 'dns', hostname: 'ledger.bank.example', port: 443 }, tls: { serverName: 'ledger.bank.example' }, meshFields: false });
  expect(volume).toBeUndefined();
  const { listeners, requires } = documentOf(manifests, 'web-v1');
  expect(listeners.find(({ name }) => name === 'outbound/shop/ledger:80')).toMatchObject({ hostnames: ['ledger'], port: 80 });
  expect(requires).toEqual(['upstreamTls']);
});

test('GIVEN everything, the files of a ConfigMap and a Secret are mounted in the sidecar alone', () => {
  const { cluster, volume, spec } = calling({
    tls: ExternalTls.trusting(TrustBundle.configMap('bank-roots', 'roots.pem'), {
      serverName: 'ledger.bank.example', sni: 'front.bank.example', minimumVersion: TlsVersion.TLS_1_3, pins: [PIN],
      clientCertificate: { name: 'ledger-client' } as kplus.ISecret,
    }),
  });
  expect(cluster).toMatchObject({
    tls: {
      serverName: 'ledger.bank.example', sni: 'front.bank.example', minimumVersion: '1.3', pins: [PIN], trustBundleFile: `${DIR}/configmaps/bank-roots/roots.pem`,
      certificateFile: `${DIR}/secrets/ledger-client/tls.crt`, keyFile: `${DIR}/secrets/ledger-client/tls.key`,
    },
  });
  expect(volume).toEqual({
    name: 'mesh-upstream-tls',
    projected: {
      sources: [
        { configMap: { name: 'bank-roots', items: [{ key: 'roots.pem', path: 'configmaps/bank-roots/roots.pem' }] } },
        { secret: { name: 'ledger-client', items: ['tls.crt', 'tls.key'].map((key) => ({ key, path: `secrets/ledger-client/${key}` })) } },
      ],
    },
  });
  const mounting = [...spec.containers, ...spec.initContainers].filter(({ volumeMounts = [] }: Manifest) => volumeMounts.some(({ name }: Manifest) => name === 'mesh-upstream-tls'));
  expect(mounting.map(({ name, volumeMounts }: Manifest) => [name, volumeMounts.find((each: Manifest) => each.name === 'mesh-upstream-tls')])).toEqual([
    ['mesh-proxy', { name: 'mesh-upstream-tls', mountPath: DIR, readOnly: true }],
  ]);
});

test.each<[string, Partial<ExternalServiceProps>, object]>([
  ['addresses, its host name', { endpoints: ExternalEndpoints.addresses({ address: '192.0.2.1', port: 8443 }), hostname: 'pay.bank.example' }, { serverName: 'pay.bank.example' }],
  ['records of a service, its host name', { endpoints: ExternalEndpoints.srv('_https._tcp.bank.example'), hostname: 'pay.bank.example' }, { serverName: 'pay.bank.example' }],
  ['an address, that', { endpoints: ExternalEndpoints.addresses({ address: '192.0.2.1', port: 443 }), tls: ExternalTls.systemRoots({ serverName: '192.0.2.1' }) }, { serverName: '192.0.2.1' }],
])('GIVEN %s is what the server must prove', (_, props, tls) => {
  const manifests = synth((chart) => web(chart).calls(ledger(chart, props)));
  expect(documentOf(manifests, 'web-v1').clusters.find(({ tls: has }) => has)).toMatchObject({ tls });
});

const trusting = ExternalTls.trusting(TrustBundle.secret('bank-roots'));

test.each<[string, (chart: Chart) => void, string]>([
  ['a fallback', (chart) => web(chart).calls(new MeshService(chart, 'local', { containers }), { fallback: Fallback.to(ledger(chart, { tls: trusting })) }), 'web-v1'],
  ['a route of a call', (chart) => web(chart).calls(new MeshService(chart, 'local', { containers }), { routes: [Route.when(Match.pathPrefix('/ledger')).to(ledger(chart, { tls: trusting }))] }), 'web-v1'],
  ['a route of a service for all callers', (chart) => {
    const local = new MeshService(chart, 'local', { containers });
    web(chart).calls(local);
    local.addRoute(Route.when(Match.pathPrefix('/ledger')).to(ledger(chart, { tls: trusting })));
  }, 'web-v1'],
  ['a gateway', (chart) => new Gateway(chart, 'edge').route('bank.example.com', ledger(chart, { tls: trusting })), 'edge'],
])('GIVEN %s that leads to it, the proxy has TLS and the files', (_, build, workload) => {
  const { cluster, volume } = partsOf(synth(build), workload);
  expect(cluster).toMatchObject({ tls: { trustBundleFile: `${DIR}/secrets/bank-roots/ca.crt` } });
  expect(volume.projected.sources).toEqual([{ secret: { name: 'bank-roots', items: [{ key: 'ca.crt', path: 'secrets/bank-roots/ca.crt' }] } }]);
});

test('GIVEN a health check, it goes by TLS like requests, and asks for the host that apps call', () => {
  const { cluster } = calling({ healthCheck: HealthCheck.http('/healthz') });
  expect(cluster).toMatchObject({ tls: {}, healthCheck: { host: 'ledger' } });
});

test('GIVEN NetworkPolicies, the port of HTTPS is open, and the DNS server that it names', () => {
  const manifests = synth((chart) => {
    new Mesh(chart, 'mesh', { networkPolicies: NetworkPolicies.fromCalls({ dns: { peers: [{ namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } }, { network: '169.254.20.10/32' }], ports: [53] } }) });
    web(chart).calls(ledger(chart, { endpoints: ExternalEndpoints.dns('ledger.bank.example', { servers: ['10.0.0.53:5454', '10.0.0.54:5454', '10.1.0.1'] }) }));
  });
  const { egress } = findOne(manifests, 'NetworkPolicy', 'web-v1-mesh').spec;
  const dns = (port: number): object[] => ['UDP', 'TCP'].map((protocol) => ({ protocol, port }));
  expect(egress).toEqual([
    { ports: [{ protocol: 'TCP', port: 443 }] },
    {
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } }, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }, { ipBlock: { cidr: '169.254.20.10/32' } }],
      ports: dns(53),
    },
    { to: [{ ipBlock: { cidr: '10.1.0.1/32' } }], ports: dns(53) },
    { to: ['10.0.0.53/32', '10.0.0.54/32'].map((cidr) => ({ ipBlock: { cidr } })), ports: dns(5_454) },
  ]);
});

describe('what is wrong', () => {
  const options = (said: object): Partial<ExternalServiceProps> => ({ tls: ExternalTls.systemRoots(said as ExternalTlsOptions) });
  const roots = (bundle: unknown): Partial<ExternalServiceProps> => ({ tls: ExternalTls.trusting(bundle as TrustBundle) });

  test.each<[string, Partial<ExternalServiceProps>, string[]]>([
    ['TLS as for a service of the mesh', { tls: { secret: 'x' } as never }, ['\'tls\' is {"secret":"x"}', 'ExternalTls.systemRoots()']],
    ['TLS by a word', { tls: true as never }, ['\'tls\' is true', 'ExternalTls.systemRoots() or ExternalTls.trusting()']],
    ['an option that is none', options({ servername: 'a' }), ['\'tls.servername\' is not a prop here', 'serverName']],
    ['options that are none', { tls: ExternalTls.systemRoots(null as never) }, ['\'tls\' is null', 'give an object']],
    ['a name that is none', options({ serverName: 'https://ledger' }), ['\'tls.serverName\' is "https://ledger"', 'api.example.com']],
    ['an address to ask for', options({ sni: '192.0.2.1' }), ['\'tls.sni\' is "192.0.2.1"', 'RFC 6066']],
    ['a Secret by its name', options({ clientCertificate: 'ledger-client' }), ['\'tls.clientCertificate\' is "ledger-client"', 'Secret.fromSecretName']],
    ['a Secret\'s name', options({ clientCertificate: { name: 'Ledger' } }), ['\'tls.clientCertificate\' is "Ledger"', 'use 1 to 253']],
    ['an old version', options({ minimumVersion: '1.0' }), ['\'tls.minimumVersion\' is "1.0"', 'TlsVersion.TLS_1_2']],
    ['no pins', options({ pins: [] }), ['\'tls.pins\' is []', 'list 1 to 16']],
    ['a pin in hexadecimal', options({ pins: [PIN, 'a'.repeat(64)] }), ['\'tls.pins[1]\'', 'in base64, 44 characters', 'openssl x509']],
    ['roots by a name', roots('bank-roots'), ['\'tls.roots\' is "bank-roots"', 'TrustBundle.configMap']],
    ['roots of a ConfigMap\'s name', roots(TrustBundle.configMap('Bank')), ['\'tls.roots.name\' is "Bank"']],
    ['roots beside a certificate', roots(TrustBundle.withCertificate()), ['\'tls.roots\' is a TrustBundle', 'TrustBundle.secret()']],
    ['the port of plain HTTP', { endpoints: ExternalEndpoints.dns('a.example', { port: 80 }) }, ['\'endpoints.port\' is 80', 'HTTP without TLS', 'such as 443']],
    ['the port of a database', { endpoints: ExternalEndpoints.addresses({ address: '192.0.2.1', port: 5432 }) }, ['\'endpoints[0].port\' is 5432', 'PostgreSQL']],
    ['the port that apps call', { port: 443 }, ['\'port\' is 443', 'apps call the sidecar by plain HTTP', 'http://']],
  ])('GIVEN %s, says so and what to do', (_, props, words) => {
    let message = '';
    try {
      calling(props);
    } catch (error) {
      ({ message } = error as Error);
    }
    for (const word of words) expect(message).toContain(word);
  });

  test('GIVEN HTTP by TLS at a port that is known for something else, takes the author\'s word', () => {
    expect(calling({ endpoints: ExternalEndpoints.dns('a.example', { port: 5432 }), protocol: AppProtocol.HTTP }).cluster).toMatchObject({ discovery: { port: 5432 } });
  });

  test('GIVEN a Secret of another namespace than the caller\'s, says which', () => {
    expect(() => synth((chart) => {
      const clientCertificate = new kplus.Secret(new Chart(chart, 'bank', { namespace: 'bank' }), 'client', { metadata: { name: 'ledger-client', namespace: 'bank' } });
      web(chart).calls(ledger(chart, { tls: ExternalTls.systemRoots({ clientCertificate }) }));
    })).toThrow(/'calls\(ledger\)' is "ledger-client": the Secret that its 'tls' shows is in namespace 'bank', and pods can mount those of their own, 'shop', only/);
  });

  test('GIVEN an app that mounts the sidecar\'s volume with the key, refuses it', () => {
    expect(() => synth((chart) => {
      const workload = new kplus.Deployment(chart, 'app', { containers });
      new MeshSidecar(chart, 'sidecar', { workload }).calls(ledger(chart, { tls: trusting }));
      workload.containers[0]!.mount('/keys', kplus.Volume.fromEmptyDir(chart, 'mine', 'mesh-upstream-tls'));
    })).toThrow(/'containers\['main'\].volumeMounts' is "mesh-upstream-tls": a private key of the service is there/);
  });
});
