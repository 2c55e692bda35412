/** NetworkPolicies from the call graph: who reaches which port, by Kubernetes' own rules, for every pair. */
import { Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import {
  Discovery, ExternalEndpoints, ExternalService, Fallback, Gateway, Identity, Mesh, MeshProps, MeshService, MeshServiceProps, MeshSidecar, MutualTls,
  NetworkPolicies, ServiceType, Tracing,
} from '../../../src';
import { letsThrough, PodInfo, readNetworkPolicy } from '../../../src/planning/network-policy';
import { findByKind, findOne, Manifest, newChart, podTemplate, synth } from '../../support/manifests';
import { said } from '../said';
import { expectSound } from '../sound';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const networkPolicies = NetworkPolicies.fromCalls();

function shop(mesh: MeshProps, catalog: Partial<MeshServiceProps> = {}): Manifest[] {
  const chart = newChart();
  new Mesh(chart, 'mesh', mesh);
  const service = (name: string, props: Partial<MeshServiceProps> = {}) => new MeshService(chart, name, { containers, ...props });
  const [web, cart, alone] = ['web', 'cart', 'alone'].map((name) => service(name));
  const called = service('catalog', catalog);
  web.calls(called, { fallback: Fallback.to(cart) });
  new Gateway(chart, 'edge').route('shop.example.com', web);
  new MeshSidecar(chart, 'ReportSidecar', { workload: new kplus.Job(chart, 'report', { containers: [{ image: 'ghcr.io/acme/report:1' }] }) }).calls(called);
  cart.calls(new ExternalService(chart, 'pay', { hostname: 'pay.example.com', port: 8443, endpoints: ExternalEndpoints.dns('pay.example.com', { port: 9443 }) }));
  expect(alone).toBeDefined();
  const manifests = Testing.synth(chart);
  expectSound(manifests);
  return manifests;
}

const policies = (manifests: Manifest[]) => findByKind(manifests, 'NetworkPolicy').map(({ metadata, spec }) => readNetworkPolicy(metadata.name, metadata.namespace, spec));

function pods(manifests: Manifest[]): Record<string, PodInfo> {
  const workloads = [...findByKind(manifests, 'Deployment'), ...findByKind(manifests, 'Job')];
  return Object.fromEntries(workloads.map((workload) => {
    const { labels } = podTemplate(workload).metadata;
    return [labels['cdk8s-mesh/service'] ?? labels['cdk8s-mesh/part-of'], { namespace: 'shop', labels, portNames: {}, serves: true }];
  }));
}

function passes(manifests: Manifest[], from: PodInfo, to: PodInfo, port: number): boolean {
  return (['egress', 'ingress'] as const).every((direction) => letsThrough(direction, policies(manifests), { from, to, port }));
}

describe('every pair', () => {
  const manifests = shop({ networkPolicies, identity: Identity.files() });
  const all = pods(manifests);
  const declared = ['web catalog', 'web cart', 'report catalog', 'edge web'];
  const pairs = Object.keys(all).flatMap((from) => ['web', 'cart', 'alone', 'catalog'].map((to) => [from, to] as const)).filter(([from, to]) => from !== to);

  test.each(pairs)('%s -> %s', (from, to) => {
    expect(passes(manifests, all[from]!, all[to]!, 15_006)).toBe(declared.includes(`${from} ${to}`));
    expect(passes(manifests, all[from]!, all[to]!, 8_080)).toBe(false);
    expect(passes(manifests, all[from]!, all[to]!, 15_020)).toBe(false);
  });

  test('pods of the same labels in another namespace are others', () => {
    expect(letsThrough('ingress', policies(manifests), { from: { ...all.web!, namespace: 'other' }, to: all.catalog!, port: 15_006 })).toBe(false);
  });

  test('is what the snapshot says', () => {
    expect(Object.fromEntries(findByKind(manifests, 'NetworkPolicy').map(({ metadata, spec }) => [metadata.name, spec]))).toMatchSnapshot();
  });
});

const ingressOf = (manifests: Manifest[], name = 'catalog-v1-mesh') => findOne(manifests, 'NetworkPolicy', name).spec.ingress;

test('clients from outside come where they may', () => {
  expect(ingressOf(shop({ networkPolicies }, { type: ServiceType.LOAD_BALANCER }))).toEqual([{ ports: [{ protocol: 'TCP', port: 15_006 }] }]);
  const tls = { secret: { name: 'tls' } as kplus.ISecret };
  expect(ingressOf(shop({ networkPolicies }, { tls }))).toContainEqual({ ports: [{ protocol: 'TCP', port: 15_443 }] });
  expect(ingressOf(shop({ networkPolicies }), 'edge-mesh')).toEqual([{ ports: [{ protocol: 'TCP', port: 15_006 }] }]);
});

test('networks without an identity are let in where they are named', () => {
  const manifests = shop({ networkPolicies, identity: Identity.files() }, { mutualTls: MutualTls.STRICT.allowPlain('10.2.0.0/16', '10.3.0.1') });
  expect(ingressOf(manifests)[0].from.slice(-2)).toEqual([{ ipBlock: { cidr: '10.2.0.0/16' } }, { ipBlock: { cidr: '10.3.0.1/32' } }]);
  expect(ingressOf(shop({ networkPolicies, identity: Identity.files() }, { mutualTls: MutualTls.PERMISSIVE }))).toEqual([{ ports: [{ protocol: 'TCP', port: 15_006 }] }]);
});

test('who scrapes, and the API server, are as declared', () => {
  const manifests = shop({
    networkPolicies: NetworkPolicies.fromCalls({ scrapedFrom: [{ namespace: 'monitoring', podLabels: { app: 'prometheus' } }, { network: '10.9.0.0/24' }], apiServer: ['10.96.0.1/32'] }),
  });
  expect(ingressOf(manifests, 'alone-v1-mesh')).toEqual([{
    from: [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } }, podSelector: { matchLabels: { app: 'prometheus' } } },
      { ipBlock: { cidr: '10.9.0.0/24' } },
    ],
    ports: [{ protocol: 'TCP', port: 15_020 }],
  }]);
  expect(findOne(manifests, 'NetworkPolicy', 'web-v1-mesh').spec.egress).toContainEqual(expect.objectContaining({ to: [{ ipBlock: { cidr: '10.96.0.1/32' } }] }));
});

