import { ApiObject, Chart, Cron, Duration, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Discovery, ExposeOptions, LoadBalancing, MeshService, MeshSidecar, MeshSidecarProps } from '../../src';
import { documentOf, findByKind, findOne, Manifest, newChart, podSpec, podTemplate } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const restricted: kplus.ContainerSecurityContextProps = {
  capabilities: { drop: [kplus.Capability.ALL] }, seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
};
const container: kplus.ContainerProps = { image: 'ghcr.io/acme/app:1', portNumber: 8080, securityContext: restricted };

const workloads: Record<string, (chart: Chart, props?: kplus.WorkloadProps) => kplus.Workload> = {
  Deployment: (chart, props) => new kplus.Deployment(chart, 'App', { containers: [container], ...props }),
  StatefulSet: (chart, props) => new kplus.StatefulSet(chart, 'App', { containers: [container], ...props }),
  DaemonSet: (chart, props) => new kplus.DaemonSet(chart, 'App', { containers: [container], ...props }),
  Job: (chart, props) => new kplus.Job(chart, 'App', { containers: [container], ...props }),
  CronJob: (chart, props) => new kplus.CronJob(chart, 'App', { containers: [container], schedule: Cron.daily(), ...props }),
};

/** A workload made elsewhere that calls `catalog`. */
function attach(kind: string, props: Partial<MeshSidecarProps> = {}, workloadProps?: kplus.WorkloadProps) {
  const chart = newChart();
  const workload = workloads[kind](chart, workloadProps);
  const sidecar = new MeshSidecar(chart, 'Sidecar', { workload, ...props });
  sidecar.calls(new MeshService(chart, 'catalog', { containers: [{ image: 'catalog:1', portNumber: 8080 }] }));
  const manifests = Testing.synth(chart);
  return { manifests, sidecar, workload, manifest: findOne(manifests, kind, workload.name) };
}

describe.each(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'])('a sidecar on a %s', (kind) => {
  const { manifests, manifest } = attach(kind);
  const spec = podSpec(manifest);

  test('yields what Kubernetes and the proxy accept, in restricted pods', () => {
    expectSound(manifests);
    expectRestricted(manifests);
  });

  test('labels the pods with the service, named as the workload, and a version', () => {
    expect(podTemplate(manifest).metadata.labels).toMatchObject({ 'cdk8s-mesh/part-of': 'app', 'cdk8s-mesh/version': 'v1' });
  });

  test('has a document, the names of what is called, a token and an account that may read', () => {
    expect(documentOf(manifests, 'app-v1').clusters.map(({ name }) => name)).toEqual(['app', 'shop/catalog-v1']);
    expect(documentOf(manifests, 'app-v1').listeners[1].hostnames).toContain('catalog');
    expect(spec.volumes.map(({ name }: Manifest) => name)).toEqual(['mesh-config', 'mesh-state', 'mesh-token']);
    expect(spec.serviceAccountName).toBe('app-v1');
    expect(findOne(manifests, 'RoleBinding', 'cdk8s-mesh.shop.app-v1').subjects[0]).toMatchObject({ name: 'app-v1', namespace: 'shop' });
  });

  test('adds the mesh\'s time to stop to the workload\'s own', () => {
    expect(spec.terminationGracePeriodSeconds).toBe(5 + 30 + 5);
    expect(spec.containers[0].lifecycle.preStop).toEqual({ sleep: { seconds: 5 } });
  });
});

