/** NetworkPolicies made with cdk8s-plus or by hand that shut the mesh out are told at synthesis, and from the YAML alike. */
import { ApiObject, Chart, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-28';
import { Discovery, MeshProps, MeshService, MeshSidecar } from '../../src';
import { said } from './said';

const containers = [{ image: 'ghcr.io/acme/app:1', portNumber: 8080 }];
const { NetworkPolicyPort: Port } = kplus;

interface Shop {
  readonly chart: Chart;
  readonly web: kplus.Deployment;
  readonly catalog: kplus.Deployment;
}

/** What is said of a shop whose `web` calls `catalog`. */
function saidOfShop(restrict: (shop: Shop) => void, mesh: MeshProps = {}): string[] {
  return said((chart) => {
    const [web, catalog] = ['web', 'catalog'].map((name) => new MeshService(chart, name, { containers }));
    web.calls(catalog);
    restrict({ chart, web: web.deployment, catalog: catalog.deployment });
  }, mesh);
}

const rulesOf = (findings: string[]): string[] => findings.map((text) => /\((\S+)\)$/.exec(text)![1]!);

describe('connections of cdk8s-plus', () => {
  test('GIVEN allowFrom(), says at which port requests arrive and what the caller can\'t reach', () => {
    const findings = saidOfShop(({ web, catalog }) => catalog.connections.allowFrom(web));
    expect(rulesOf(findings)).toEqual(['network-policy', 'network-policy-discovery']);
    expect(findings[0]).toMatch(/^web -> catalog v1: requests go to the sidecar at TCP port 15006; they may not leave the caller's pods, by NetworkPolicy '\S+', and may not enter the pods of catalog v1, by NetworkPolicy '\S+'; allow TCP port 15006, beside the app's port or instead of it/);
    expect(findings[1]).toMatch(/^web v1: by NetworkPolicy '\S+', the sidecar may not send to TCP port 443 or 6443, where it reads EndpointSlices; allow the API server, and UDP and TCP port 53 for DNS/);
  });

  test('GIVEN allowTo(), says the same', () => {
    expect(rulesOf(saidOfShop(({ web, catalog }) => web.connections.allowTo(catalog)))).toEqual(['network-policy', 'network-policy-discovery']);
  });

  test.each([
    ['the callee', (shop: Shop) => shop.catalog.connections.allowFrom(shop.web, { isolation: kplus.PodConnectionsIsolation.POD }), ['network-policy']],
    ['the caller', (shop: Shop) => shop.web.connections.allowTo(shop.catalog, { isolation: kplus.PodConnectionsIsolation.POD }), ['network-policy', 'network-policy-discovery']],
  ])('GIVEN %s alone, says what is shut there', (_, restrict, rules) => {
    expect(rulesOf(saidOfShop(restrict))).toEqual(rules);
  });

  test('GIVEN isolate(), says of the callee that it takes nothing, and of what it can\'t look up', () => {
    expect(rulesOf(saidOfShop(({ catalog }) => catalog.connections.isolate()))).toEqual(['network-policy', 'network-policy-names']);
  });

  test('GIVEN a caller that finds endpoints by DNS, says that DNS is shut', () => {
    const findings = saidOfShop(({ web, catalog }) => web.connections.allowTo(catalog, { ports: [Port.tcp(15006)] }), { discovery: Discovery.dns() });
    expect(findings).toEqual([expect.stringMatching(/^web v1: by .* the sidecar may not send to UDP port 53, where it finds the endpoints of 'shop\/catalog-v1'; allow UDP and TCP port 53 \(network-policy-discovery\)$/)]);
  });

  test('GIVEN somebody without a sidecar at the app\'s port, warns that the Service leads to another', () => {
    const findings = saidOfShop(({ chart, catalog }) => {
      new kplus.Deployment(chart, 'Legacy', { containers }).connections.allowTo(catalog, { isolation: kplus.PodConnectionsIsolation.PEER });
      catalog.connections.allowFrom(kplus.Pods.select(chart, 'Web', { labels: { 'cdk8s-mesh/service': 'web' } }), { isolation: kplus.PodConnectionsIsolation.POD, ports: [Port.tcp(15006)] });
    });
    expect(findings).toEqual([expect.stringMatching(/^catalog v1: NetworkPolicy '\S+' lets clients in at TCP port 8080 \(the app\) that are not let in at 15006 \(the sidecar\).*\(network-policy-bypass\)$/)]);
  });

  test('GIVEN the sidecar\'s port, DNS and the API server, says nothing', () => {
    expect(saidOfShop(({ chart, web, catalog }) => {
      catalog.connections.allowFrom(web, { ports: [Port.tcp(15006)] });
      const anywhere = kplus.NetworkPolicyIpBlock.anyIpv4(chart, 'Anywhere');
      const policy = new kplus.NetworkPolicy(chart, 'Basics', { selector: web });
      policy.addEgressRule(kplus.Namespaces.select(chart, 'System', { names: ['kube-system'] }), [Port.udp(53), Port.tcp(53)]);
      policy.addEgressRule(anywhere, [Port.tcp(443), Port.tcp(6443)]);
    })).toEqual([]);
  });
});

describe('workloads made elsewhere', () => {
  test('GIVEN isolate, says what is shut', () => {
    const findings = saidOfShop(({ chart }) => {
      const ledger = new kplus.StatefulSet(chart, 'Ledger', { containers, isolate: true });
      const job = new kplus.Job(chart, 'Report', { containers, isolate: true });
      const exposed = new MeshSidecar(chart, 'LedgerSidecar', { workload: ledger, serviceName: 'ledger' }).expose();
      new MeshSidecar(chart, 'ReportSidecar', { workload: job, serviceName: 'report' }).calls(exposed);
    });
    expect(rulesOf(findings)).toEqual(['network-policy', 'network-policy-discovery', 'network-policy-names']);
    expect(findings[0]).toMatch(/^report -> ledger v1: /);
  });
});

describe('plain objects', () => {
  const policy = (chart: Chart, spec: object, namespace?: string): ApiObject =>
    new ApiObject(chart, 'Policy', { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'policy', namespace }, spec });
  const catalogPods = { matchExpressions: [{ key: 'cdk8s-mesh/service', operator: 'In', values: ['catalog'] }] };

  test.each<[string, object, string[]]>([
    ['who comes to the name of the sidecar\'s port', { podSelector: catalogPods, ingress: [{ ports: [{ port: 'mesh-in' }] }] }, []],
    ['who comes to a range of ports that the sidecar\'s is in', { podSelector: catalogPods, ingress: [{ ports: [{ port: 15000, endPort: 15100 }] }] }, []],
    ['UDP', { podSelector: catalogPods, ingress: [{ ports: [{ protocol: 'UDP', port: 15006 }] }] }, ['network-policy']],
    ['pods of another namespace', { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'edge' } } }] }] }, ['network-policy']],
    ['a namespace of some kind', { podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: 'shop' } } }] }] }, []],
    ['addresses', { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] }, []],
    ['nobody to other pods', { podSelector: { matchLabels: { app: 'other' } } }, []],
    ['nobody', { podSelector: {} }, ['network-policy']],
    ['everybody, as it is about what goes out, which is everything', { podSelector: {}, policyTypes: ['Egress'], egress: [{}] }, []],
  ])('GIVEN one that lets in %s, says what is so', (_, spec, rules) => {
    expect(rulesOf(saidOfShop(({ chart }) => policy(chart, spec)))).toEqual(rules);
  });

  test('GIVEN one in another namespace, says nothing', () => {
    expect(saidOfShop(({ chart }) => policy(chart, { podSelector: {} }, 'elsewhere'))).toEqual([]);
  });

  test('GIVEN one that comes after a synthesis, says so in the next', () => {
    const chart = new Chart(Testing.app(), 'shop', { namespace: 'shop' });
    const [web, catalog] = ['web', 'catalog'].map((name) => new MeshService(chart, name, { containers }));
    web.calls(catalog);
    Testing.synth(chart);
    policy(chart, { podSelector: {} });
    expect(() => Testing.synth(chart)).toThrow('(network-policy)');
  });

  test('GIVEN that the rule is off, says nothing', () => {
    expect(saidOfShop(({ chart }) => policy(chart, { podSelector: {} }), { lints: { off: ['network-policy'] } })).toEqual([]);
  });
});