test.each([['https://collector.example.com/v1/traces', 443], ['http://collector.observe:4318', 4_318]])('spans reach their collector: %s', (endpoint, port) => {
  const manifests = shop({ networkPolicies, tracing: Tracing.otlp({ endpoint }) });
  for (const name of ['web-v1-mesh', 'edge-mesh']) {
    expect(findOne(manifests, 'NetworkPolicy', name).spec.egress).toContainEqual({ ports: [{ protocol: 'TCP', port }] });
  }
});

test('what goes out is let alone on request', () => {
  const { spec } = findOne(shop({ networkPolicies: NetworkPolicies.fromCalls({ egress: false }) }), 'NetworkPolicy', 'web-v1-mesh');
  expect(spec.policyTypes).toEqual(['Ingress']);
  expect(spec.egress).toBeUndefined();
});

test('there are none unless asked for', () => {
  expect(findByKind(shop({ identity: Identity.files() }), 'NetworkPolicy')).toEqual([]);
});

describe('beside others', () => {
  const build = (connect: (web: kplus.Deployment, catalog: kplus.Deployment) => void) => (chart: Parameters<Parameters<typeof said>[0]>[0]) => {
    const [web, catalog] = ['web', 'catalog'].map((name) => new MeshService(chart, name, { containers }));
    web.calls(catalog);
    connect(web.deployment, catalog.deployment);
  };

  test.each([['by EndpointSlices', Discovery.endpointSlices()], ['by DNS', Discovery.dns()]])('the lints have nothing to say, given discovery %s', (_, discovery) => {
    expect(said(build(() => {}), { networkPolicies, discovery })).toEqual([]);
  });

  test('connections of cdk8s-plus no longer shut the mesh out', () => {
    expect(said(build((web, catalog) => catalog.connections.allowFrom(web)), { networkPolicies })).toEqual([]);
  });
});

test.each<[string, unknown, string[]]>([
  ['what is none', true, ['\'networkPolicies\' is true', 'NetworkPolicies.fromCalls()']],
  ['an option that is none', NetworkPolicies.fromCalls({ prometheus: [] } as never), ['\'networkPolicies.prometheus\' is not a prop here']],
  ['an address without a length', NetworkPolicies.fromCalls({ apiServer: ['10.96.0.1'] }), ['apiServer[0]\' is "10.96.0.1"', '10.0.0.0/8']],
  ['networks that are no list', NetworkPolicies.fromCalls({ apiServer: '10.96.0.1/32' as never }), ['list networks']],
  ['peers that are no list', NetworkPolicies.fromCalls({ scrapedFrom: 'monitoring' as never }), ['list peers']],
  ['a peer that is none', NetworkPolicies.fromCalls({ scrapedFrom: ['monitoring' as never] }), ['scrapedFrom[0]\' is "monitoring"']],
  ['a peer of everything', NetworkPolicies.fromCalls({ scrapedFrom: [{}] }), ['give it a network, or pods']],
  ['a peer of both', NetworkPolicies.fromCalls({ scrapedFrom: [{ namespace: 'a', network: '10.0.0.0/8' }] }), ['give it a network, or pods']],
  ['a peer\'s labels', NetworkPolicies.fromCalls({ scrapedFrom: [{ podLabels: { app: 'a b' } }] }), ['podLabels[\'app\']\' is "a b"']],
  ['a peer\'s namespace', NetworkPolicies.fromCalls({ scrapedFrom: [{ namespace: 'Monitoring' }] }), ['namespace\' is "Monitoring"']],
  ['egress that is neither', NetworkPolicies.fromCalls({ egress: 'no' as never }), ['egress\' is "no"', 'true or false']],
])('GIVEN %s, says what is wrong', (_, value, words) => {
  let message = '';
  try {
    synth((chart) => new Mesh(chart, 'mesh', { networkPolicies: value as NetworkPolicies }));
  } catch (error) {
    ({ message } = error as Error);
  }
  words.forEach((word) => expect(message).toContain(word));
});
