/** Pods of a MeshService are said as those of cdk8s-plus: for all versions, and otherwise for one. */
import { ApiObject, Chart, Duration, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Availability, Capacity, ExternalEndpoints, ExternalService, Gateway, Identity, Mesh, MeshService, MeshServiceProps, MeshSidecar, PodOptions,
  ProxyImage,
} from '../../src';
import { findOne, Manifest, newChart, podSpec, podTemplate } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/web:1', portNumber: 8080 }];

function manifestsOf(props: (chart: Chart) => Partial<MeshServiceProps>, more: (service: MeshService, chart: Chart) => void = () => {}): Manifest[] {
  const chart = newChart();
  more(new MeshService(chart, 'web', { containers, ...props(chart) }), chart);
  return Testing.synth(chart);
}

/** The pod spec of the first version. */
const specOf = (pod: (chart: Chart) => PodOptions): Manifest => podSpec(findOne(manifestsOf(pod), 'Deployment', 'web-v1'));

/** The message that a service with these props fails with. */
function mistake(props: object, more: (service: MeshService, chart: Chart) => void = () => {}): string {
  try {
    manifestsOf(() => props, more);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('pods of a service', () => {
  const everything = (chart: Chart): PodOptions => ({
    podMetadata: { labels: { team: 'shop' }, annotations: { 'example.com/note': 'x' } },
    initContainers: [{ image: 'ghcr.io/acme/migrate:1', name: 'migrate' }],
    volumes: [kplus.Volume.fromEmptyDir(chart, 'Scratch', 'scratch')],
    imagePullSecrets: ['hub', 'ghcr'].map((name) => kplus.Secret.fromSecretName(chart, name, name)),
    securityContext: { fsGroup: 2_000, supplementalGroups: [3_000, 3_001], seccompProfile: { type: kplus.SeccompProfileType.LOCALHOST, localhostProfile: 'web.json' } },
    automountServiceAccountToken: true,
    dns: { searches: ['acme.internal'] },
    hostAliases: [{ ip: '10.0.0.9', hostnames: ['db.acme.internal'] }],
    nodeSelector: { 'kubernetes.io/arch': 'arm64' },
    tolerations: [kplus.NodeTaintQuery.is('dedicated', 'web', { effect: kplus.TaintEffect.NO_SCHEDULE })],
    affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname' } }] } },
    priorityClassName: 'high',
    runtimeClassName: 'gvisor',
    strategy: kplus.DeploymentStrategy.recreate(),
    terminationGracePeriod: Duration.seconds(60),
  });

  test('are as its props say, and what the mesh needs stays', () => {
    const manifests = manifestsOf(everything, (web, chart) => web.calls(new ExternalService(chart, 'rates', { hostname: 'rates.example.com', endpoints: ExternalEndpoints.dns('rates.example.com') })));
    expectSound(manifests);
    expectRestricted(manifests);
    const deployment = findOne(manifests, 'Deployment', 'web-v1');
    expect({ strategy: deployment.spec.strategy, template: podTemplate(deployment) }).toMatchSnapshot();
  });

  test('start the sidecar before all init containers, which find what they call as the app does', () => {
    const { initContainers } = podSpec(findOne(manifestsOf(everything, (web, chart) => web.calls(new MeshService(chart, 'catalog', { containers }))), 'Deployment', 'web-v1'));
    expect(initContainers.map(({ name }: Manifest) => name)).toEqual(['mesh-proxy', 'migrate']);
    expect(initContainers[1].volumeMounts).toContainEqual({ name: 'mesh-state', mountPath: '/etc/hosts', subPath: 'hosts', readOnly: true });
    expect(initContainers[1].securityContext.capabilities).toEqual({ drop: ['ALL'] });
  });

  test('take a native sidecar of the user with its probes', () => {
    const { initContainers } = specOf(() => ({ initContainers: [{ image: 'ghcr.io/acme/logs:1', name: 'logs', portNumber: 9000, restartPolicy: kplus.ContainerRestartPolicy.ALWAYS }] }));
    expect(initContainers[1]).toMatchObject({ name: 'logs', restartPolicy: 'Always', startupProbe: { tcpSocket: { port: 9000 } } });
  });

  test('stop in the time that the app has, with that of the mesh around it', () => {
    const manifests = manifestsOf(everything);
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).terminationGracePeriodSeconds).toBe(5 + 60 + 5);
    expect(JSON.parse(findOne(manifests, 'ConfigMap', 'web-v1-mesh').data['proxy.json']).shutdown).toMatchObject({ appDrainMs: 60_000 });
  });

  test('have what a patch of the user says where both say something', () => {
    const manifests = manifestsOf(() => ({ priorityClassName: 'high' }), ({ deployment }) => {
      ApiObject.of(deployment).addJsonPatch(JsonPatch.replace('/spec/template/spec/priorityClassName', 'low'));
    });
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).priorityClassName).toBe('low');
  });

  test('of a version are as the service says, unless the version says otherwise', () => {
    const manifests = manifestsOf(
      () => ({ priorityClassName: 'high', nodeSelector: { disk: 'ssd' }, podMetadata: { labels: { team: 'shop', track: 'stable' } }, terminationGracePeriod: Duration.seconds(60) }),
      (web) => web.addVersion('v2', {
        containers, nodeSelector: { disk: 'nvme' }, podMetadata: { labels: { track: 'canary' } }, terminationGracePeriod: Duration.seconds(10),
      }),
    );
    const { metadata: { labels }, spec } = podTemplate(findOne(manifests, 'Deployment', 'web-v2'));
    expect(labels).toEqual({ 'cdk8s-mesh/service': 'web', 'cdk8s-mesh/version': 'v2', team: 'shop', track: 'canary' });
    expect(spec).toMatchObject({ priorityClassName: 'high', nodeSelector: { disk: 'nvme' }, terminationGracePeriodSeconds: 5 + 10 + 5 });
  });
});

