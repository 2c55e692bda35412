/** Static lists, the form of snapshots, and the choice of a source. */
import * as fc from 'fast-check';
import { preferredFamily } from '../../../src/proxy/discovery/families';
import { createSource, DiscoveryDependencies, EndpointSnapshot } from '../../../src/proxy/discovery';
import { SnapshotOutput, toSnapshot } from '../../../src/proxy/discovery/snapshot';
import { FakeClock } from '../../support/fake-clock';

const clock = new FakeClock();
const dependencies: DiscoveryDependencies = { clock, random: () => 0.5, kubernetes: undefined, podIps: [], onEvent: () => undefined };

const endpoint = fc.record({
  address: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1'),
  port: fc.integer({ min: 1, max: 3 }),
  weight: fc.integer({ min: 1, max: 3 }),
  zone: fc.constantFrom('a', 'b'),
  ready: fc.boolean(),
  draining: fc.boolean(),
});

test('a static list is known at once and is always up to date', () => {
  const source = createSource({ type: 'static', endpoints: [{ address: '10.0.0.2', port: 80, weight: 3, zone: 'a' }, { address: '10.0.0.1', port: 80, priority: 1 }] }, dependencies);
  const snapshots: EndpointSnapshot[] = [];
  source.start((snapshot) => snapshots.push(snapshot));
  expect(snapshots).toEqual([[
    { address: '10.0.0.1', port: 80, weight: 1, priority: 1, ready: true, draining: false },
    { address: '10.0.0.2', port: 80, weight: 3, zone: 'a', ready: true, draining: false },
  ]]);
  clock.advance(1_000_000);
  expect(source.health).toEqual({ synced: true, lastConfirmedAt: clock.now(), failures: 0, lastError: undefined });
  source.close();
});

test('EndpointSlices without access to the API are refused in plain words', () => {
  expect(() => createSource({ type: 'endpointSlice', namespace: 'shop', service: 'catalog' }, dependencies))
    .toThrow("service 'catalog' is discovered from EndpointSlices, which needs the field /kubernetes");
});

test('a snapshot is sorted, names no address and port twice, and is the same whatever order the endpoints came in', () => {
  fc.assert(fc.property(fc.array(endpoint), (endpoints) => {
    const snapshot = toSnapshot(endpoints);
    const keys = snapshot.map(({ address, port }) => `${address} ${port}`);
    expect(keys).toEqual([...new Set(keys)].sort());
    expect(new Set(keys)).toEqual(new Set(endpoints.map(({ address, port }) => `${address} ${port}`)));
    expect(toSnapshot([...endpoints].reverse()).map(({ ready }) => ready)).toEqual(snapshot.map(({ ready }) => ready));
  }));
});

test('a snapshot is handed on exactly when it differs from the last', () => {
  // Single fields change from one snapshot to the next.
  const one = fc.record({ zone: fc.constantFrom('a', 'b'), weight: fc.constantFrom(1, 2), ready: fc.boolean(), draining: fc.boolean() })
    .map((fields) => [{ address: '10.0.0.1', port: 80, ...fields }]);
  fc.assert(fc.property(fc.array(fc.oneof(one, fc.array(endpoint, { maxLength: 2 }))), (rounds) => {
    const output = new SnapshotOutput();
    const seen: string[] = [];
    output.open((snapshot) => seen.push(JSON.stringify(snapshot)));
    const all = rounds.map((round) => toSnapshot(round));
    for (const snapshot of all) output.publish(snapshot);
    expect(seen).toEqual(all.map((snapshot) => JSON.stringify(snapshot)).filter((text, index, texts) => text !== texts[index - 1]));
  }));
});

test.each([
  [[], 4], [['10.0.0.1', 'fd00::1'], 4], [['fd00::1', '10.0.0.1'], 6],
])('the preferred family of a pod with the addresses %j is IPv%d', (podIps, family) => {
  expect(preferredFamily(podIps)).toBe(family);
});
