/** Reading EndpointSlices and merging them into one snapshot. */
import * as fc from 'fast-check';
import { EndpointSliceDiscovery } from '../../../src/contract';
import { mergeSlices, readSlice } from '../../../src/proxy/discovery/slices';
import { sliceObject } from '../../support/fake-api';

const CATALOG: EndpointSliceDiscovery = { type: 'endpointSlice', namespace: 'shop', service: 'catalog', portName: 'http' };

function endpoint(address: string, conditions: object | undefined, more: object = {}): object {
  return { addresses: [address], ...(conditions ? { conditions } : {}), ...more };
}

function pod(uid: string): object {
  return { targetRef: { kind: 'Pod', namespace: 'shop', name: `pod-${uid}`, uid } };
}

function merge(slices: readonly Record<string, unknown>[], family: 4 | 6 = 4, discovery = CATALOG) {
  return mergeSlices(slices.map((slice) => readSlice(slice, discovery)), family);
}

describe('conditions', () => {
  test.each([
    [undefined, 'ready'],
    [{}, 'ready'],
    [{ ready: null }, 'ready'],
    [{ ready: true }, 'ready'],
    [{ ready: false }, 'neither'],
    [{ ready: false, serving: true }, 'neither'],
    [{ ready: false, serving: true, terminating: true }, 'draining'],
    [{ ready: false, serving: false, terminating: true }, 'left out'],
    [{ ready: false, terminating: true }, 'left out'],
    // A Service that publishes addresses of pods that are not ready says ready whatever the pod does.
    [{ ready: true, serving: false, terminating: true }, 'ready'],
  ])('%j: %s', (conditions, state) => {
    const found = merge([sliceObject('a', [], { endpoints: [endpoint('10.0.0.1', conditions)] })]);
    const states = found.map(({ ready, draining }) => (ready && !draining ? 'ready' : draining && !ready ? 'draining' : ready ? 'impossible' : 'neither'));
    expect(states[0] ?? 'left out').toBe(state);
  });
});

describe('ports', () => {
  const several = [{ name: 'metrics', port: 9090, protocol: 'TCP' }, { name: '', port: 8080 }];

  test.each([
    ['the named one', [{ name: 'x', port: 1 }, { name: 'http', port: 2 }], 'http', 2],
    ['the only one, without a name in the configuration', [{ name: 'http', port: 2, protocol: 'TCP' }], undefined, 2],
    ['the unnamed one of several', several, undefined, 8080],
    ['none, when several are named and none is meant', [{ name: 'a', port: 1 }, { name: 'b', port: 2 }], undefined, undefined],
    ['none, when the name is not there', several, 'http', undefined],
    ['none, when it is not TCP', [{ name: 'http', port: 53, protocol: 'UDP' }], 'http', undefined],
    ['none, when it has no number', [{ name: 'http', port: null }], 'http', undefined],
    ['none, when the slice has no ports', null, 'http', undefined],
  ])('%s', (_, ports, portName, expected) => {
    const { portName: _none, ...open } = CATALOG;
    const discovery = portName === undefined ? open : { ...open, portName };
    const slice = sliceObject('a', ['10.0.0.1'], { ports });
    expect(merge([slice], 4, discovery)[0]?.port).toBe(expected);
    expect(readSlice(slice, discovery).ignored === undefined).toBe(expected !== undefined);
  });

  test('says which ports there are when the configured one is not', () => {
    expect(readSlice(sliceObject('a', ['10.0.0.1'], { ports: several }), CATALOG).ignored).toBe("it has no port named 'http' (its ports: 'metrics', '')");
  });

  test("says nothing of the controller's placeholder for a Service without pods", () => {
    expect(readSlice(sliceObject('a', [], { ports: null, endpoints: null }), CATALOG)).toEqual({ endpoints: [], ignored: undefined });
  });
});

describe('zones', () => {
  test('an endpoint carries its zone and the weight of it', () => {
    const discovery = { ...CATALOG, zoneWeights: { a: 9 } };
    const endpoints = ['a', 'b', undefined, 'toString'].map((zone, index) => endpoint(`10.0.0.${index}`, {}, zone === undefined ? {} : { zone }));
    expect(merge([sliceObject('s', [], { endpoints })], 4, discovery).map(({ zone, weight }) => [zone, weight]))
      .toEqual([['a', 9], ['b', 1], [undefined, 1], ['toString', 1]]);
  });
});