describe('the image of the sidecar', () => {
  const pullSecretsOf = (proxyImage: ProxyImage, pod: (chart: Chart) => PodOptions = () => ({})) => {
    const chart = newChart();
    new Mesh(chart, 'mesh', { proxyImage });
    const web = new MeshService(chart, 'web', { containers, ...pod(chart) });
    new MeshSidecar(chart, 'Sidecar', { workload: new kplus.Deployment(chart, 'worker', { containers, metadata: { name: 'worker' } }) });
    new Gateway(chart, 'edge', {}).route('example.com', web);
    const manifests = Testing.synth(chart);
    return ['web-v1', 'worker', 'edge'].map((name) => podSpec(findOne(manifests, 'Deployment', name)).imagePullSecrets?.map(({ name: secret }: Manifest) => secret));
  };

  test('is pulled with the Secrets that are said of it, in all pods that have it', () => {
    expect(pullSecretsOf(ProxyImage.of('registry.example.com/proxy:1', { pullSecrets: ['login'] }))).toEqual([['login'], ['login'], ['login']]);
    expect(pullSecretsOf(ProxyImage.of('registry.example.com/proxy:1'))).toEqual([undefined, undefined, undefined]);
  });

  test('adds its Secrets to those of the pod, each once', () => {
    const own = (chart: Chart) => ({ imagePullSecrets: ['hub', 'login'].map((name) => kplus.Secret.fromSecretName(chart, name, name)) });
    expect(pullSecretsOf(ProxyImage.released('mirror.example.com/proxy', { pullSecrets: ['login', 'mirror'] }), own)[0]).toEqual(['hub', 'login', 'mirror']);
  });

  test('has Secrets with names that can be', () => {
    expect(mistake({ proxyImage: ProxyImage.of('registry.example.com/proxy:1', { pullSecrets: ['My Login'] }) })).toContain('\'proxyImage.pullSecrets[0]\' is "My Login": use 1 to 253');
    expect(mistake({ proxyImage: ProxyImage.of('registry.example.com/proxy:1', { secrets: [] } as object) })).toContain('\'proxyImage.secrets\' is not a prop here');
  });
});

