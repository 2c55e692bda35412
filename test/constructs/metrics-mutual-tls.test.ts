/** Metrics by mutual TLS: what the objects and documents say of it, and what contradicts it. */
import { Testing } from 'cdk8s';
import {
  Gateway, Identity, Mesh, MeshProps, MeshService, MeshServiceProps, MetricsMutualTls, Monitoring, NetworkPolicies, PrometheusOptions,
} from '../../src';
import { documentOf, findByKind, findOne, Manifest, newChart, podSpec } from '../support/manifests';
import { expectSound } from './sound';

const PROMETHEUS = 'spiffe://cluster.local/ns/monitoring/sa/prometheus';
const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const SECURE: MetricsMutualTls = { clientIds: [PROMETHEUS], scrapeClass: 'mesh' };

function shop(options: PrometheusOptions, mesh: Partial<MeshProps> = {}, props: Partial<MeshServiceProps> = {}): Manifest[] {
  const chart = newChart();
  new Mesh(chart, 'mesh', {
    identity: Identity.files(), monitoring: Monitoring.prometheus(options), networkPolicies: NetworkPolicies.fromCalls({ scrapedFrom: [{ namespace: 'monitoring' }] }), ...mesh,
  });
  const catalog = new MeshService(chart, 'catalog', { containers, ...props });
  new Gateway(chart, 'edge').route('shop.example.com', catalog);
  return Testing.synth(chart);
}

const endpointsOf = (manifests: Manifest[]) => findByKind(manifests, 'PodMonitor').map(({ spec }) => spec.podMetricsEndpoints[0] as Manifest);

describe('GIVEN metrics by mutual TLS, with a certificate that Prometheus has as files', () => {
  const manifests = shop({ mutualTls: SECURE });

  test('THEN Kubernetes, the operator and the proxy accept what comes out', () => expectSound(manifests));

  test('THEN the documents of services and gateways name who may read them', () => {
    for (const name of ['catalog-v1', 'edge']) {
      const { admin, requires } = documentOf(manifests, name);
      expect(admin).toEqual({ metricsMutualTls: { clientIds: [PROMETHEUS] } });
      expect(requires).toContain('metricsMutualTls');
    }
  });

  test('THEN PodMonitors lead to the port of their own, by the scrape class', () => {
    for (const { spec } of findByKind(manifests, 'PodMonitor')) {
      expect(spec.scrapeClass).toBe('mesh');
      expect(spec.podMetricsEndpoints).toEqual([expect.objectContaining({ port: 'mesh-metrics', path: '/metrics', scheme: 'https' })]);
      expect(spec.podMetricsEndpoints[0].tlsConfig).toBeUndefined();
    }
  });

  test('THEN probes stay where they are', () => {
    const sidecar = podSpec(findOne(manifests, 'Deployment', 'catalog-v1')).initContainers[0];
    const [gateway] = podSpec(findOne(manifests, 'Deployment', 'edge')).containers;
    for (const { ports, startupProbe, readinessProbe, livenessProbe, lifecycle } of [sidecar, gateway]) {
      expect(ports).toEqual(expect.arrayContaining([expect.objectContaining({ name: 'mesh-admin', containerPort: 15_020 }), expect.objectContaining({ name: 'mesh-metrics', containerPort: 15_021 })]));
      for (const probe of [startupProbe, readinessProbe, livenessProbe, lifecycle.preStop]) expect(probe.httpGet).toMatchObject({ port: 15_020 });
    }
  });

  test('THEN policies open that port to scrapers, and the admin port to nobody', () => {
    for (const name of ['catalog-v1-mesh', 'edge-mesh']) {
      const { ingress } = findByKind(manifests, 'NetworkPolicy').find(({ metadata }) => metadata.name === name)!.spec;
      expect(ingress).toContainEqual({ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }], ports: [{ protocol: 'TCP', port: 15_021 }] });
      expect(JSON.stringify(ingress)).not.toContain('15020');
    }
  });
});

test('a Secret in place of files is named by the PodMonitor, which can\'t verify SPIFFE ids', () => {
  const [endpoint] = endpointsOf(shop({ mutualTls: { clientIds: [PROMETHEUS], clientSecret: 'prometheus-mesh' } }));
  expect(endpoint).toMatchObject({
    scheme: 'https',
    tlsConfig: { cert: { secret: { name: 'prometheus-mesh', key: 'tls.crt' } }, keySecret: { name: 'prometheus-mesh', key: 'tls.key' }, insecureSkipVerify: true },
  });
});

test('a DNS name that all certificates have is verified by the roots of that Secret', () => {
  const manifests = shop({ mutualTls: { clientIds: [PROMETHEUS], clientSecret: 'prometheus-mesh', serverName: 'mesh.example.com' } });
  expectSound(manifests);
  const [{ tlsConfig }] = endpointsOf(manifests);
  expect(tlsConfig).toMatchObject({ serverName: 'mesh.example.com', ca: { secret: { name: 'prometheus-mesh', key: 'ca.crt' } } });
  expect(tlsConfig).not.toHaveProperty('insecureSkipVerify');
});