describe('several slices', () => {
  test('are joined, sorted by address and port', () => {
    const found = merge([
      sliceObject('b', ['10.0.0.2']),
      sliceObject('a', ['10.0.0.3', '10.0.0.1']),
      sliceObject('c', ['10.0.0.1'], { ports: [{ name: 'http', port: 80 }] }),
    ]);
    expect(found.map(({ address, port }) => `${address}:${port}`)).toEqual(['10.0.0.1:80', '10.0.0.1:15006', '10.0.0.2:15006', '10.0.0.3:15006']);
  });

  test('an endpoint that is in two of them counts once, in its better state', () => {
    const leaving = sliceObject('a', [], { endpoints: [endpoint('10.0.0.1', { ready: false, serving: true, terminating: true }, pod('1'))] });
    const arriving = sliceObject('b', [], { endpoints: [endpoint('10.0.0.1', { ready: true }, pod('1'))] });
    for (const slices of [[leaving, arriving], [arriving, leaving]]) {
      expect(merge(slices)).toEqual([expect.objectContaining({ ready: true, draining: false })]);
    }
  });

  test('of an endpoint with several addresses the first is used', () => {
    const endpoints = [{ addresses: ['10.0.0.1', '10.0.0.2'] }];
    expect(merge([sliceObject('a', [], { endpoints })]).map(({ address }) => address)).toEqual(['10.0.0.1']);
  });
});

describe('dual stack', () => {
  const v4 = sliceObject('v4', [], { endpoints: [endpoint('10.0.0.1', {}, pod('1')), endpoint('10.0.0.2', {}, pod('2'))] });
  const v6 = sliceObject('v6', [], { addressType: 'IPv6', endpoints: [endpoint('fd00::1', {}, pod('1')), endpoint('fd00::3', {}, pod('3'))] });

  test("a pod in slices of both families counts once, at the address of this pod's own family", () => {
    expect(merge([v6, v4], 4).map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.0.2', 'fd00::3']);
    expect(merge([v4, v6], 6).map(({ address }) => address)).toEqual(['10.0.0.2', 'fd00::1', 'fd00::3']);
  });

  test('pods are the same by name when the slices say no uid', () => {
    const named = (address: string) => endpoint(address, {}, { targetRef: { kind: 'Pod', namespace: 'shop', name: 'web-0' } });
    const slices = [
      sliceObject('a', [], { endpoints: [named('10.0.0.1')] }),
      sliceObject('b', [], { addressType: 'IPv6', endpoints: [named('fd00::1')] }),
    ];
    expect(merge(slices, 6)).toEqual([expect.objectContaining({ address: 'fd00::1' })]);
  });

  test('a pod that is ready in one family only, for a moment, is ready', () => {
    const waning = sliceObject('v4', [], { endpoints: [endpoint('10.0.0.1', { ready: false, serving: true, terminating: true }, pod('1'))] });
    expect(merge([waning, v6], 4)[0]).toMatchObject({ address: '10.0.0.1', ready: true });
  });
});

describe('what can not be used', () => {
  test('slices of names are left out with a reason', () => {
    expect(readSlice(sliceObject('a', ['example.com'], { addressType: 'FQDN' }), CATALOG)).toEqual({ endpoints: [], ignored: 'its address type is FQDN' });
  });

  test('an address that is not of the type is left out, the others stay', () => {
    const slice = sliceObject('a', ['10.0.0.1', 'example.com', '::1']);
    expect(merge([slice]).map(({ address }) => address)).toEqual(['10.0.0.1']);
    expect(readSlice(slice, CATALOG).ignored).toBe("'::1' is not an address of type IPv4");
  });

  test('whatever the API sends, reading it yields valid endpoints or none', () => {
    const anything = fc.record({
      addressType: fc.constantFrom('IPv4', 'IPv6', 'FQDN', 7),
      ports: fc.oneof(fc.anything(), fc.constant([{ name: 'http', port: 80 }])),
      endpoints: fc.oneof(fc.anything(), fc.array(fc.record({
        addresses: fc.oneof(fc.anything(), fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 2 })),
        conditions: fc.anything(),
        targetRef: fc.anything(),
        zone: fc.anything(),
      }))),
    });
    fc.assert(fc.property(fc.array(anything, { maxLength: 4 }), (slices) => {
      const found = merge(slices as Record<string, unknown>[]);
      const keys = found.map(({ address, port }) => `${address} ${port}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const { port, weight, ready, draining } of found) expect([port, weight, ready !== draining]).toEqual([80, 1, true]);
    }));
  });
});