describe('the account of a service', () => {
  const account = (chart: Chart, id: string) => new kplus.ServiceAccount(chart, id, {
    metadata: { name: 'web-cloud', annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::111122223333:role/web' } },
  });

  test('is the one given, in all pods and permissions', () => {
    const manifests = manifestsOf((chart) => ({ serviceAccount: account(chart, 'Account') }), (web, chart) => {
      web.addVersion('v2', { containers });
      web.calls(new MeshService(chart, 'catalog', { containers }));
    });
    expect(manifests.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name)).toEqual(['web-cloud', 'catalog']);
    expect(['web-v1', 'web-v2'].map((name) => podSpec(findOne(manifests, 'Deployment', name)).serviceAccountName)).toEqual(['web-cloud', 'web-cloud']);
    expect(findOne(manifests, 'RoleBinding', 'cdk8s-mesh.shop.web').subjects).toEqual([expect.objectContaining({ name: 'web-cloud', namespace: 'shop' })]);
  });

  test('may be one that others made', () => {
    const manifests = manifestsOf((chart) => ({ serviceAccount: kplus.ServiceAccount.fromServiceAccountName(chart, 'Account', 'platform') }));
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).serviceAccountName).toBe('platform');
    expect(manifests.filter(({ kind }) => kind === 'ServiceAccount')).toEqual([]);
  });

  test('may be shared without an identity, and not with one', () => {
    const shared = (identity: Identity) => () => {
      const chart = newChart();
      new Mesh(chart, 'mesh', { identity, proxyImage: ProxyImage.of('registry.example.com/proxy:1') });
      const serviceAccount = account(chart, 'Account');
      const [web, catalog] = ['web', 'catalog'].map((name) => new MeshService(chart, name, { containers, serviceAccount }));
      web.calls(catalog);
      return Testing.synth(chart);
    };
    expect(shared(Identity.none())().filter(({ kind }) => kind === 'RoleBinding')).toHaveLength(1);
    expect(shared(Identity.files())).toThrow('\'serviceAccount\' is "web-cloud": \'chart/web\' has it, too, so both would be spiffe://cluster.local/ns/shop/sa/web-cloud and each could '
      + 'do what the other may; give each service an account of its own');
  });

  test('must be in the namespace of the service', () => {
    const other = new Chart(Testing.app(), 'other', { namespace: 'pay' });
    expect(mistake({ serviceAccount: account(other, 'Account') })).toContain('\'serviceAccount\' is "web-cloud": it is in namespace \'pay\', and pods can have accounts of their own, \'shop\', only');
  });
});

describe('addContainer', () => {
  const helper: kplus.ContainerProps = { image: 'ghcr.io/acme/helper:1', name: 'helper' };
  const namesOf = (manifests: Manifest[], version: string) => podSpec(findOne(manifests, 'Deployment', `web-${version}`)).containers.map(({ name }: Manifest) => name);

  test('of a service adds one to all versions, with the mesh\'s defaults', () => {
    const manifests = manifestsOf(() => ({}), (web) => {
      web.addContainer(helper);
      web.addVersion('v2', { containers });
    });
    expect(['v1', 'v2'].map((version) => namesOf(manifests, version))).toEqual([['main', 'helper'], ['main', 'helper']]);
    expectRestricted(manifests);
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).containers[1]).toMatchObject({
      lifecycle: { preStop: { sleep: { seconds: 5 } } }, resources: { requests: { cpu: '100m' } },
    });
  });

  test('of a version adds one to that version, and returns it', () => {
    const manifests = manifestsOf(() => ({}), (web, chart) => {
      web.addVersion('v2', { containers }).addContainer(helper).mount('/data', kplus.Volume.fromEmptyDir(chart, 'Data', 'data'));
    });
    expect(['v1', 'v2'].map((version) => namesOf(manifests, version))).toEqual([['main'], ['main', 'helper']]);
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v2')).containers[1].volumeMounts).toContainEqual({ name: 'data', mountPath: '/data' });
  });

  test('refuses what can\'t be a container', () => {
    expect(mistake({}, (web) => web.addContainer({ image: '' }))).toContain('[chart/web/v1] \'addContainer().image\' is "": name an image');
    expect(mistake({}, (web) => web.addContainer({ ...helper, name: 'main' }))).toContain('\'containers.name\' is "main": two containers of the pod have this name; give each its own');
    expect(mistake({}, (web) => web.addContainer({ ...helper, name: 'mesh-proxy' }))).toContain('\'containers.name\' is "mesh-proxy": this is the name of the sidecar; choose another');
  });
});

