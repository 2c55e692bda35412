import { bottleneckOf, Edges, visitsFrom } from '../../../src/planning/capacity/flow';

const edges = (calls: Record<string, Record<string, number>>): Edges =>
  new Map(Object.entries(calls).map(([from, to]) => [from, Object.entries(to).map(([name, count]) => ({ to: name, calls: count }))]));

test('visits multiply along calls, and add up where paths meet', () => {
  const visits = visitsFrom('edge', edges({ edge: { web: 1 }, web: { catalog: 3, cart: 1 }, cart: { catalog: 2, payments: 0.1 } }));
  expect(Object.fromEntries(visits)).toEqual({ edge: 1, web: 1, cart: 1, catalog: 5, payments: 0.1 });
});

test('a call back counts once', () => {
  expect(Object.fromEntries(visitsFrom('a', edges({ a: { b: 2 }, b: { c: 1 }, c: { a: 1, b: 1 } })))).toEqual({ a: 1, b: 2, c: 2 });
});

test('the bottleneck is what has the least capacity for its visits', () => {
  const visits = visitsFrom('edge', edges({ edge: { web: 1 }, web: { catalog: 3 } }));
  expect(bottleneckOf(visits, (name) => ({ web: 500, catalog: 900 })[name])).toEqual({ service: 'catalog', rps: 300 });
  expect(bottleneckOf(visits, () => undefined)).toBeUndefined();
});
