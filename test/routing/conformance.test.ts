/** The engine over the table of requests and routes. */
import { explain, PathFault, RoutingRequest } from '../../src/routing';
import { CONFORMANCE_CASES } from './conformance';
import { tableOf } from './support';

test('GIVEN the table THEN it has 250 cases and more, none of them twice', () => {
  expect(CONFORMANCE_CASES.length).toBeGreaterThanOrEqual(250);
  expect(new Set(CONFORMANCE_CASES.map(({ group, request }) => `${group.name}: ${request}`)).size).toBe(CONFORMANCE_CASES.length);
});

describe.each([...new Set(CONFORMANCE_CASES.map(({ group }) => group))])('GIVEN $name', (group) => {
  const names = Object.keys(group.routes);
  const table = tableOf(...Object.values(group.routes));

  test.each(CONFORMANCE_CASES.filter((each) => each.group === group))('WHEN $request THEN $route$fault', ({ method, target, fields, route, fault }) => {
    const headers: Record<string, string[]> = {};
    for (const [name, value] of fields) (headers[name.toLowerCase()] ??= []).push(value);
    const request = RoutingRequest.of(method, target, headers);
    if (request instanceof PathFault) {
      expect(request.code).toBe(fault);
      return;
    }
    expect(fault).toBeUndefined();
    const row = table.lookup(request);
    expect(row && names[row.route]).toBe(route);
    expect(explain(table, request).find(({ outcome }) => outcome === 'chosen')?.row).toBe(row);
  });
});