test('without the operator, annotations say that it is HTTPS, and at which port', () => {
  const manifests = shop({ operator: false, mutualTls: { clientIds: [PROMETHEUS] } }, { proxyPorts: { metrics: 16_021 } });
  expect(findOne(manifests, 'Deployment', 'catalog-v1').spec.template.metadata.annotations).toMatchObject({
    'prometheus.io/scheme': 'https', 'prometheus.io/port': '16021', 'prometheus.io/path': '/metrics',
  });
  expect(documentOf(manifests, 'catalog-v1').admin).toEqual({ metricsMutualTls: { port: 16_021, clientIds: [PROMETHEUS] } });
});

test('a service whose own monitoring says nothing of it keeps the admin port', () => {
  const manifests = shop({ mutualTls: SECURE }, {}, { monitoring: Monitoring.prometheus() });
  expect(documentOf(manifests, 'catalog-v1').admin).toBeUndefined();
  expect(endpointsOf(manifests).map(({ port }) => port).sort()).toEqual(['mesh-admin', 'mesh-metrics']);
});

test('the port is nobody\'s where it is not asked for', () => {
  expect(documentOf(shop({}, { proxyPorts: { admin: 15_021 } }), 'catalog-v1').admin).toEqual({ port: 15_021 });
  const chart = newChart();
  new MeshService(chart, 'web', { containers: [{ image: 'app:1', portNumber: 15_021 }] });
  expect(() => Testing.synth(chart)).not.toThrow();
});

describe('what contradicts it is told in the words of the props', () => {
  test.each<[string, PrometheusOptions, Partial<MeshProps>, ...string[]]>([
    ['nobody', { mutualTls: { clientIds: [], scrapeClass: 'a' } }, {}, '\'monitoring.mutualTls.clientIds\' is []: nobody could read metrics; name the id of your Prometheus'],
    ['no ids at all', { mutualTls: { scrapeClass: 'a' } as never }, {}, '\'monitoring.mutualTls.clientIds\'', 'list SPIFFE ids'],
    ['what is no id', { mutualTls: { ...SECURE, clientIds: ['prometheus', `${PROMETHEUS}/*`] } }, {}, '2 props are wrong', 'there are no patterns'],
    ['too many', { mutualTls: { ...SECURE, clientIds: Array.from({ length: 65 }, (_, i) => `${PROMETHEUS}${i}`) } }, {}, 'use at most 64 ids'],
    ['no certificate for Prometheus', { mutualTls: { clientIds: [PROMETHEUS] } }, {}, '\'monitoring.mutualTls.clientSecret\'', 'name the Secret with it, or a scrapeClass'],
    ['two', { mutualTls: { ...SECURE, clientSecret: 'a' } }, {}, '\'monitoring.mutualTls.scrapeClass\' is "mesh": the certificate comes from \'clientSecret\' already'],
    ['a name for a scrape class', { mutualTls: { ...SECURE, serverName: 'a.example.com' } }, {}, 'the scrape class says how the server is verified'],
    ['a name that is none', { mutualTls: { clientIds: [PROMETHEUS], clientSecret: 'A_b', serverName: 'a b' } }, {}, '2 props are wrong'],
    ['a scrape class that is none', { mutualTls: { ...SECURE, scrapeClass: '' } }, {}, 'spec.scrapeClasses'],
    ['a certificate without the operator', { operator: false, mutualTls: SECURE }, {}, '\'monitoring.mutualTls.scrapeClass\'', 'there is no PodMonitor to say it in'],
    ['an unknown prop', { mutualTls: { ...SECURE, ids: [] } as never }, {}, '\'monitoring.mutualTls.ids\' is not a prop here'],
    ['no object', { mutualTls: true as never }, {}, '\'monitoring.mutualTls\' is true: use { clientIds'],
    ['no identity', { mutualTls: SECURE }, { identity: Identity.none() }, '\'monitoring.mutualTls\'', 'there is no identity, so the proxy has no certificate to show'],
    ['another trust domain', { mutualTls: SECURE }, { identity: Identity.files({ trustDomain: 'prod.example.com' }) }, PROMETHEUS, 'not of the trust domain \'prod.example.com\''],
    ['the port of the admin pages', { mutualTls: SECURE }, { proxyPorts: { metrics: 15_020 } }, '\'proxyPorts.metrics\' is 15020: \'proxyPorts.admin\' is the same'],
  ])('%s', (_, options, mesh, ...words) => {
    for (const word of words) expect(() => shop(options, mesh)).toThrow(word);
  });

  test('an app at the port, and an added port', () => {
    expect(() => shop({ mutualTls: SECURE }, {}, { containers: [{ image: 'app:1', portNumber: 15_021 }] })).toThrow('the sidecar takes this port for metrics by mutual TLS');
    const chart = newChart();
    new Mesh(chart, 'mesh', { identity: Identity.files(), monitoring: Monitoring.prometheus({ mutualTls: SECURE }) });
    const web = new MeshService(chart, 'web', { containers });
    expect(() => web.addPort('more', { port: 90, targetPort: 9090, proxyPort: 15_021 })).toThrow('the sidecar takes this port for health and metrics; choose another');
  });
});
