/** Workloads that others made join the mesh: objects of charts and includes, Rollouts, and several as versions of one service. */
import { ApiObject, App, Chart, Include, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Construct, IConstruct } from 'constructs';
import {
  Capacity, ExposedVersionOptions, ExposeOptions, Identity, Mesh, MeshService, MeshSidecar, MeshSidecarProps, Monitoring, ProxyImage, Route, Scaling,
} from '../../src';
import { readManifests } from '../../src/cli/model/manifests';
import { readModel } from '../../src/cli/model/read-model';
import { documentOf, findByKind, findOne, Manifest, newChart, podSpec, podTemplate } from '../support/manifests';
import { mistake } from '../support/mistake';
import { said } from './said';
import { expectSound } from './sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];

const folders: string[] = [];

function folder(name: string): string {
  folders.push(mkdtempSync(join(tmpdir(), `mesh-${name}-`)));
  return folders[folders.length - 1];
}

afterAll(() => folders.forEach((each) => rmSync(each, { recursive: true })));

/** A pod template as a Helm chart has it. */
const template = (version = 'v1') => ({
  metadata: { labels: { app: 'reviews', version }, annotations: { 'example.com/checksum': 'abc' } },
  spec: {
    serviceAccountName: 'bookinfo-reviews',
    terminationGracePeriodSeconds: 15,
    initContainers: [{ name: 'wait', image: 'busybox:1' }],
    containers: [{ name: 'reviews', image: `docker.io/istio/examples-bookinfo-reviews-${version}:1.20`, ports: [{ containerPort: 9080, name: 'http' }] }],
    volumes: [{ name: 'tmp', emptyDir: {} }],
  },
});
const specOf = (version?: string) => ({ selector: { matchLabels: { app: 'reviews', version: version ?? 'v1' } }, template: template(version) });

const objects: Record<string, (scope: Construct, version?: string) => ApiObject> = {
  'KubeDeployment of cdk8s-plus': (scope, version) => new kplus.k8s.KubeDeployment(scope, `d-${version}`, {
    metadata: { name: `reviews-${version}` }, spec: specOf(version) as unknown as kplus.k8s.DeploymentSpec,
  }),
  'KubeStatefulSet of cdk8s-plus': (scope, version) => new kplus.k8s.KubeStatefulSet(scope, `s-${version}`, {
    metadata: { name: `reviews-${version}` }, spec: { serviceName: 'reviews', ...specOf(version) } as unknown as kplus.k8s.StatefulSetSpec,
  }),
  'ApiObject of a Deployment': (scope, version) => new ApiObject(scope, `a-${version}`, {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: `reviews-${version}` }, spec: specOf(version),
  }),
  'Rollout of Argo': (scope, version) => new ApiObject(scope, `r-${version}`, {
    apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: `reviews-${version}` }, spec: { ...specOf(version), replicas: 3, strategy: { canary: {} } },
  }),
  'Deployment of an Include': (scope, version) => {
    const file = join(folder('include'), 'reviews.yaml');
    const manifest = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: `reviews-${version}`, namespace: 'shop' }, spec: specOf(version) };
    writeFileSync(file, `${JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'other' } })}\n---\n${JSON.stringify(manifest)}\n`);
    return MeshSidecar.findWorkload(new Include(scope, `i-${version}`, { url: file }), 'Deployment', `reviews-${version}`);
  },
};

