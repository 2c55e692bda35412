import { Duration, Testing } from 'cdk8s';
import { Discovery, ExternalAddress, ExternalEndpoints, ExternalService, ExternalServiceProps, LoadBalancing, Mesh, MeshService } from '../../src';
import { documentOf, findByKind, findOne, Manifest, newChart, podSpec } from '../support/manifests';
import { expectSound } from './sound';

const container = { image: 'x:1', portNumber: 3000 };

describe('discovery by DNS', () => {
  const chart = newChart();
  new Mesh(chart, 'mesh', { discovery: Discovery.dns({ servers: ['10.96.0.10', '[fd00::10]:5353'] }), clusterDomain: 'example.internal' });
  const web = new MeshService(chart, 'web', { containers: [container] });
  web.calls(new MeshService(chart, 'catalog', { containers: [container] }));
  const manifests = Testing.synth(chart);

  test('asks for the headless Service of the version, on the sidecar\'s port', () => {
    expectSound(manifests);
    expect(documentOf(manifests, 'web-v1').clusters[1].discovery).toEqual({
      type: 'dns', record: 'address', hostname: 'catalog-v1.shop.svc.example.internal', port: 15006, servers: ['10.96.0.10', '[fd00::10]:5353'],
    });
  });

  test('needs no token, no permission and no API', () => {
    expect(findByKind(manifests, 'Role')).toEqual([]);
    expect(findByKind(manifests, 'RoleBinding')).toEqual([]);
    expect(documentOf(manifests, 'web-v1').kubernetes).toBeUndefined();
    expect(podSpec(findOne(manifests, 'Deployment', 'web-v1')).volumes.map(({ name }: Manifest) => name)).toEqual(['mesh-config', 'mesh-state']);
  });

  test('can be chosen for one service beside EndpointSlices for another', () => {
    const mixed = newChart();
    const caller = new MeshService(mixed, 'web', { containers: [container] });
    caller.calls(new MeshService(mixed, 'catalog', { containers: [container], discovery: Discovery.dns() }));
    caller.calls(new MeshService(mixed, 'cart', { containers: [container], discovery: Discovery.endpointSlices() }));
    const yaml = Testing.synth(mixed);
    expectSound(yaml);
    expect(documentOf(yaml, 'web-v1').clusters.map(({ discovery }) => discovery.type)).toEqual(['static', 'endpointSlice', 'dns']);
    expect(documentOf(yaml, 'web-v1').clusters[2].discovery).not.toHaveProperty('servers');
  });
});

describe('discovery by EndpointSlices', () => {
  const discoveryOf = (discovery?: Discovery) => {
    const chart = newChart();
    const web = new MeshService(chart, 'web', { containers: [container] });
    web.calls(new MeshService(chart, 'catalog', { containers: [container], discovery }));
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    return documentOf(manifests, 'web-v1').clusters[1].discovery;
  };

  test('names the headless Service of the version for a start without the API', () => {
    expect(discoveryOf()).toEqual({
      type: 'endpointSlice', namespace: 'shop', service: 'catalog-v1', portName: 'http',
      fallback: { hostname: 'catalog-v1.shop.svc.cluster.local', port: 15006 },
    });
  });

  test('may wait for longer, or do without', () => {
    expect(discoveryOf(Discovery.endpointSlices({ dnsFallbackAfter: Duration.seconds(8) }))).toMatchObject({ fallback: { afterMs: 8_000 } });
    expect(discoveryOf(Discovery.endpointSlices({ dnsFallback: false }))).not.toHaveProperty('fallback');
  });

  test('a wait without a fallback is a mistake', () => {
    expect(() => discoveryOf(Discovery.endpointSlices({ dnsFallback: false, dnsFallbackAfter: Duration.seconds(1) })))
      .toThrow("'discovery.dnsFallbackAfter' is a Duration: there is no fallback whose wait it could be; leave it out, or 'dnsFallback: false'");
  });
});

describe('a service outside of the mesh', () => {
  const call = (props: ExternalServiceProps, id = 'Ledger', loadBalancing?: LoadBalancing) => {
    const chart = newChart();
    const web = new MeshService(chart, 'web', { containers: [container] });
    const external = new ExternalService(chart, id, props);
    web.calls(external, { loadBalancing });
    const manifests = Testing.synth(chart);
    expectSound(manifests);
    return { manifests, document: documentOf(manifests, 'web-v1'), external };
  };
  const list: ExternalAddress[] = [{ address: '10.1.0.1', port: 8080, weight: 3, zone: 'a' }, { address: 'fd00::1', port: 8081, zone: 'b' }];

  test('can be a list of addresses with weights and zones', () => {
    const { document, external } = call({ endpoints: ExternalEndpoints.addresses(...list) });
    expect(document.listeners[1]).toMatchObject({ name: 'outbound/shop/ledger:80', port: 80, routes: [{ split: [{ cluster: 'shop/ledger', weight: 1 }] }] });
    expect(document.clusters[1]).toEqual({ name: 'shop/ledger', discovery: { type: 'static', endpoints: list }, meshFields: false });
    expect(document.listeners[1].hostnames).toEqual(['ledger']);
    expect(external.hostname).toBe('ledger');
  });

  test('can keep addresses for when others are not available', () => {
    const [first, second] = list as [ExternalAddress, ExternalAddress];
    const { document } = call({ endpoints: ExternalEndpoints.addresses({ ...first, priority: 0 }, { ...second, priority: 1 }) });
    expect(document.clusters[1]).toMatchObject({ discovery: { endpoints: [first, { ...second, priority: 1 }] } });
    expect(() => call({ endpoints: ExternalEndpoints.addresses({ ...first, priority: 8 }) })).toThrow("'endpoints[0].priority' is 8: use a whole number from 0 to 7");
  });

  test('makes no object, and needs neither token nor permission', () => {
    const { manifests, document } = call({ endpoints: ExternalEndpoints.addresses(...list) });
    expect(manifests.filter(({ metadata }) => /ledger/.test(metadata.name))).toEqual([]);
    expect(findByKind(manifests, 'Role')).toEqual([]);
    expect(document.kubernetes).toBeUndefined();
  });

  test('weighs addresses by their zones unless they have weights of their own', () => {
    const { document } = call({ endpoints: ExternalEndpoints.addresses(...list) }, 'Ledger', LoadBalancing.weightedRoundRobin({ zoneWeights: { a: 7, b: 5 } }));
    expect(document.clusters[1]).toMatchObject({ loadBalancing: { type: 'weightedRoundRobin' }, discovery: { endpoints: [{ weight: 3 }, { weight: 5 }] } });
  });

  test('can be a DNS name with a port', () => {
    const { document } = call({ endpoints: ExternalEndpoints.dns('api.example.com', { port: 8443 }), hostname: 'api.example.com', port: 8080 });
    expect(document.listeners[1]).toMatchObject({ name: 'outbound/shop/api.example.com:8080', port: 8080 });
    expect(document.clusters[1].discovery).toEqual({ type: 'dns', record: 'address', hostname: 'api.example.com', port: 8443 });
  });

  test('can be SRV records, asked of servers of its own', () => {
    const { document } = call({ endpoints: ExternalEndpoints.srv('_http._tcp.ledger.example.com', { servers: ['10.0.0.53:53'] }), loadBalancing: LoadBalancing.random() });
    expect(document.clusters[1]).toEqual({
      name: 'shop/ledger',
      discovery: { type: 'dns', record: 'srv', hostname: '_http._tcp.ledger.example.com', servers: ['10.0.0.53:53'] },
      loadBalancing: { type: 'random' },
      meshFields: false,
    });
  });
});