describe('a workload made elsewhere that is exposed', () => {
  const exposed = (props: ExposeOptions = {}, sidecarProps: Partial<MeshSidecarProps> = {}) => {
    const chart = newChart();
    const ledger = new MeshSidecar(chart, 'Sidecar', { workload: workloads.StatefulSet(chart), serviceName: 'ledger', ...sidecarProps }).expose(props);
    const web = new MeshService(chart, 'web', { containers: [{ ...container, portNumber: 3000 }] });
    web.calls(ledger, { timeout: Duration.seconds(1) });
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    expectRestricted(manifests);
    expect(Testing.synth(chart)).toEqual(manifests);
    return { manifests, ledger, document: documentOf(manifests, 'web-v1') };
  };

  test('has the two Services that a MeshService has, which lead to its sidecar', () => {
    const { manifests, ledger } = exposed();
    const reference = newChart();
    new MeshService(reference, 'ledger', { containers: [container] });
    const expected = Testing.synth(reference);
    for (const name of ['ledger', 'ledger-v1']) {
      expect(findOne(manifests, 'Service', name)).toEqual(findOne(expected, 'Service', name));
    }
    expect([ledger.serviceName, ledger.port, ledger.service!.name, ledger.headlessService.name]).toEqual(['ledger', 80, 'ledger', 'ledger-v1']);
    const { labels } = podTemplate(findByKind(manifests, 'StatefulSet')[0]).metadata;
    for (const service of [ledger.service!, ledger.headlessService]) {
      expect(labels).toMatchObject(findOne(manifests, 'Service', service.name).spec.selector);
    }
  });

  test('is called by its name, and found by the slices of its headless Service', () => {
    const { manifests, document } = exposed();
    expect(document.listeners[1]).toMatchObject({
      name: 'outbound/shop/ledger:80', port: 80, routes: [{ split: [{ cluster: 'shop/ledger-v1', weight: 1 }], timeoutMs: 1_000 }],
    });
    expect(document.clusters[1]).toEqual({
      name: 'shop/ledger-v1', discovery: {
        type: 'endpointSlice', namespace: 'shop', service: 'ledger-v1', portName: 'http', fallback: { hostname: 'ledger-v1.shop.svc.cluster.local', port: 15006 },
      },
    });
    expect(document.listeners[1].hostnames).toEqual(['ledger', 'ledger.shop', 'ledger.shop.svc', 'ledger.shop.svc.cluster.local']);
    expect(findOne(manifests, 'RoleBinding', 'cdk8s-mesh.shop.web').subjects[0].name).toBe('web');
  });

  test('is called as its options say', () => {
    const { document } = exposed({
      port: 9000, portName: 'api', loadBalancing: LoadBalancing.random(), connections: { maxPendingRequests: 3 }, discovery: Discovery.dns(),
    }, { version: 'blue', limits: { idleTimeout: Duration.seconds(10) } });
    expect(document.listeners[1]).toMatchObject({ name: 'outbound/shop/ledger:9000', port: 9000 });
    expect(document.clusters[1]).toEqual({
      name: 'shop/ledger-blue',
      discovery: { type: 'dns', record: 'address', hostname: 'ledger-blue.shop.svc.cluster.local', port: 15006 },
      loadBalancing: { type: 'random' },
      idleTimeoutMs: 5_000,
      maxPendingRequests: 3,
    });
  });

  test('is in the namespace of its workload, wherever its sidecar is declared', () => {
    const app = Testing.app();
    const [there, here] = ['there', 'here'].map((name) => new Chart(app, name, { namespace: name }));
    const ledger = new MeshSidecar(here, 'Sidecar', { workload: workloads.DaemonSet(there), serviceName: 'ledger' }).expose();
    new MeshService(here, 'web', { containers: [container], port: 8000 }).calls(ledger);
    const manifests = [...Testing.synth(there), ...Testing.synth(here)];
    expectSound(manifests);
    expect(['ledger', 'ledger-v1'].map((name) => findOne(manifests, 'Service', name).metadata.namespace)).toEqual(['there', 'there']);
    expect(findOne(manifests, 'Role', 'cdk8s-mesh.here.web').metadata.namespace).toBe('there');
    expect(documentOf(manifests, 'web-v1').listeners[1].hostnames?.[0]).toBe('ledger.there');
  });
});

