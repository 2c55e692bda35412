/** What each provider of certificates makes of a small mesh: volumes of the sidecar, permissions, and what the proxy is told. */
import { Duration, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Gateway, Identity, IdentityFilesOptions, Mesh, MeshProps, MeshService, MeshSidecar, MutualTls, PodCertificateKey, ProxyUser, TrustBundle } from '../../../src';
import { documentOf, findByKind, findOne, inventory, Manifest, newChart, podSpec, podTemplate } from '../../support/manifests';
import { expectRestricted, expectSound } from '../sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const OWN_VOLUMES = ['mesh-identity', 'mesh-trust-bundle'];

/** A web that calls a catalog, behind a gateway, with a job beside. */
function shop(mesh: MeshProps): Manifest[] {
  const chart = newChart();
  new Mesh(chart, 'mesh', mesh);
  const [web, catalog] = ['web', 'catalog'].map((name) => new MeshService(chart, name, { containers }));
  web.calls(catalog);
  new Gateway(chart, 'edge').route('shop.example.com', web);
  new MeshSidecar(chart, 'ReportSidecar', { workload: new kplus.Job(chart, 'report', { containers: [{ image: 'ghcr.io/acme/report:1' }] }) }).calls(catalog);
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  expectRestricted(manifests.filter(({ kind }) => kind !== 'Job'));
  return manifests;
}

/** Of a workload, what is there for its identity. */
function identityOf(manifests: Manifest[], kind: string, name: string) {
  const workload = kind === 'Job' ? findByKind(manifests, 'Job')[0] : findOne(manifests, kind, name);
  const { volumes, containers: own, initContainers = [], serviceAccountName } = podSpec(workload);
  const mounts = [...own, ...initContainers].flatMap(({ name: container, volumeMounts = [] }: Manifest) => volumeMounts
    .filter((mount: Manifest) => OWN_VOLUMES.includes(mount.name)).map((mount: Manifest) => ({ container, ...mount })));
  return {
    serviceAccountName, mounts,
    annotations: Object.entries(podTemplate(workload).metadata.annotations ?? {}).filter(([key]) => key === 'cdk8s-mesh/minimum-kubernetes'),
    volumes: volumes.filter((volume: Manifest) => OWN_VOLUMES.includes(volume.name)),
    identity: documentOf(manifests, kind === 'Job' ? 'report-v1' : name).identity,
  };
}

const PROVIDERS: [string, MeshProps][] = [
  ['certManagerSpiffe', { identity: Identity.certManagerSpiffe() }],
  ['certManagerSpiffe with a bundle and a permission that the cluster has', {
    identity: Identity.certManagerSpiffe({ trustDomain: 'prod.example.com', trustBundle: TrustBundle.configMap('mesh-roots'), grantRequests: false }),
    proxyUser: ProxyUser.assigned(),
  }],
  ['certManager', { identity: Identity.certManager({ issuer: 'mesh-ca', duration: Duration.hours(2), renewBefore: Duration.minutes(40) }) }],
  ['podCertificate', {
    identity: Identity.podCertificate({
      signerName: 'example.com/mesh', keyType: PodCertificateKey.ED25519, maxExpiration: Duration.hours(12), kubernetesVersion: '1.37',
      trustBundle: TrustBundle.signer('example.com/mesh', { current: 'true' }),
    }),
  }],
  ['spire', { identity: Identity.spire() }],
  ['spire that registers workloads', { identity: Identity.spire({ trustDomain: 'prod.example.com', socket: 'agent.sock', register: true, className: 'spire-system-spire' }) }],
  ['files', { identity: Identity.files() }],
  ['files by other names', { identity: Identity.files({ secretName: 'tls-{account}', certificate: 'cert.pem', privateKey: 'key.pem', trustBundle: TrustBundle.clusterTrustBundle('example.com:mesh:roots') }) }],
];

describe.each(PROVIDERS)('%s', (_, mesh) => {
  const manifests = shop(mesh);

  test('writes what the snapshot says of each workload', () => {
    expect({
      web: identityOf(manifests, 'Deployment', 'web-v1'),
      job: identityOf(manifests, 'Job', 'report'),
      edge: identityOf(manifests, 'Deployment', 'edge'),
      permissions: findByKind(manifests, 'Role').filter(({ metadata }) => metadata.name.startsWith('cdk8s-mesh-identity')),
    }).toMatchSnapshot();
  });

  test('mounts keys in the proxy only, and read-only', () => {
    const workloads = manifests.filter(({ spec }) => spec?.template);
    const mounts = workloads.flatMap((workload) => [...podSpec(workload).containers, ...podSpec(workload).initContainers ?? []]
      .flatMap(({ name, volumeMounts = [] }: Manifest) => volumeMounts.filter((mount: Manifest) => OWN_VOLUMES.includes(mount.name))
        .map((mount: Manifest) => `${name} ${mount.readOnly}`)));
    expect([...new Set(mounts)]).toEqual(['mesh-proxy true']);
  });

  test('is what both sides of a call are told', () => {
    const { identity } = documentOf(manifests, 'catalog-v1');
    const catalog = `spiffe://${identity!.trustDomain}/ns/shop/sa/catalog`;
    expect(identity!.id).toBe(catalog);
    for (const caller of ['web-v1', 'report-v1']) {
      expect(documentOf(manifests, caller).clusters.find(({ name }) => name === 'shop/catalog-v1')!.mutualTls).toEqual({ serverIds: [catalog] });
    }
    expect(documentOf(manifests, 'edge').clusters.map(({ mutualTls }) => mutualTls)).toEqual([{ serverIds: [`spiffe://${identity!.trustDomain}/ns/shop/sa/web`] }]);
    expect(documentOf(manifests, 'catalog-v1').listeners[0]).toMatchObject({ name: 'inbound', mutualTls: {} });
  });
});

