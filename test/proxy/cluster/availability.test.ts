import { ENDPOINT_STATES, Facts, stateOf, takesRequests } from '../../../src/proxy/cluster/availability';

test.each<[Facts['presence'], boolean, Facts['standing'], string]>([
  ['ready', false, 'trusted', 'ready'],
  ['ready', false, 'onTrial', 'ready'],
  ['ready', false, 'probing', 'probing'],
  ['ready', false, 'ejected', 'ejected'],
  ['ready', true, 'trusted', 'unhealthy'],
  ['ready', true, 'probing', 'unhealthy'],
  ['draining', true, 'ejected', 'draining'],
  ['gone', false, 'trusted', 'gone'],
])('given discovery says %s, checks fail: %s, and outlier detection says %s, an endpoint is %s', (presence, unhealthy, standing, state) => {
  expect(stateOf({ presence, unhealthy, standing })).toBe(state);
});

test('requests are for those that are ready or probing', () => {
  expect(ENDPOINT_STATES.filter(takesRequests)).toEqual(['ready', 'probing']);
});
