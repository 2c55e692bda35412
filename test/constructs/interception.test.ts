import { ApiObject, Chart, Cron, JsonPatch, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { ExternalEndpoints, ExternalService, Interception, Mesh, MeshService, MeshServiceProps, MeshSidecar, MeshSidecarProps } from '../../src';
import { documentOf, findOne, Manifest, newChart, podSpec, podTemplate } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const securityContext: kplus.ContainerSecurityContextProps = {
  capabilities: { drop: [kplus.Capability.ALL] }, seccompProfile: { type: kplus.SeccompProfileType.RUNTIME_DEFAULT },
};
const container: kplus.ContainerProps = { image: 'ghcr.io/acme/app:1', portNumber: 8080, securityContext };
const MOUNT = { name: 'mesh-state', mountPath: '/etc/hosts', subPath: 'hosts', readOnly: true };
const ENVIRONMENT = { name: 'MESH_HOSTS_FILE', value: '/var/lib/cdk8s-mesh/hosts' };
const SYSCTL = { name: 'net.ipv4.ip_unprivileged_port_start', value: '0' };

const service = (chart: Chart, name: string, props: Partial<MeshServiceProps> = {}): MeshService =>
  new MeshService(chart, name, { containers: [container], ...props });
const external = (chart: Chart, hostname: string, port = 80): ExternalService =>
  new ExternalService(chart, hostname, { port, endpoints: ExternalEndpoints.addresses({ address: '192.0.2.1', port: 8080 }) });

const workloads: Record<string, (chart: Chart, props: kplus.WorkloadProps) => kplus.Workload> = {
  Deployment: (chart, props) => new kplus.Deployment(chart, 'App', props),
  StatefulSet: (chart, props) => new kplus.StatefulSet(chart, 'App', props),
  DaemonSet: (chart, props) => new kplus.DaemonSet(chart, 'App', props),
  Job: (chart, props) => new kplus.Job(chart, 'App', props),
  CronJob: (chart, props) => new kplus.CronJob(chart, 'App', { schedule: Cron.daily(), ...props }),
};

/** The pod of a workload made elsewhere that calls `catalog`. */
function attached(kind: string, props: Partial<MeshSidecarProps> = {}, workloadProps: kplus.WorkloadProps = { containers: [container] }) {
  const chart = newChart();
  const workload = workloads[kind](chart, workloadProps);
  new MeshSidecar(chart, 'Sidecar', { workload, ...props }).calls(external(chart, 'catalog', 8080 + 1));
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return { manifests, spec: podSpec(findOne(manifests, kind, workload.name)) };
}
const mountsOf = ({ volumeMounts }: Manifest): Manifest[] => volumeMounts ?? [];

describe.each(Object.keys(workloads))('the hosts file of a %s', (kind) => {
  const initContainers = [{ name: 'migrate', image: 'm:1', securityContext }];
  const { manifests, spec } = attached(kind, {}, { containers: [container, { ...container, name: 'second', portNumber: 8082 }], initContainers });

  test('is mounted by all containers that start after the sidecar, which keeps it', () => {
    const [sidecar, ...others] = [...spec.initContainers, ...spec.containers];
    expect(sidecar.env).toContainEqual(ENVIRONMENT);
    expect(mountsOf(sidecar)).toContainEqual({ name: 'mesh-state', mountPath: '/var/lib/cdk8s-mesh' });
    expect(others.map(({ name }) => name)).toEqual(['migrate', 'main', 'second']);
    for (const other of others) expect(mountsOf(other)).toEqual([MOUNT]);
  });

  test('is on a volume that is no reason to keep a node', () => {
    expect(spec.volumes).toContainEqual({ name: 'mesh-state', emptyDir: { medium: 'Memory', sizeLimit: '32Mi' } });
  });

  test('takes the place of host aliases, in restricted pods', () => {
    expect(spec.hostAliases).toBeUndefined();
    expectRestricted(manifests);
  });
});

describe('the hosts file', () => {
  test('is not mounted in pods that call nothing', () => {
    const chart = newChart();
    service(chart, 'catalog');
    const spec = podSpec(findOne(Testing.synth(chart), 'Deployment', 'catalog-v1'));
    expect(mountsOf(spec.containers[0])).not.toContainEqual(MOUNT);
    expect(spec.initContainers[0].env).not.toContainEqual(ENVIRONMENT);
    expect(spec.securityContext.sysctls).toBeUndefined();
  });

  test('needs no other pods for a call that comes later, at whatever port', () => {
    const templates = [[9000], [9000, 80]].map((ports) => {
      const chart = newChart();
      const web = service(chart, 'web');
      for (const port of ports) web.calls(service(chart, `callee-${port}`, { port }));
      const manifests = Testing.synth(chart);
      expect(documentOf(manifests, 'web-v1').listeners).toHaveLength(1 + ports.length);
      return podTemplate(findOne(manifests, 'Deployment', 'web-v1'));
    });
    expect(templates[0].spec.securityContext.sysctls).toEqual([SYSCTL]);
    expect(templates[1]).toEqual(templates[0]);
  });

  test('leaves a pod its own host aliases', () => {
    const { spec } = attached('Deployment', {}, { containers: [container], hostAliases: [{ ip: '10.0.0.1', hostnames: ['db'] }] });
    expect(spec.hostAliases).toEqual([{ ip: '10.0.0.1', hostnames: ['db'] }]);
  });

  test.each(['/etc/hosts', '/etc/../etc/hosts/'])('can\'t be mounted where a container mounts %s of its own', (path) => {
    const chart = newChart();
    const volume = kplus.Volume.fromEmptyDir(chart, 'Own', 'own');
    const props = { containers: [{ ...container, volumeMounts: [{ path, volume }] }], initContainers: [{ name: 'first', image: 'f:1', volumeMounts: [{ path, volume }] }] };
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload: workloads.Deployment(chart, props) });
    expect(() => Testing.synth(chart)).not.toThrow();
    sidecar.calls(external(chart, 'catalog'));
    const remedy = 'by this file the names of the services that the pod calls lead to the sidecar; remove the mount, and give the pod hostAliases for names of its own';
    expect(() => Testing.synth(chart)).toThrow(`'containers['main'].volumeMounts' is "${path}": ${remedy}`);
    expect(() => Testing.synth(chart)).toThrow(`'containers['first'].volumeMounts' is "${path}": ${remedy}`);
  });

  test('can\'t have a name that the pod gives another address', () => {
    const props = { containers: [container], hostAliases: [{ ip: '10.0.0.1', hostnames: ['db', 'Catalog'] }] };
    for (const interception of [Interception.hostsFile(), Interception.hostAliases()]) {
      expect(() => attached('Deployment', { interception }, props))
        .toThrow("'hostAliases' is \"Catalog\": calls(catalog) leads this name to the sidecar; remove one of the two");
    }
  });
});

