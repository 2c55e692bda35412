/** What policies let through, by the rules of https://kubernetes.io/docs/concepts/services-networking/network-policies/. */
import { coversPort, LabelSelector, letsThrough, matches, NetworkPolicySpec, PodInfo, readNetworkPolicy } from '../../src/planning/network-policy';

const pod = (app: string, namespace = 'shop'): PodInfo => ({ namespace, labels: { app }, portNames: { 'mesh-in': 15_006 }, serves: true });

test.each<[LabelSelector, boolean]>([
  [{}, true],
  [{ matchLabels: { app: 'web' } }, true],
  [{ matchLabels: { app: 'web', tier: 'edge' } }, false],
  [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['cart', 'web'] }] }, true],
  [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
  [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['edge'] }] }, true],
  [{ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, false],
  [{ matchExpressions: [{ key: 'app', operator: 'Exists' }, { key: 'tier', operator: 'DoesNotExist' }] }, true],
  [{ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, false],
])('the selector %j matches app=web: %s', (selector, expected) => {
  expect(matches(selector, { app: 'web' })).toBe(expected);
});

test.each([
  [[], true],
  [[{ port: 15_006 }], true],
  [[{ protocol: 'TCP' }], true],
  [[{ protocol: 'UDP', port: 15_006 }], false],
  [[{ port: 15_000, endPort: 15_006 }], true],
  [[{ port: 15_000, endPort: 15_005 }], false],
  [[{ port: 8_080 }, { port: 'mesh-in' }], true],
  [[{ port: 'http' }], false],
])('the ports %j cover TCP 15006: %s', (ports, expected) => {
  expect(coversPort({ peers: [], ports }, 'TCP', 15_006, { 'mesh-in': 15_006 })).toBe(expected);
});

describe('a connection from web to catalog', () => {
  const lets = (direction: 'ingress' | 'egress', specs: NetworkPolicySpec[], from = pod('web')): boolean =>
    letsThrough(direction, specs.map((spec, index) => readNetworkPolicy(`p${index}`, 'shop', spec)), { from, to: pod('catalog'), port: 15_006 });
  const catalog: LabelSelector = { matchLabels: { app: 'catalog' } };
  const web: LabelSelector = { matchLabels: { app: 'web' } };

  test('is let in where no policy is about what comes in', () => {
    expect(lets('ingress', [])).toBe(true);
    expect(lets('ingress', [{ podSelector: web }])).toBe(true);
    expect(lets('ingress', [{ podSelector: catalog, policyTypes: ['Egress'] }])).toBe(true);
  });

  test('is let in by any one of the policies', () => {
    const denied = { podSelector: {} };
    expect(lets('ingress', [denied])).toBe(false);
    expect(lets('ingress', [denied, { podSelector: catalog, ingress: [{ from: [{ podSelector: web }] }] }])).toBe(true);
    expect(lets('ingress', [denied, { podSelector: web, ingress: [{}] }])).toBe(false);
  });

  test('is from another namespace only let in by a rule about namespaces', () => {
    const away = pod('web', 'edge');
    const named = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } });
    expect(lets('ingress', [{ podSelector: catalog, ingress: [{ from: [{ podSelector: web }] }] }], away)).toBe(false);
    expect(lets('ingress', [{ podSelector: catalog, ingress: [{ from: [{ podSelector: web, namespaceSelector: named('edge') }] }] }], away)).toBe(true);
    expect(lets('ingress', [{ podSelector: catalog, ingress: [{ from: [{ podSelector: catalog, namespaceSelector: named('edge') }] }] }], away)).toBe(false);
    expect(lets('ingress', [{ podSelector: catalog, ingress: [{ from: [{ namespaceSelector: {} }] }] }], away)).toBe(true);
  });

  test('is let out unless a policy is about what goes out, which one with such rules is', () => {
    expect(lets('egress', [{ podSelector: {} }])).toBe(true);
    expect(lets('egress', [{ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }])).toBe(false);
    expect(lets('egress', [{ podSelector: web, egress: [{ ports: [{ port: 53 }] }] }])).toBe(false);
    expect(lets('egress', [{ podSelector: web, egress: [{ to: [{ podSelector: catalog }], ports: [{ port: 'mesh-in' }] }] }])).toBe(true);
  });
});
