/** Dots of pods: what callers say of them goes before what they say of themselves. */
import type { PodView, ServiceView, Snapshot } from '../../src/cli/live';
import { versionRows } from '../../src/page/mesh-view';

const NO_REQUESTS = { rate: 0 };

function stateOf(ready: boolean, ...said: string[]): string {
  const pod: PodView = { pod: 'a', version: 'v1', figures: NO_REQUESTS, ready, configHash: '', discovery: [], permissive: [] };
  const service: ServiceView = {
    id: 'shop/catalog', name: 'catalog', namespace: 'shop', kind: 'service', figures: NO_REQUESTS, distribution: [], failures: [],
    versions: [{ version: 'v1', pods: 1, figures: NO_REQUESTS }], pods: [pod],
  };
  const endpoints = said.map((state, index) => ({
    from: `shop/caller-${index}`, cluster: 'shop/catalog-v1', service: service.id, address: '10.0.0.1:80', pod: 'a', state, saidBy: 1, callers: 1,
    weight: 1, inFlight: 0, rate: 0,
  }));
  const snapshot: Snapshot = { at: 0, seconds: 1, services: [service], edges: [], routes: [], endpoints, silent: [] };
  return versionRows(service, snapshot)[0]!.pods[0]!.state;
}

test.each([
  [true, [], 'ready'], [false, [], 'unready'], [false, ['ready'], 'ready'], [true, ['ready', 'ejected', 'draining'], 'ejected'], [true, ['new-state', 'ejected'], 'new-state'],
] as const)('GIVEN a pod that says ready: %j, and callers that say %j, shows %s', (ready, said, shown) => {
  expect(stateOf(ready, ...said)).toBe(shown);
});