describe.each([Interception.hostsFile(), Interception.hostAliases()])('what JSON patches make of a pod', (interception) => {
  const setUp = () => {
    const chart = newChart();
    const workload = workloads.Deployment(chart, { containers: [container], hostAliases: [{ ip: '10.0.0.1', hostnames: ['catalog'] }] });
    new MeshSidecar(chart, 'Sidecar', { workload, interception }).calls(external(chart, 'catalog'));
    return { chart, patch: (...patches: JsonPatch[]) => ApiObject.of(workload).addJsonPatch(...patches) };
  };
  const spec = '/spec/template/spec';

  test('counts when it mounts a hosts file', () => {
    const { chart, patch } = setUp();
    const mount = { name: 'own', mountPath: '/etc/hosts' };
    patch(JsonPatch.add(`${spec}/containers/0/volumeMounts`, [mount]), JsonPatch.replace(`${spec}/containers/0/name`, 'renamed'));
    expect(() => Testing.synth(chart)).toThrow("'containers['renamed'].volumeMounts' is \"/etc/hosts\"");
  });

  test('counts when it gives a name another address, and when it doesn\'t any more', () => {
    const { chart, patch } = setUp();
    expect(() => Testing.synth(chart)).toThrow("'hostAliases' is \"catalog\"");
    patch(JsonPatch.replace(`${spec}/hostAliases/0/hostnames`, ['db']));
    expect(() => Testing.synth(chart)).not.toThrow();
    patch(JsonPatch.add(`${spec}/hostAliases/-`, { ip: '10.0.0.2', hostnames: ['CATALOG'] }));
    expect(() => Testing.synth(chart)).toThrow("'hostAliases' is \"CATALOG\"");
  });

  test('is told with all else when it can\'t be made', () => {
    const { chart, patch } = setUp();
    new MeshSidecar(chart, 'Other', { workload: new kplus.Deployment(chart, 'Worker', { containers: [{ ...container, name: 'mesh-proxy' }] }), serviceName: 'other' });
    patch(JsonPatch.replace('/nothing/at/all', 1));
    expect(() => Testing.synth(chart)).toThrow(/Failed serializing construct[^]*'containers.name' is "mesh-proxy"/);
  });
});

describe('host aliases instead', () => {
  test('are said for a sidecar, a service or a mesh', () => {
    const aliases = [{ ip: expect.stringMatching(/^127\./), hostnames: ['catalog'] }];
    const { spec } = attached('StatefulSet', { interception: Interception.hostAliases() });
    expect(spec.hostAliases).toEqual(aliases);
    expect(mountsOf(spec.containers[0])).toEqual([]);
    expect(spec.initContainers[0].env).not.toContainEqual(ENVIRONMENT);

    const chart = newChart();
    new Mesh(chart, 'mesh', { interception: Interception.hostAliases() });
    const catalog = external(chart, 'catalog');
    service(chart, 'web').calls(catalog);
    service(chart, 'shop', { interception: Interception.hostsFile() }).calls(catalog);
    const manifests = Testing.synth(chart);
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).hostAliases).toEqual(aliases);
    expect(mountsOf(podSpec(findOne(manifests, 'Deployment', 'shop-v1')).containers[0])).toContainEqual(MOUNT);
  });

  test('come behind those of the pod, with a sysctl where a low port is called', () => {
    const chart = newChart();
    const own = { ip: '10.0.0.1', hostnames: ['db'] };
    const workload = workloads.Deployment(chart, { containers: [container], hostAliases: [own] });
    const sidecar = new MeshSidecar(chart, 'Sidecar', { workload, interception: Interception.hostAliases() });
    sidecar.calls(external(chart, 'high', 9000));
    const spec = (): Manifest => podSpec(findOne(Testing.synth(chart), 'Deployment', workload.name));
    expect(spec().securityContext.sysctls).toBeUndefined();
    sidecar.calls(external(chart, 'low'));
    expect(spec().securityContext.sysctls).toEqual([SYSCTL]);
    expect(spec().hostAliases.map(({ hostnames }: Manifest) => hostnames)).toEqual([['db'], ['high'], ['low']]);
  });

  test('are made with the factory', () => {
    expect(() => attached('Job', { interception: 'hostAliases' as never }))
      .toThrow("'interception' is \"hostAliases\": make it with Interception.hostsFile(), for example");
  });
});
