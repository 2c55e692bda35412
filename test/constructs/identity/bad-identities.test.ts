/** Everything that a person can get wrong about identities, and what they read then. */
import { ApiObject, Chart, Duration, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Allow, Authorization, CallOptions, Discovery, ExternalEndpoints, ExternalService, Fallback, Gateway, Identity, Match, Mesh, MeshProps, MeshService,
  MeshServiceProps, MeshSidecar, MutualTls, Route, ServiceType, TrustBundle,
} from '../../../src';
import { newChart } from '../../support/manifests';

const app = { image: 'ghcr.io/acme/web:1', portNumber: 8080 };
const files = Identity.files();
const bundle = TrustBundle.configMap('roots');

interface Shop { readonly chart: Chart; readonly service: (name: string, props?: Partial<MeshServiceProps>) => MeshService }

/** What is said, when something is created, or at synthesis. */
function said(mesh: MeshProps, build: (the: Shop) => void = () => {}): string {
  const chart = newChart();
  try {
    new Mesh(chart, 'mesh', mesh);
    build({ chart, service: (name, props) => new MeshService(chart, name, { containers: [app], ...props }) });
    Testing.synth(chart);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

test.each<[string, MeshProps, string[]]>([
  ['what is no identity', { identity: 'spiffe' as never }, ['\'identity\' is "spiffe"', 'make it with Identity.certManagerSpiffe()']],
  ['a trust domain in capitals', { identity: Identity.files({ trustDomain: 'Example.com' }) }, ['\'identity.files.trustDomain\' is "Example.com"', 'prod.example.com']],
  ['a trust domain with a scheme', { identity: Identity.certManagerSpiffe({ trustDomain: 'spiffe://example.com' }) }, ['no scheme, port or path']],
  ['a trust domain that is empty', { identity: Identity.certManager({ issuer: 'ca', trustDomain: '' }) }, ['\'identity.certManager.trustDomain\' is ""']],
  ['an option that is none', { identity: Identity.files({ secret: 'x' } as never) }, ['\'identity.files.secret\' is not a prop here', 'secretName']],
  ['no options at all', { identity: Identity.certManager(undefined as never) }, ['\'identity.certManager\' is missing', 'give an object']],
  ['no issuer', { identity: Identity.certManager({} as never) }, ['\'identity.certManager.issuer\' is missing']],
  ['an issuer\'s name', { identity: Identity.certManager({ issuer: 'Mesh CA' }) }, ['\'identity.certManager.issuer\' is "Mesh CA"', 'use 1 to 253']],
  ['an issuer\'s kind', { identity: Identity.certManager({ issuer: 'ca', issuerKind: 'cluster-issuer' }) }, ['issuerKind\' is "cluster-issuer"', 'ClusterIssuer']],
  ['an issuer\'s group', { identity: Identity.certManager({ issuer: 'ca', issuerGroup: 'a/b' }) }, ['issuerGroup\' is "a/b"']],
  ['certificates of a minute', { identity: Identity.certManager({ issuer: 'ca', duration: Duration.minutes(1) }) }, ['duration (seconds)\' is 60', 'at least 3600']],
  ['a lifetime that is no time', { identity: Identity.certManager({ issuer: 'ca', duration: 24 as never }) }, ['duration\' is 24', 'Duration.hours(24)']],
  ['a renewal without end', { identity: Identity.certManager({ issuer: 'ca', duration: Duration.hours(1), renewBefore: Duration.hours(1) }) }, ['renewBefore\' is "3600 s"', 'renewed all the time']],
  ['a type of key', { identity: Identity.certManager({ issuer: 'ca', key: 'DSA' as never }) }, ['key\' is "DSA"', 'CertManagerKey.ECDSA']],
  ['a bundle by its name', { identity: Identity.files({ trustBundle: 'roots' as never }) }, ['trustBundle\' is "roots"', 'TrustBundle.configMap']],
  ['a ConfigMap\'s name', { identity: Identity.files({ trustBundle: TrustBundle.configMap('Roots') }) }, ['trustBundle.name\' is "Roots"']],
  ['a ConfigMap\'s key', { identity: Identity.files({ trustBundle: TrustBundle.configMap('roots', '../ca.crt') }) }, ['trustBundle.key\' is "../ca.crt"']],
  ['a ClusterTrustBundle\'s name', { identity: Identity.files({ trustBundle: TrustBundle.clusterTrustBundle('a b') }) }, ['trustBundle.name\' is "a b"', 'example.com:mesh:roots']],
  ['a permission that is neither', { identity: Identity.certManagerSpiffe({ grantRequests: 'no' as never }) }, ['grantRequests\' is "no"', 'true or false']],
  ['a signer without a domain', { identity: Identity.podCertificate({ signerName: 'mesh', trustBundle: bundle }) }, ['signerName\' is "mesh"', 'example.com/mesh']],
  ['a signer of Kubernetes', { identity: Identity.podCertificate({ signerName: 'kubernetes.io/kubelet-serving', trustBundle: bundle }) }, ['Kubernetes has no signer for traffic between pods']],
  ['a signer\'s labels', { identity: Identity.podCertificate({ signerName: 'a.example/b', trustBundle: TrustBundle.signer('a.example/b', { a: 'b c' }) }) }, ['trustBundle.labels[\'a\']\' is "b c"']],
  ['no roots', { identity: Identity.podCertificate({ signerName: 'a.example/b' } as never) }, ['trustBundle\' is missing', 'the kubelet writes no roots']],
  ['roots that are not there', { identity: Identity.podCertificate({ signerName: 'a.example/b', trustBundle: TrustBundle.withCertificate() }) }, ['the kubelet writes no roots']],
  ['a cluster that is too old', { identity: Identity.podCertificate({ signerName: 'a.example/b', trustBundle: bundle, kubernetesVersion: 'v1.36.2' }) }, ['kubernetesVersion\' is "v1.36.2"', 'from Kubernetes 1.37', 'upgrade the cluster']],
  ['a version that is none', { identity: Identity.podCertificate({ signerName: 'a.example/b', trustBundle: bundle, kubernetesVersion: 'latest' }) }, ['use a version of Kubernetes, such as 1.37']],
  ['certificates of a year', { identity: Identity.podCertificate({ signerName: 'a.example/b', trustBundle: bundle, maxExpiration: Duration.days(365) }) }, ['maxExpiration (seconds)\' is 31536000', 'from 3600 to 7862400']],
  ['a key that the kubelet doesn\'t make', { identity: Identity.podCertificate({ signerName: 'a.example/b', trustBundle: bundle, keyType: 'RSA2048' as never }) }, ['keyType\' is "RSA2048"', 'PodCertificateKey.ECDSA_P256']],
  ['a Secret\'s name', { identity: Identity.files({ secretName: '{service}-tls' }) }, ['secretName\' is "{service}-tls"']],
  ['one file for both', { identity: Identity.files({ privateKey: 'tls.crt' }) }, ['privateKey\' is "tls.crt"', 'name another one']],
  ['a socket with its folder', { identity: Identity.spire({ socket: '/run/agent.sock' }) }, ['\'identity.spire.socket\' is "/run/agent.sock"', 'without its folder', 'spire-agent.sock']],
  ['a socket that is none', { identity: Identity.spire({ socket: '..' }) }, ['\'identity.spire.socket\' is ".."']],
  ['a registration that is neither', { identity: Identity.spire({ register: 'yes' as never }) }, ['\'identity.spire.register\' is "yes"', 'true or false']],
  ['a class of what is not made', { identity: Identity.spire({ className: 'spire' }) }, ['\'identity.spire.className\' is "spire"', 'register: true']],
  ['a class that is no name', { identity: Identity.spire({ className: 'A b', register: true }) }, ['\'identity.spire.className\' is "A b"']],
  ['roots besides SPIRE\'s', { identity: Identity.spire({ trustBundle: bundle } as never) }, ['\'identity.spire.trustBundle\' is not a prop here']],
  ['a mode by its name', { identity: files, mutualTls: 'strict' as never }, ['\'mutualTls\' is "strict"', 'MutualTls.STRICT']],
  ['networks that are none', { identity: files, mutualTls: MutualTls.STRICT.allowPlain('prometheus') }, ['\'mutualTls.allowPlain\' is "prometheus"', '10.2.0.0/16']],
  ['networks where all are let in', { identity: files, mutualTls: MutualTls.PERMISSIVE.allowPlain('10.0.0.0/8') }, ['MutualTls.PERMISSIVE lets everybody in', 'use MutualTls.STRICT']],
  ['too many networks', { identity: files, mutualTls: MutualTls.STRICT.allowPlain(...Array.from({ length: 65 }, (_, n) => `10.0.${n}.0/24`)) }, ['is 65', 'at most 64']],
  ['what is no authorization', { identity: files, authorization: true as never }, ['\'authorization\' is true', 'Authorization.enforce()']],
  ['callers by patterns', { identity: files, authorization: Authorization.enforce({ callers: ['spiffe://cluster.local/ns/shop/*'] }) }, ['\'authorization.callers\'', 'there are no patterns']],
  ['callers that are no list', { identity: files, authorization: Authorization.enforce({ callers: 'spiffe://a/b' as never }) }, ['list SPIFFE ids']],
  ['what is logged', { identity: files, authorization: Authorization.enforce({ audit: 'some' as never }) }, ['\'authorization.audit\' is "some"', 'AuditLog.DENIED']],
])('GIVEN %s, says what is wrong and what to do', (_, mesh, words) => {
  const message = said(mesh);
  words.forEach((word) => expect(message).toContain(word));
});

const calling = (options: CallOptions, callee: Partial<MeshServiceProps> = {}, caller: Partial<MeshServiceProps> = {}) => ({ service }: Shop): void =>
  service('web', caller).calls(service('catalog', callee), options);
const plain = { identity: Identity.none() };

test.each<[string, MeshProps, (the: Shop) => void, string[]]>([
  ['a strict service and a caller without an identity', { identity: files }, calling({}, {}, plain),
    ['\'chart/catalog\' takes callers by mutual TLS only', '\'chart/web\' has no identity', 'MutualTls.PERMISSIVE']],
  ['a fallback that is strict', { identity: files }, ({ service }) => service('web', plain).calls(service('legacy', plain), { fallback: Fallback.to(service('catalog')) }),
    ['\'chart/catalog\' takes callers by mutual TLS only', '\'chart/web\' has no identity']],
  ['a route to a strict service', { identity: files }, ({ service }) => service('web', plain).calls(service('legacy', plain), { routes: [Route.when(Match.method('GET')).to(service('catalog'))] }),
    ['\'chart/catalog\' takes callers by mutual TLS only']],
  ['a gateway without an identity', { identity: files }, ({ chart, service }) => new Gateway(chart, 'edge', plain).route('shop.example.com', service('web')),
    ['\'chart/web\' takes callers by mutual TLS only', '\'chart/edge\' has no identity']],
  ['a job without an identity', { identity: files }, ({ chart, service }) => new MeshSidecar(chart, 'sidecar', { workload: new kplus.Job(chart, 'report', { containers: [{ image: 'a/b:1' }] }), ...plain }).calls(service('catalog')),
    ['\'chart/report\' has no identity']],
  ['two trust domains', { identity: files }, calling({}, {}, { identity: Identity.files({ trustDomain: 'example.com' }) }),
    ['the trust domain \'cluster.local\'', '\'chart/web\' of \'example.com\'', 'give both the same \'identity\'']],
  ['a mode without an identity', {}, ({ service }) => service('web', { mutualTls: MutualTls.STRICT }), ['\'mutualTls\' is a MutualTls', 'there is no identity']],
  ['an authorization without an identity', {}, ({ service }) => service('web', { authorization: Authorization.dryRun() }), ['\'authorization\' is a Authorization', 'there is no identity']],
  ['a load balancer before a strict service', { identity: files }, ({ service }) => service('web', { type: ServiceType.LOAD_BALANCER }), ['\'type\' is "LoadBalancer"', 'use a Gateway']],
  ['allow that is empty', { identity: files }, calling({ allow: [] }), ['\'calls(catalog).allow\' is []', 'leave it out for everything']],
  ['allow of matches', { identity: files }, calling({ allow: [Match.method('GET')] as never }), ['Allow.when(Match.method(\'GET\'))']],
  ['allow without conditions', { identity: files }, calling({ allow: [Allow.when()] }), ['name at least one condition']],
  ['allow of a caller', { identity: files }, ({ service }) => service('web').calls(service('catalog'), { allow: [Allow.when(Match.caller(service('cart')))] }), ['callers are told by their identity, and not by conditions']],
  ['allow by a field of the proxy', { identity: files }, calling({ allow: [Allow.when(Match.header('x-mesh-caller', 'a'))] }), ['the proxy removes or writes \'x-mesh-caller\'']],
  ['allow of a path that never comes', { identity: files }, calling({ allow: [Allow.when(Match.pathPrefix('/a#b'))] }), ['\'calls(catalog).allow.when\'', 'clients never send']],
  ['allow of a method in lower case', { identity: files }, calling({ allow: [Allow.when(Match.method('get'))] }), ['methods are in upper case']],
  ['allow at a service without an identity', { identity: files }, calling({ allow: [Allow.when(Match.method('GET'))] }, plain), ['the service called has no identity']],
  ['allow at what is outside', { identity: files }, ({ chart, service }) => service('web').calls(new ExternalService(chart, 'pay', { hostname: 'pay.example.com', endpoints: ExternalEndpoints.dns('pay.example.com') }), { allow: [Allow.when(Match.method('GET'))] }),
    ['the service called has no identity']],
  ['two services of one account', { identity: files }, ({ chart }) => {
    const serviceAccount = new kplus.ServiceAccount(chart, 'shared', { metadata: { name: 'shared' } });
    ['a', 'b'].forEach((name) => new MeshSidecar(chart, `${name}-sidecar`, { workload: new kplus.Deployment(chart, name, { containers: [app], serviceAccount }) }));
  }, ['\'serviceAccount\' is "shared"', '\'chart/a-sidecar\' has it, too', 'spiffe://cluster.local/ns/shop/sa/shared', 'an account of its own']],
  ['the account of everybody', { identity: files }, ({ chart }) => new MeshSidecar(chart, 'sidecar', {
    workload: new kplus.Deployment(chart, 'a', { containers: [app], serviceAccount: kplus.ServiceAccount.fromServiceAccountName(chart, 'default', 'default') }),
  }), ['\'serviceAccount\' is "default"', 'every pod of namespace \'shop\'']],
  ['another account by a patch', { identity: files }, ({ service }) => ApiObject.of(service('web').deployment).addJsonPatch(JsonPatch.replace('/spec/template/spec/serviceAccountName', 'root')),
    ['\'workload.serviceAccount\' is "root"', 'would not be spiffe://cluster.local/ns/shop/sa/web']],
  ['the key in the app', { identity: files }, ({ service }) => ApiObject.of(service('web').deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/volumeMounts', [{ name: 'mesh-identity', mountPath: '/keys' }])),
    ['a private key of the service is there', 'remove the mount']],
  ['the agent\'s socket in the app', { identity: Identity.spire() }, ({ service }) => mountAgent(service('web')), ['\'containers[\'main\'].volumeMounts\' is "agent"', 'driver csi.spiffe.io', 'register: true']],
  ['the Secret with the key in the app', { identity: files }, ({ chart, service }) => mountSecret(chart, service('web')), ['\'containers[\'main\'].volumeMounts\' is "keys"', 'of the Secret \'web-identity\' with the private key', 'without \'tls.key\'']],
  ['the Secret with the key in the app, among others', { identity: files }, ({ service }) => patch(service('web'), { volumes: [{ name: 'all', projected: { sources: [{ secret: { name: 'web-identity' } }] } }], mount: 'all' }),
    ['volumeMounts\' is "all"', 'the Secret \'web-identity\'']],
  ['the key in a variable', { identity: files }, ({ service }) => ApiObject.of(service('web').deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/env', [{ name: 'KEY', valueFrom: { secretKeyRef: { name: 'web-identity', key: 'tls.key' } } }])),
    ['\'containers[\'main\'].env\' is "KEY"', 'belongs in the sidecar only']],
  ['the key among all variables', { identity: files }, ({ service }) => ApiObject.of(service('web').deployment).addJsonPatch(JsonPatch.add('/spec/template/spec/containers/0/envFrom', [{ secretRef: { name: 'web-identity' } }])),
    ['\'containers[\'main\'].envFrom\' is "web-identity"']],
  ['a volume of the same name', { identity: files }, ({ chart, service }) => service('web').deployment.addVolume(kplus.Volume.fromEmptyDir(chart, 'mine', 'mesh-identity')),
    ['\'workload.volumes\' is "mesh-identity"', 'choose another']],
])('GIVEN %s, says what is wrong and what to do', (_, mesh, build, words) => {
  const message = said(mesh, build);
  words.forEach((word) => expect(message).toContain(word));
});

test('GIVEN an app that mounts the roots of the Secret alone, takes it', () => {
  expect(() => said({ identity: files }, ({ chart, service }) => mountSecret(chart, service('web'), { items: { 'ca.crt': { path: 'ca.crt' } } }))).toThrow('nothing was thrown');
});

test('GIVEN more callers that are narrowed than a proxy takes rules, says how many', () => {
  const shop = (count: number) => ({ service }: Shop): void => {
    const catalog = service('catalog');
    for (let n = 0; n < count; n++) service(`web-${n}`).calls(catalog, { allow: [Allow.when(Match.method('GET'))] });
  };
  expect(said({ identity: files, discovery: Discovery.endpointSlices() }, shop(257))).toMatch(/'authorization' is "257 rules": the proxy takes 256, and 257 of these are of calls with 'allow'/);
});

test('GIVEN a strict service that lets networks in, takes callers without an identity', () => {
  expect(() => said({ identity: files, discovery: Discovery.endpointSlices() }, calling({}, { mutualTls: MutualTls.STRICT.allowPlain('10.0.0.0/8') }, plain))).toThrow('nothing was thrown');
});

function mountSecret(chart: Chart, { deployment }: MeshService, options: kplus.SecretVolumeOptions = {}): void {
  const secret = kplus.Secret.fromSecretName(chart, 'identity-secret', 'web-identity');
  deployment.containers[0]!.mount('/keys', kplus.Volume.fromSecret(chart, 'keys', secret, { name: 'keys', ...options }));
}

function patch({ deployment }: MeshService, { volumes, mount }: { readonly volumes: object[]; readonly mount: string }): void {
  ApiObject.of(deployment).addJsonPatch(
    JsonPatch.add('/spec/template/spec/volumes', volumes),
    JsonPatch.add('/spec/template/spec/containers/0/volumeMounts', [{ name: mount, mountPath: '/all' }]),
  );
}

/** A volume of SPIRE's driver for the app itself. */
function mountAgent({ deployment }: MeshService): void {
  ApiObject.of(deployment).addJsonPatch(
    JsonPatch.add('/spec/template/spec/volumes/-', { name: 'agent', csi: { driver: 'csi.spiffe.io', readOnly: true } }),
    JsonPatch.add('/spec/template/spec/containers/0/volumeMounts', [{ name: 'agent', mountPath: '/agent' }]),
  );
}

test('an app may have the socket of SPIRE\'s agent, given that its sidecar alone is registered', () => {
  const chart = newChart();
  new Mesh(chart, 'mesh', { identity: Identity.spire({ register: true }) });
  mountAgent(new MeshService(chart, 'web', { containers: [app] }));
  expect(() => Testing.synth(chart)).not.toThrow();
});
