/** Which ports a sidecar takes in its pod: what has to follow, and what they may not be. */
import { Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Discovery, Mesh, MeshService, MeshServiceProps, MeshSidecar, ProxyPorts } from '../../src';
import { documentOf, findByKind, findOne, Manifest, newChart, podSpec } from '../support/manifests';
import { expectRestricted, expectSound } from './sound';

const containers = [{ image: 'app:1', portNumber: 8080 }];
const PORTS: ProxyPorts = { inbound: 16_006, inboundTls: 16_443, admin: 16_020 };
const service = (chart: Chart, id: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, id, { containers, ...props });

function told(make: () => Chart): string {
  try {
    Testing.synth(make());
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const sidecarOf = (manifests: Manifest[], deployment: string) => podSpec(findOne(manifests, 'Deployment', deployment)).initContainers[0];
const targetsOf = (manifests: Manifest[], name: string) => findOne(manifests, 'Service', name).spec.ports.map(({ targetPort }: Manifest) => targetPort);

describe('GIVEN other ports for a mesh', () => {
  const chart = newChart();
  new Mesh(chart, 'mesh', { proxyPorts: PORTS });
  const catalog = service(chart, 'catalog', { tls: { secret: kplus.Secret.fromSecretName(chart, 'tls', 'shop-tls') } });
  const workload = new kplus.StatefulSet(chart, 'ledger', { containers });
  const ledger = new MeshSidecar(chart, 'sidecar', { workload }).expose({ discovery: Discovery.dns() });
  const web = service(chart, 'web');
  web.calls(catalog);
  web.calls(ledger);
  const manifests = Testing.synth(chart);

  test('THEN Kubernetes and the proxy accept what comes out', () => {
    expectSound(manifests);
    expectRestricted(findByKind(manifests, 'Deployment'));
  });

  test('THEN the usual ones are nowhere', () => {
    expect(JSON.stringify(manifests)).not.toMatch(/15006|15443|15020/);
  });

  test('THEN Services lead to them', () => {
    expect(targetsOf(manifests, 'catalog')).toEqual([16_006, 16_443]);
    expect(targetsOf(manifests, 'catalog-v1')).toEqual([16_006]);
    expect([...targetsOf(manifests, 'ledger'), ...targetsOf(manifests, 'ledger-v1')]).toEqual([16_006, 16_006]);
  });

  test('THEN the sidecar\'s container names them, and is asked there', () => {
    const { ports, startupProbe, readinessProbe, livenessProbe, lifecycle } = sidecarOf(manifests, 'catalog-v1');
    expect(ports.map(({ name, containerPort }: Manifest) => [name, containerPort]))
      .toEqual([['mesh-in', 16_006], ['mesh-admin', 16_020], ['mesh-in-tls', 16_443]]);
    for (const { httpGet } of [startupProbe, readinessProbe, livenessProbe, lifecycle.preStop]) expect(httpGet.port).toBe(16_020);
  });

  test('THEN the document has them', () => {
    const { listeners, admin } = documentOf(manifests, 'catalog-v1');
    expect(listeners.map(({ name, port }) => [name, port])).toEqual([['inbound', 16_006], ['inbound-tls', 16_443]]);
    expect(admin).toEqual({ port: 16_020 });
  });

  test('THEN callers find the service there by DNS', () => {
    const { clusters } = documentOf(manifests, 'web-v1');
    expect(clusters.map(({ discovery }) => (discovery.type === 'endpointSlice' ? discovery.fallback?.port : discovery.type === 'dns' ? discovery.port : undefined)))
      .toEqual([undefined, 16_006, 16_006]);
  });
});

test('GIVEN a port for a mesh and another for a service THEN the service has both, and its callers know', () => {
  const chart = newChart();
  new Mesh(chart, 'mesh', { proxyPorts: { inbound: 16_006, admin: 16_020 } });
  const catalog = service(chart, 'catalog', { proxyPorts: { inbound: 17_006 } });
  service(chart, 'web').calls(catalog);
  const manifests = Testing.synth(chart);
  const portsOf = (deployment: string) => sidecarOf(manifests, deployment).ports.map(({ containerPort }: Manifest) => containerPort);
  expect([portsOf('catalog-v1'), portsOf('web-v1')]).toEqual([[17_006, 16_020], [16_006, 16_020]]);
  expect(documentOf(manifests, 'web-v1').clusters[1].discovery).toMatchObject({ fallback: { port: 17_006 } });
});

describe('ports that can\'t be are told in the words of the props', () => {
  test.each<[string, object, string]>([
    ['one below 1024', { inbound: 80 }, '\'proxyPorts.inbound\' is 80: the sidecar has no privilege to listen below 1024; use a whole number from 1024 to 65535. The port at which a service is called is \'port\''],
    ['none', { admin: 0 }, '\'proxyPorts.admin\' is 0: use a whole number from 1024 to 65535'],
    ['a text', { inboundTls: '16443' }, '\'proxyPorts.inboundTls\' is "16443": use a whole number from 1024 to 65535'],
    ['an unknown one', { health: 16_020 }, '\'proxyPorts.health\' is not a prop here: use any of admin, inbound, inboundTls, metrics'],
    ['the default of another', { inbound: 15_020 }, '\'proxyPorts.admin\' is 15020: \'proxyPorts.inbound\' is the same; give each a port of its own'],
    ['all one', { inbound: 2000, inboundTls: 2000, admin: 2000 }, '2 props are wrong'],
  ])('%s', (_, proxyPorts, message) => {
    expect(() => service(newChart(), 'web', { proxyPorts })).toThrow(message);
    expect(() => new MeshSidecar(newChart(), 'sidecar', { workload: new kplus.Job(newChart(), 'job', { containers }), proxyPorts })).toThrow(message);
  });

  test('no struct', () => {
    expect(() => service(newChart(), 'web', { proxyPorts: 16_006 as never })).toThrow('\'proxyPorts\' is 16006: use { inbound: 16006, admin: 16020 }, for example');
    expect(() => new Mesh(newChart(), 'mesh', { proxyPorts: { inbound: 80 } })).toThrow('\'proxyPorts.inbound\' is 80');
  });

  test('those that others in the pod have, all in one error', () => {
    const message = told(() => {
      const chart = newChart();
      const web = service(chart, 'web', {
        proxyPorts: { inbound: 9000, admin: 9001 },
        containers: [{ image: 'app:1', portNumber: 9000 }, { image: 'metrics:1', name: 'metrics', ports: [{ number: 9001 }] }],
      });
      web.deployment.addInitContainer({ name: 'helper', image: 'helper:1', restartPolicy: kplus.ContainerRestartPolicy.ALWAYS, ports: [{ number: 9001 }] });
      return chart;
    });
    const remedy = (purpose: string, name: string) => `: the sidecar takes this port for ${purpose}; let the app listen on another, or give the sidecar one by 'proxyPorts.${name}'`;
    expect(message).toContain(`'containers['main'].port' is 9000${remedy('incoming requests', 'inbound')}`);
    expect(message).toContain(`'containers['metrics'].port' is 9001${remedy('health and metrics', 'admin')}`);
    expect(message).toContain(`'containers['helper'].port' is 9001${remedy('health and metrics', 'admin')}`);
    expect(message).not.toContain('would be refused by the proxy');
  });

  test('the one for requests only where the app takes some', () => {
    const make = (ports: kplus.ContainerPort[]) => told(() => {
      const chart = newChart();
      const workload = new kplus.Job(chart, 'job', { containers: [{ image: 'job:1' }, { image: 'metrics:1', name: 'metrics', ports }] });
      new MeshSidecar(chart, 'Sidecar', { workload });
      return chart;
    });
    expect(make([{ number: 15_006 }])).toBe('');
    expect(make([{ number: 15_020 }])).toContain('the sidecar takes this port for health and metrics');
  });

  test('those for TLS only where there is TLS', () => {
    const make = (tls?: MeshServiceProps['tls']) => told(() => {
      const chart = newChart();
      service(chart, 'web', { tls, proxyPorts: { inboundTls: 8080 } });
      return chart;
    });
    expect(make()).toBe('');
    expect(make({ secret: kplus.Secret.fromSecretName(newChart(), 'tls', 'shop-tls') })).toContain('the sidecar takes this port for clients that speak TLS');
  });
});