test('binds the Role of the driver to the account of each service, once', () => {
  const chart = newChart();
  new Mesh(chart, 'mesh', { identity: Identity.certManagerSpiffe() });
  new MeshService(chart, 'web', { containers }).addVersion('v2', { containers, weight: 5 });
  const bindings = findByKind(Testing.synth(chart), 'RoleBinding');
  expect(bindings).toEqual([expect.objectContaining({
    metadata: expect.objectContaining({ name: 'cdk8s-mesh-identity.web', namespace: 'shop' }),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'cdk8s-mesh-identity.web' },
    subjects: [expect.objectContaining({ kind: 'ServiceAccount', name: 'web', namespace: 'shop' })],
  })]);
});

test('registers the sidecars of each workload with SPIRE, and nothing else, where it is asked for', () => {
  const manifests = shop({ identity: Identity.spire({ register: true }) });
  const registered = findByKind(manifests, 'ClusterSPIFFEID');
  expect(registered.map(({ metadata }) => metadata)).toEqual(['shop.web-v1', 'shop.catalog-v1', 'shop.edge', 'shop.report-v1'].map((name) => ({ name })));
  for (const { apiVersion, spec } of registered) {
    expect(apiVersion).toBe('spire.spiffe.io/v1alpha1');
    expect(spec).toEqual({
      spiffeIDTemplate: 'spiffe://{{ .TrustDomain }}/ns/{{ .PodMeta.Namespace }}/sa/{{ .PodSpec.ServiceAccountName }}',
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
      podSelector: { matchLabels: expect.any(Object) },
      workloadSelectorTemplates: ['k8s:container-name:mesh-proxy'],
    });
  }
  // Each selects the pods of its own workload.
  const templates = manifests.filter(({ spec }) => spec?.template).map((workload) => podTemplate(workload).metadata.labels as Record<string, string>);
  const selected = registered.map(({ spec: { podSelector: { matchLabels } } }) => (
    templates.filter((labels) => Object.entries(matchLabels).every(([key, value]) => labels[key] === value)).length));
  expect(selected).toEqual([1, 1, 1, 1]);
  expect(findByKind(shop({ identity: Identity.spire() }), 'ClusterSPIFFEID')).toEqual([]);
});

test('GIVEN no identity, changes nothing', () => {
  const plain = shop({});
  expect(shop({ identity: Identity.none() })).toEqual(plain);
  expect(inventory(plain).filter((object) => object.includes('identity'))).toEqual([]);
  expect(JSON.stringify(plain)).not.toMatch(/spiffe|mutualTls|authorization":/);
});

test('a service may be without the identity of its mesh, as long as nobody strict is called', () => {
  const chart = newChart();
  new Mesh(chart, 'mesh', { identity: Identity.files() });
  const legacy = new MeshService(chart, 'legacy', { containers, identity: Identity.none() });
  new MeshService(chart, 'web', { containers }).calls(legacy);
  const manifests = Testing.synth(chart);
  expect(documentOf(manifests, 'legacy-v1').identity).toBeUndefined();
  expect(documentOf(manifests, 'web-v1').clusters.every(({ mutualTls }) => mutualTls === undefined)).toBe(true);
});

describe('steps of services that run already', () => {
  const documents = (mutualTls: MutualTls) => {
    const manifests = shop({ identity: Identity.files(), mutualTls });
    return { listener: documentOf(manifests, 'catalog-v1').listeners[0]!, cluster: documentOf(manifests, 'web-v1').clusters[1]!, identity: documentOf(manifests, 'web-v1').identity };
  };

  test('PREPARE: pods accept both, callers use none', () => {
    const { listener, cluster, identity } = documents(MutualTls.PREPARE);
    expect(identity).toBeDefined();
    expect(listener.mutualTls).toEqual({ mode: 'permissive' });
    expect(listener.authorization!.rules).toContainEqual({ name: 'plain', plain: true });
    expect(cluster.mutualTls).toBeUndefined();
  });

  test('PERMISSIVE: pods accept both, callers use it', () => {
    const { listener, cluster } = documents(MutualTls.PERMISSIVE);
    expect(listener.mutualTls).toEqual({ mode: 'permissive' });
    expect(listener.authorization!.rules).toContainEqual({ name: 'plain', plain: true });
    expect(cluster.mutualTls).toBeDefined();
  });

  test('STRICT: nothing else', () => {
    const { listener, cluster } = documents(MutualTls.STRICT);
    expect(listener.mutualTls).toEqual({});
    expect(listener.authorization!.rules.map(({ name }) => name)).toEqual(['shop/report-v1', 'shop/web']);
    expect(cluster.mutualTls).toBeDefined();
  });

  test('STRICT with networks that have no identity', () => {
    const { listener } = documents(MutualTls.STRICT.allowPlain('10.2.0.0/16', '2001:db8::1'));
    expect(listener.mutualTls).toEqual({ mode: 'permissive', plainFrom: ['10.2.0.0/16', '2001:db8::1'] });
    expect(listener.authorization!.rules).toContainEqual({ name: 'plain', plain: true });
  });
});

test('the Secret of a service has the name of its account', () => {
  const options: IdentityFilesOptions = { secretName: '{account}-tls-{account}' };
  const manifests = shop({ identity: Identity.files(options) });
  expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).volumes).toContainEqual(expect.objectContaining({ secret: expect.objectContaining({ secretName: 'web-tls-web' }) }));
});
