import { ProxyConfig, ResolvedProxyConfig, withDefaults } from '../../../src/contract';
import { LocalCluster } from '../../../src/proxy/cluster/local-cluster';
import type { DiscoveredEndpoint } from '../../../src/proxy/discovery/source';
import { FakeSources, ready } from '../../support/proxy';

const discovery = { type: 'endpointSlice', namespace: 'shop', service: 'web-v1' } as const;

function documentWith(localCluster: ProxyConfig['localCluster'], port = 15_006): ResolvedProxyConfig {
  return withDefaults({
    version: 'v1', node: { service: 'web', namespace: 'shop', version: 'v1' }, clusters: [], localCluster,
    listeners: [{ name: 'inbound', direction: 'inbound', port, routes: [] }],
    kubernetes: { tokenFile: 't', caFile: 'c' },
  });
}

interface Subject {
  readonly sources: FakeSources;
  readonly local: LocalCluster;
  readonly moves: unknown[];
  apply(document: ResolvedProxyConfig): void;
}

function subject(ownAddresses = ['10.0.0.1', 'fd00::1']): Subject {
  const sources = new FakeSources();
  const moves: unknown[] = [];
  const local: LocalCluster = new LocalCluster(sources.factory, ownAddresses, () => {
    moves.push([local.locality.zone, [...local.locality.callers ?? []]]);
  });
  return { sources, local, moves, apply: (document) => local.commit(document, local.stage(document)) };
}

function pod(address: string, zone: string | undefined, port = 15_006): DiscoveredEndpoint {
  return { ...ready(address, port), ...(zone === undefined ? {} : { zone }) };
}

test('the zone is that of the pod itself, and pods like it are counted by zone', () => {
  const { sources, moves, apply } = subject();
  apply(documentWith({ discovery }));
  sources.push('web-v1', [pod('10.0.0.1', 'a'), pod('10.0.0.2', 'b'), pod('10.0.0.3', 'b')]);
  expect(moves).toEqual([['a', [['a', 1], ['b', 2]]]]);
});

test('only what changes the place is told', () => {
  const { sources, moves, apply } = subject();
  apply(documentWith({ discovery }));
  const pods = [pod('fd00::1', 'a'), pod('10.0.0.2', 'b')];
  sources.push('web-v1', pods);
  sources.push('web-v1', [...pods].reverse());
  sources.push('web-v1', [pods[0]!]);
  expect(moves).toEqual([['a', [['a', 1], ['b', 1]]], ['a', [['a', 1]]]]);
});

test('a pod is told from others at its address by its port', () => {
  const { sources, local, apply } = subject(['127.0.0.1']);
  apply(documentWith({ discovery }, 9_002));
  sources.push('web-v1', [pod('127.0.0.1', 'a', 9_001), pod('127.0.0.1', 'b', 9_002)]);
  expect(local.locality.zone).toBe('b');
});

test('nothing is known before the pod is in its slices, and what was known stays when it leaves them', () => {
  const { sources, local, moves, apply } = subject();
  apply(documentWith({ discovery }));
  sources.push('web-v1', [pod('10.0.0.2', 'b')]);
  expect(moves).toEqual([]);
  sources.push('web-v1', [pod('10.0.0.1', 'a'), pod('10.0.0.2', 'b')]);
  sources.push('web-v1', [pod('10.0.0.2', 'b')]);
  expect(local.locality.zone).toBe('a');
});

test('a source goes on over documents that ask the same, and ends with one that asks nothing', () => {
  const { sources, local, moves, apply } = subject();
  apply(documentWith({ discovery }));
  sources.push('web-v1', [pod('10.0.0.1', 'a')]);
  expect(local.stage(documentWith({ discovery }))).toBeUndefined();
  apply(documentWith({ discovery }));
  expect(local.locality.zone).toBe('a');
  apply(documentWith({ discovery: { ...discovery, service: 'web-v2' } }));
  expect(sources.watched).toEqual(['web-v2']);
  apply(documentWith(undefined));
  expect([sources.watched, moves.at(-1)]).toEqual([[], [undefined, []]]);
});