describe.each(Object.keys(objects))('a sidecar on a %s', (title) => {
  const chart = newChart();
  const object = objects[title](chart, 'v1');
  const written = JSON.stringify(object.toJson());
  const sidecar = new MeshSidecar(chart, 'Sidecar', { workload: object, serviceName: 'reviews' });
  const reviews = sidecar.expose({ port: 9080 });
  sidecar.calls(new MeshService(chart, 'ratings', { containers }));
  const web = new MeshService(chart, 'web', { containers });
  web.calls(reviews);
  const manifests = Testing.synth(chart);
  const manifest = findOne(manifests, object.kind, 'reviews-v1');
  const { metadata, spec } = podTemplate(manifest);

  test('has the sidecar before all that was there, which stays', () => {
    if (object.kind !== 'Rollout') expectSound(manifests);
    expect(spec.initContainers.map(({ name }: Manifest) => name)).toEqual(['mesh-proxy', 'wait']);
    expect(spec.initContainers[0]).toMatchObject({ restartPolicy: 'Always', startupProbe: expect.anything(), livenessProbe: { terminationGracePeriodSeconds: 5 } });
    expect(spec.volumes.map(({ name }: Manifest) => name)).toEqual(['tmp', 'mesh-config', 'mesh-state', 'mesh-token']);
    expect(metadata).toEqual({
      annotations: { 'example.com/checksum': 'abc' },
      labels: { app: 'reviews', version: 'v1', 'cdk8s-mesh/service': 'reviews', 'cdk8s-mesh/version': 'v1' },
    });
    expect(spec).toMatchObject({ serviceAccountName: 'bookinfo-reviews', terminationGracePeriodSeconds: 5 + 15 + 5, containers: [{ name: 'reviews', lifecycle: { preStop: { sleep: { seconds: 5 } } } }] });
    expect(JSON.parse(written).spec.selector).toEqual(manifest.spec.selector);
  });

  test('takes requests of others at the port of its app, and finds what it calls', () => {
    const document = documentOf(manifests, 'reviews-v1');
    expect(document.clusters.map(({ name }) => name)).toEqual(['app', 'shop/ratings-v1']);
    expect(document.clusters[0].discovery).toMatchObject({ endpoints: [{ port: 9080 }] });
    expect(documentOf(manifests, 'web-v1').clusters[1].discovery).toMatchObject({ type: 'endpointSlice', namespace: 'shop', service: 'reviews-v1', portName: 'http' });
    expect(findOne(manifests, 'RoleBinding', 'cdk8s-mesh.shop.reviews-v1').subjects).toContainEqual({ kind: 'ServiceAccount', name: 'bookinfo-reviews', namespace: 'shop' });
  });
});

describe('an object that joins', () => {
  test('gets an account when it has none and needs one, and labels of a worker when nobody calls it', () => {
    const chart = newChart();
    const workload = new ApiObject(chart, 'worker', {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'worker' }, spec: { selector: {}, template: { spec: { containers: [{ name: 'main', image: 'a:1' }] } } },
    });
    new MeshSidecar(chart, 'Sidecar', { workload }).calls(new MeshService(chart, 'ratings', { containers }));
    const { metadata, spec } = podTemplate(findOne(Testing.synth(chart), 'Deployment', 'worker'));
    expect(metadata.labels).toEqual({ 'cdk8s-mesh/part-of': 'worker', 'cdk8s-mesh/version': 'v1' });
    expect(spec.serviceAccountName).toBe('worker-v1');
  });

  test('has annotations for a Prometheus without its operator, and its patches before the sidecar', () => {
    const chart = newChart();
    new Mesh(chart, 'mesh', { monitoring: Monitoring.prometheus({ operator: false }) });
    const workload = objects['ApiObject of a Deployment'](chart, 'v1');
    new MeshSidecar(chart, 'Sidecar', { workload });
    workload.addJsonPatch(JsonPatch.replace('/spec/template/spec/initContainers/0/image', 'busybox:2'));
    const { metadata, spec } = podTemplate(findOne(Testing.synth(chart), 'Deployment', 'reviews-v1'));
    expect(metadata.annotations).toMatchObject({ 'example.com/checksum': 'abc', 'prometheus.io/scrape': 'true' });
    expect(spec.initContainers.map(({ image }: Manifest) => image)).toEqual([expect.stringContaining('proxy'), 'busybox:2']);
  });

  test('keeps the Service that its chart has of its name', () => {
    const chart = newChart();
    const service = new ApiObject(chart, 'svc', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'reviews' }, spec: { ports: [{ port: 9080 }] } });
    const workload = objects['ApiObject of a Deployment'](chart, 'v1');
    const reviews = new MeshSidecar(chart, 'Sidecar', { workload, serviceName: 'reviews' }).expose({ port: 9080, existingService: service });
    new MeshService(chart, 'web', { containers }).calls(reviews);
    const manifests = Testing.synth(chart);
    expect(findByKind(manifests, 'Service').map(({ metadata }) => metadata.name)).toEqual(['reviews', 'reviews-v1', 'web', 'web-v1']);
    expect(findOne(manifests, 'Service', 'reviews').spec).toEqual({ ports: [{ port: 9080 }] });
    expect(documentOf(manifests, 'web-v1').listeners[1]).toMatchObject({ port: 9080, hostnames: expect.arrayContaining(['reviews']) });
  });

  test('refuses an existing Service that is another', () => {
    const expose = (existingService: IConstruct | string, options: ExposeOptions = {}) => mistake(() => {
      const chart = newChart();
      new MeshSidecar(chart, 'Sidecar', { workload: objects['ApiObject of a Deployment'](chart, 'v1'), serviceName: 'reviews' })
        .expose({ existingService: existingService as IConstruct, ...options });
    });
    const named = (name: string) => new ApiObject(newChart(), 'svc', { apiVersion: 'v1', kind: 'Service', metadata: { name } });
    expect(expose(named('other'))).toContain('\'expose.existingService\' is "other": callers call \'reviews\'; give the Service of that name, or the MeshSidecar \'serviceName: "other"\'');
    expect(expose('reviews')).toContain('\'expose.existingService\' is "reviews": give a Service, of cdk8s-plus or as an ApiObject');
    expect(expose(named('reviews'), { tls: { secret: kplus.Secret.fromSecretName(newChart(), 'tls', 'tls') } })).toContain('\'expose.tls\' is "tls": an existing Service stays as it is and gets no port for it; leave out one of the two');
  });

  test('can be the object of a workload of cdk8s-plus, which then is that workload', () => {
    const chart = newChart();
    const deployment = new kplus.Deployment(chart, 'App', { containers });
    expect(new MeshSidecar(chart, 'Sidecar', { workload: ApiObject.of(deployment) }).workload).toBe(deployment);
    expect(podSpec(findByKind(Testing.synth(chart), 'Deployment')[0]).initContainers).toHaveLength(1);
  });

  test('runs in `up` when it is a Rollout', () => {
    const app = new App({ outdir: folder('rollout') });
    const chart = new Chart(app, 'shop', { namespace: 'shop' });
    new MeshSidecar(chart, 'Sidecar', { workload: objects['Rollout of Argo'](chart, 'v1'), serviceName: 'reviews' }).expose();
    app.synth();
    expect(readModel(readManifests([app.outdir]), app.outdir).workloads.map(({ kind, replicas, service }) => ({ kind, replicas, service })))
      .toEqual([{ kind: 'Rollout', replicas: 3, service: 'reviews' }]);
  });
});