describe('a sidecar on a workload made elsewhere', () => {
  test('is started before the init containers that are there and those that come', () => {
    const chart = newChart();
    const workload = workloads.Deployment(chart, { initContainers: [{ name: 'migrate', image: 'm:1' }, { name: 'warm', image: 'w:1' }] });
    new MeshSidecar(chart, 'Sidecar', { workload });
    workload.addInitContainer({ name: 'late', image: 'l:1' });
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    expect(podSpec(findByKind(manifests, 'Deployment')[0]).initContainers.map(({ name }: Manifest) => name)).toEqual(['mesh-proxy', 'migrate', 'warm', 'late']);
  });

  test('leaves the app\'s containers as they are, but for the hosts file and the wait before they stop', () => {
    const plain = podSpec(findByKind(Testing.synth((() => { const chart = newChart(); workloads.Deployment(chart); return chart; })()), 'Deployment')[0]);
    const { lifecycle, volumeMounts, ...rest } = podSpec(attach('Deployment').manifest).containers[0];
    expect(rest).toEqual(plain.containers[0]);
    expect(lifecycle).toEqual({ preStop: { sleep: { seconds: 5 } } });
    expect(volumeMounts.map(({ mountPath }: Manifest) => mountPath)).toEqual(['/etc/hosts']);
  });

  test('takes no requests when the app names no port, and then waits for nobody', () => {
    const { manifests, manifest } = attach('Job', {}, { containers: [{ image: 'batch:1', securityContext: restricted }] });
    expectSound(manifests);
    const { listeners, clusters } = documentOf(manifests, 'app-v1');
    expect(listeners.map(({ direction }) => direction)).toEqual(['outbound']);
    expect(clusters.map(({ name }) => name)).toEqual(['shop/catalog-v1']);
    const spec = podSpec(manifest);
    expect(spec.containers[0].lifecycle).toBeUndefined();
    expect(spec.terminationGracePeriodSeconds).toBe(30 + 5);
    expect(spec.initContainers[0].ports.map(({ name }: Manifest) => name)).toEqual(['mesh-admin']);
  });

  test('runs under the account that the workload has', () => {
    const chart = newChart();
    const account = new kplus.ServiceAccount(chart, 'Account', { metadata: { name: 'robot' } });
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload: workloads.Job(chart, { serviceAccount: account }) });
    sidecar.calls(new MeshService(chart, 'catalog', { containers: [container] }));
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    expect(findByKind(manifests, 'ServiceAccount').map(({ metadata }) => metadata.name).sort()).toEqual(['catalog', 'robot']);
    expect(findByKind(manifests, 'RoleBinding')[0].subjects[0].name).toBe('robot');
    expect(sidecar.serviceAccount).toBeUndefined();
  });

  test('makes no account when nothing needs a token', () => {
    const chart = newChart();
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload: workloads.Job(chart) });
    sidecar.calls(new MeshService(chart, 'catalog', { containers: [container], discovery: Discovery.dns() }));
    const manifests = Testing.synth(chart);
    expect(findByKind(manifests, 'ServiceAccount').map(({ metadata }) => metadata.name)).toEqual(['catalog']);
    expect(podSpec(findByKind(manifests, 'Job')[0]).serviceAccountName).toBeUndefined();
  });

  test('takes name, version, port and time to stop from its props', () => {
    const { manifests, manifest } = attach('StatefulSet', { serviceName: 'ledger', version: '2024-06', appPort: 9999, appDrain: Duration.seconds(90) });
    expectSound(manifests);
    expect(documentOf(manifests, 'ledger-2024-06')).toMatchObject({
      node: { service: 'ledger', version: '2024-06' }, clusters: [{ discovery: { endpoints: [{ port: 9999 }] } }, {}],
    });
    expect(podSpec(manifest).terminationGracePeriodSeconds).toBe(5 + 90 + 5);
  });

  test('follows its workload into another chart and namespace', () => {
    const app = Testing.app();
    const [there, here] = ['there', 'here'].map((name) => new Chart(app, name, { namespace: name }));
    const workload = workloads.Deployment(there);
    const sidecar = new MeshSidecar(here, 'Sidecar', { workload });
    sidecar.calls(new MeshService(there, 'catalog', { containers: [container] }));
    const manifests = [...Testing.synth(there), ...Testing.synth(here)];
    expectSound(manifests);
    expect(findOne(manifests, 'ConfigMap', 'app-v1-mesh').metadata.namespace).toBe('there');
    expect(findOne(manifests, 'ServiceAccount', 'app-v1').metadata.namespace).toBe('there');
    expect(documentOf(manifests, 'app-v1').listeners[1].hostnames?.[0]).toBe('catalog');
  });

  test('keeps host aliases, sysctls and volumes that the pod has', () => {
    const chart = newChart();
    const workload = workloads.Deployment(chart, {
      hostAliases: [{ ip: '10.0.0.1', hostnames: ['db'] }],
      securityContext: { sysctls: [{ name: 'net.ipv4.tcp_syncookies', value: '1' }] },
      volumes: [kplus.Volume.fromEmptyDir(chart, 'Tmp', 'tmp')],
    });
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload });
    sidecar.calls(new MeshService(chart, 'catalog', { containers: [container] }));
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    const spec = podSpec(findByKind(manifests, 'Deployment').find(({ metadata }) => metadata.name.startsWith('chart-app'))!);
    expect(spec.hostAliases.map(({ ip }: Manifest) => ip)).toEqual(['10.0.0.1']);
    expect(spec.securityContext.sysctls.map(({ name }: Manifest) => name)).toEqual(['net.ipv4.tcp_syncookies', 'net.ipv4.ip_unprivileged_port_start']);
    expect(spec.volumes.map(({ name }: Manifest) => name)).toEqual(['mesh-config', 'mesh-state', 'tmp', 'mesh-token']);
  });

  test('synthesizes to the same twice, and lets a user\'s patches go before its own values', () => {
    const chart = newChart();
    const workload = workloads.StatefulSet(chart);
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload });
    sidecar.calls(new MeshService(chart, 'catalog', { containers: [container] }));
    ApiObject.of(workload).addJsonPatch(
      JsonPatch.replace('/spec/template/spec/initContainers/0/image', 'mine:1'),
      JsonPatch.add('/spec/template/spec/containers/0/lifecycle', { preStop: { exec: { command: ['/bin/true'] } } }),
    );
    const manifests = Testing.synth(chart);
    expect(Testing.synth(chart)).toEqual(manifests);
    const spec = podSpec(findByKind(manifests, 'StatefulSet')[0]);
    expect(spec.initContainers[0].image).toBe('mine:1');
    expect(spec.containers[0].lifecycle).toEqual({ preStop: { exec: { command: ['/bin/true'] } } });
  });
});

describe('patches of the user that take away what the mesh completes', () => {
  const pod = '/spec/template/spec';
  test.each<[string, JsonPatch]>([
    ['all init containers', JsonPatch.remove(`${pod}/initContainers`)],
    ['the sidecar', JsonPatch.remove(`${pod}/initContainers/0`)],
    ['the sidecar in favour of another', JsonPatch.replace(`${pod}/initContainers`, [{ name: 'other', image: 'other:1' }])],
    ['the pod\'s spec', JsonPatch.remove(pod)],
    ['the pod\'s template', JsonPatch.remove('/spec/template')],
    ['the spec', JsonPatch.remove('/spec')],
  ])('GIVEN %s, are told in words', (_, patch) => {
    const chart = newChart();
    const web = new MeshService(chart, 'web', { containers: [{ image: 'web:1', portNumber: 8080 }] });
    ApiObject.of(web.deployment).addJsonPatch(patch);
    expect(() => Testing.synth(chart)).toThrow('[chart/web/v1/Sidecar] \'workload\' is "chart/web/v1/Deployment": after its patches, its pod has no init container \'mesh-proxy\'');
  });
});