describe('options of pods that can\'t be are told with what to do', () => {
  const calling = (web: MeshService, chart: Chart): void => web.calls(new MeshService(chart, 'catalog', { containers }));
  const cases: [string, object, string, ((web: MeshService, chart: Chart) => void)?][] = [
    ['a label of the mesh', { podMetadata: { labels: { 'cdk8s-mesh/service': 'other' } } },
      '\'podMetadata.labels\' is "cdk8s-mesh/service": the mesh sets those that begin with \'cdk8s-mesh/\', and finds pods by them; choose another name'],
    ['a label\'s value', { podMetadata: { labels: { team: 'the shop' } } }, '\'podMetadata.labels[\'team\']\' is "the shop": use at most 63 letters'],
    ['a name of pods', { podMetadata: { name: 'web' } }, '\'podMetadata.name\' is "web": Kubernetes sets it for each pod; leave it out'],
    ['a strategy that takes all pods away', {
      strategy: kplus.DeploymentStrategy.recreate(), capacity: Capacity.of({ peakRps: 100, rpsPerPod: 50 }), availability: Availability.target('99.9%', { zones: 3 }),
    }, '\'strategy\' is "Recreate": each rollout would take all pods away at once, which \'availability\' doesn\'t allow; leave out one of the two'],
    ['the app\'s time said twice', { appDrain: Duration.seconds(9), terminationGracePeriod: Duration.seconds(8) }, '\'terminationGracePeriod\' is "8000 ms": \'appDrain\' says the same; leave out one of the two'],
    ['a time that no pod may take', { terminationGracePeriod: Duration.days(2) }, '\'terminationGracePeriod\' is "172800 s": 5 s (endpointPropagation) + 172800 s (terminationGracePeriod)'],
    ['a probe of an init container', { initContainers: [{ image: 'a:1', portNumber: 80 }] }, '\'initContainers[0].portNumber\' is 80: an init container that ends before the app starts has none'],
    ['Windows', { nodeSelector: { 'kubernetes.io/os': 'windows' } }, '\'nodeSelector[\'kubernetes.io/os\']\' is "windows": the sidecar runs on Linux only; leave this workload out of the mesh'],
    ['Windows by affinity', { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [
      { matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: ['windows'] }] },
    ] } } } }, '\'affinity.nodeAffinity\' is "windows": the sidecar runs on Linux only'],
    ['a sysctl that shuts the sidecar out', { securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '1024' }] } },
      '\'securityContext.sysctls[\'net.ipv4.ip_unprivileged_port_start\']\' is "1024": the sidecar listens at port 80 for a service that the pod calls, without a privilege; leave it out, or use at most 80', calling],
    ['an unknown field of the security context', { securityContext: { runAsUser: 1 } }, '\'securityContext.runAsUser\' is not a prop here'],
    ['a group below none', { securityContext: { supplementalGroups: [-1] } }, '\'securityContext.supplementalGroups[0]\' is -1: use a whole number from 0 to 2147483647'],
    ['texts for Secrets', { imagePullSecrets: ['hub'] }, '\'imagePullSecrets\' is ["hub"]: list Secrets of cdk8s-plus'],
    ['a text for a strategy', { strategy: 'Recreate' }, '\'strategy\' is "Recreate": make it with DeploymentStrategy.rollingUpdate()'],
    ['a name of the class that is none', { priorityClassName: 'High Priority' }, '\'priorityClassName\' is "High Priority": use 1 to 253'],
  ];

  it.each(cases.map(([title, props, message, more]) => ({ title, props, message, more })))('$title', ({ props, message, more }) => {
    expect(mistake(props, more)).toContain(message);
  });

  test('a volume with the name of one of the sidecar\'s', () => {
    expect(mistake({}, (web, chart) => {
      calling(web, chart);
      web.deployment.addVolume(kplus.Volume.fromEmptyDir(chart, 'Mine', 'mesh-token'));
    })).toContain('\'workload.volumes\' is "mesh-token": this is the name of a volume of the sidecar; choose another');
  });

  test('an account of one version', () => {
    expect(mistake({}, (web, chart) => web.addVersion('v2', { containers, serviceAccount: new kplus.ServiceAccount(chart, 'Own') } as PodOptions & { containers: kplus.ContainerProps[] })))
      .toContain('all versions have the account of \'web\', by which others know them; leave it out');
  });
});