describe('what can\'t have a sidecar is told with what to do', () => {
  const attach = (workload: (chart: Chart) => IConstruct) => mistake(() => {
    const chart = newChart();
    new MeshSidecar(chart, 'Sidecar', { workload: workload(chart), serviceName: 'reviews' });
    Testing.synth(chart);
  });
  const deployment = (pod: object, more: object = {}) => (chart: Chart) => new ApiObject(chart, 'reviews', {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'reviews' }, spec: { template: { spec: { containers: [{ name: 'main', image: 'a:1' }], ...pod } }, ...more },
  });
  const cases: [string, (chart: Chart) => IConstruct, string][] = [
    ['a kind without a pod template', (chart) => new ApiObject(chart, 'map', { apiVersion: 'v1', kind: 'ConfigMap' }), '\'workload\' is "chart/map": a ConfigMap of v1 has no pod template that is known here; give a Deployment'],
    ['a kind of another group', (chart) => new ApiObject(chart, 'd', { apiVersion: 'example.com/v1', kind: 'Deployment' }), 'a Deployment of example.com/v1 has no pod template that is known here'],
    ['a Deployment without containers', deployment({ containers: [] }), '\'workload\' is "chart/reviews": its pod template has no containers; give a workload with an app'],
    ['a Rollout that refers to a Deployment', (chart) => new ApiObject(chart, 'r', { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', spec: { workloadRef: { kind: 'Deployment', name: 'reviews' } } }),
      '\'workload\' is "chart/r": its pods are those of \'reviews\' (workloadRef); give that workload'],
    ['the network of the node', deployment({ hostNetwork: true }), '\'workload\' is "chart/reviews": it uses the network of its node (hostNetwork)'],
    ['Windows by a node selector', deployment({ nodeSelector: { 'kubernetes.io/os': 'windows' } }), '\'nodeSelector[\'kubernetes.io/os\']\' is "windows": the sidecar runs on Linux only'],
    ['Windows by the pod\'s own word', deployment({ os: { name: 'windows' } }), '\'os.name\' is "windows": the sidecar runs on Linux only'],
    ['a chart', (chart) => { deployment({})(chart); return chart; }, '\'workload\' is "chart": it holds several objects; give one of them, such as MeshSidecar.findWorkload(chart, \'Deployment\', \'web\')'],
    ['a volume with the name of one of the sidecar\'s', deployment({ volumes: [{ name: 'mesh-config', emptyDir: {} }] }), '\'workload.volumes\' is "mesh-config": this is the name of a volume of the sidecar; choose another'],
  ];
  it.each(cases)('%s', (_, workload, message) => {
    expect(attach(workload)).toContain(message);
  });

  test('a second sidecar', () => {
    const chart = newChart();
    const workload = objects['ApiObject of a Deployment'](chart, 'v1');
    new MeshSidecar(chart, 'Sidecar', { workload });
    expect(mistake(() => new MeshSidecar(chart, 'Second', { workload }))).toContain('\'workload\' is "chart/a-v1": it has a sidecar already; attach one only');
  });

  test('a workload that is not there', () => {
    const chart = newChart();
    expect(mistake(() => MeshSidecar.findWorkload(chart, 'Deployment', 'web'))).toBe('[chart] \'findWorkload()\' found no Deployment \'web\': there is no workload here');
    deployment({})(chart);
    expect(mistake(() => MeshSidecar.findWorkload(chart, 'Deployment', 'web'))).toBe('[chart] \'findWorkload()\' found no Deployment \'web\': there is Deployment \'reviews\'');
  });

  test('one of several of a name', () => {
    const chart = newChart();
    ['a', 'b'].forEach((id) => deployment({})(new Chart(chart, id, { namespace: id })));
    expect(mistake(() => MeshSidecar.findWorkload(chart, 'Deployment', 'reviews')))
      .toBe('[chart] \'findWorkload()\' found several Deployment \'reviews\': Deployment \'reviews\' (chart/a/reviews), Deployment \'reviews\' (chart/b/reviews); search below one of them only');
  });
});

describe('several workloads as versions of one service', () => {
  const sidecarOf = (chart: Chart, version: string, props: Partial<MeshSidecarProps> = {}) =>
    new MeshSidecar(chart, `Sidecar-${version}`, { workload: objects['ApiObject of a Deployment'](chart, version), serviceName: 'reviews', version, ...props });

  function canary(
    first: ExposeOptions = {}, second: ExposedVersionOptions = {}, props: Partial<MeshSidecarProps> = {}, mesh?: (chart: Chart) => void,
  ) {
    const chart = newChart();
    mesh?.(chart);
    const reviews = sidecarOf(chart, 'v1').expose({ port: 9080, ...first });
    const v2 = sidecarOf(chart, 'v2', props).exposeAsVersionOf(reviews, second);
    const web = new MeshService(chart, 'web', { containers });
    web.calls(reviews);
    return { chart, reviews, v2, web };
  }

  test('share its requests by their weights', () => {
    const manifests = Testing.synth(canary({}, { weight: 10 }).chart);
    expectSound(manifests);
    const { listeners, clusters } = documentOf(manifests, 'web-v1');
    expect(listeners[1].routes[0].split).toEqual([{ cluster: 'shop/reviews-v1', weight: 90 }, { cluster: 'shop/reviews-v2', weight: 10 }]);
    expect(clusters.map(({ name }) => name)).toEqual(['app', 'shop/reviews-v1', 'shop/reviews-v2']);
    const services = findByKind(manifests, 'Service').filter(({ metadata }) => metadata.name.startsWith('reviews'));
    expect(services.map(({ metadata, spec }) => [metadata.name, spec.selector])).toEqual([
      ['reviews', { 'cdk8s-mesh/service': 'reviews' }],
      ['reviews-v1', { 'cdk8s-mesh/service': 'reviews', 'cdk8s-mesh/version': 'v1' }],
      ['reviews-v2', { 'cdk8s-mesh/service': 'reviews', 'cdk8s-mesh/version': 'v2' }],
    ]);
    expect(podTemplate(findOne(manifests, 'Deployment', 'reviews-v2')).metadata.labels).toMatchObject({ 'cdk8s-mesh/service': 'reviews', 'cdk8s-mesh/version': 'v2' });
  });

  test('get nothing without a weight, and can be where routes lead to', () => {
    const { chart, reviews, v2 } = canary();
    reviews.addRoute(Route.always().to(v2));
    expect(reviews.versions.map(({ version }) => version)).toEqual(['v1', 'v2']);
    expect(documentOf(Testing.synth(chart), 'web-v1').listeners[1].routes).toEqual([expect.objectContaining({ split: [{ cluster: 'shop/reviews-v2', weight: 1 }] })]);
  });

  const withIdentity = (scope: Construct) => new Mesh(scope, 'mesh', { identity: Identity.files(), proxyImage: ProxyImage.of('registry.example.com/proxy:1') });

  test('may have one account and identity', () => {
    expect(documentOf(Testing.synth(canary({}, { weight: 50 }, {}, withIdentity).chart), 'web-v1').clusters.slice(1).map(({ mutualTls }) => mutualTls?.serverIds))
      .toEqual(Array(2).fill(['spiffe://cluster.local/ns/shop/sa/bookinfo-reviews']));
  });

  test('prove who they are each by its own account, if they have accounts of their own', () => {
    const chart = newChart();
    withIdentity(chart);
    const [first, second] = ['v1', 'v2'].map((version) => new MeshSidecar(chart, `Sidecar-${version}`, {
      workload: new kplus.Deployment(chart, version, { containers, metadata: { name: version } }), serviceName: 'reviews', version,
    }));
    const reviews = first.expose();
    second.exposeAsVersionOf(reviews, { weight: 50 });
    new MeshService(chart, 'web', { containers }).calls(reviews);
    expect(documentOf(Testing.synth(chart), 'web-v1').clusters.slice(1).map(({ mutualTls }) => mutualTls?.serverIds)).toEqual([
      ['spiffe://cluster.local/ns/shop/sa/reviews-v1'], ['spiffe://cluster.local/ns/shop/sa/reviews-v2'],
    ]);
  });

  const cases: [string, () => unknown, string][] = [
    ['another service name', () => canary({}, {}, { serviceName: 'other' }), '\'serviceName\' is "other": it is a version of \'reviews\'; give its MeshSidecar that \'serviceName\''],
    ['the same version', () => canary({}, {}, { version: 'v1' }), '\'version\' is "v1": \'reviews\' has it already; give the MeshSidecar another \'version\''],
    ['another port of the sidecar', () => canary({}, {}, { proxyPorts: { inbound: 16_006 } }), '\'proxyPorts.inbound\' is 16006: that of the first version is 15006'],
    ['a weight that is a share', () => canary({}, { weight: 0.1 }), '\'exposeAsVersionOf.weight\' is 0.1: weights are whole numbers; use percent, such as 10'],
    ['weights of more than all', () => Testing.synth(canary({}, { weight: 110 }).chart), '\'weight\' is 110: together the added versions take more than 100 and leave nothing for \'v1\''],
    ['no weight for anybody', () => Testing.synth(canary({ weight: 0 }).chart), '\'weight\' is 0: no version of \'reviews\' would get a request'],
    ['something that was not exposed', () => sidecarOf(newChart(), 'v2').exposeAsVersionOf('reviews' as never), '\'exposeAsVersionOf()\' is "reviews": give it what expose() of the other workload\'s MeshSidecar returned'],
  ];
  it.each(cases)('are refused with %s', (_, build, message) => {
    expect(mistake(build)).toContain(message);
  });
});

describe('replicas that others manage', () => {
  const deploymentOf = (scaling: Scaling, more: (service: MeshService, chart: Chart) => void = () => {}) => {
    const chart = newChart();
    more(new MeshService(chart, 'web', { containers, scaling }), chart);
    return findOne(Testing.synth(chart), 'Deployment', 'web-v1');
  };

  test('are not in the Deployment, which says their range for lints and `up`', () => {
    const { metadata, spec } = deploymentOf(Scaling.external({ min: 2, max: 20 }));
    expect(spec).not.toHaveProperty('replicas');
    expect(metadata.annotations).toMatchObject({ 'cdk8s-mesh/replicas': '2-20' });
    expect(deploymentOf(Scaling.external()).metadata.annotations).toMatchObject({ 'cdk8s-mesh/replicas': '1' });
  });

  test('can be those of an autoscaler of the user', () => {
    const { spec } = deploymentOf(Scaling.external({ min: 2, max: 9 }), (web, chart) => new kplus.HorizontalPodAutoscaler(chart, 'Own', { target: web.deployment, minReplicas: 2, maxReplicas: 9 }));
    expect(spec).not.toHaveProperty('replicas');
  });

  test('count in lints with their range, at synthesis as in the YAML', () => {
    const lint = (scaling: Scaling) => said((chart) => {
      const catalog = new MeshService(chart, 'catalog', { containers, scaling });
      new MeshService(chart, 'web', { containers }).calls(catalog);
    });
    expect(lint(Scaling.external({ min: 3, max: 9 }))).toEqual(lint(Scaling.between(3, 9)));
    expect(lint(Scaling.external())).toEqual([]);
  });

  test('must fit each other, and what capacity asks for', () => {
    expect(mistake(() => deploymentOf(Scaling.external({ min: 5, max: 3 })))).toContain('\'scaling.min\' is 5: it is above the max of 3; make min at most max');
    expect(mistake(() => new MeshService(newChart(), 'web', { containers, scaling: Scaling.external({ min: 2 }), capacity: Capacity.of({ peakRps: 100, rpsPerPod: 50 }) })))
      .toContain('\'scaling.max\' is missing: \'capacity\' needs it: whether the pods carry the peak follows from how many there can be; say Scaling.external({ min, max })');
  });
});
