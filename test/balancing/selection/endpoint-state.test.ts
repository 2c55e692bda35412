import { ENDPOINT_STATES, StateSources, stateOf, takesRequests } from '../../../src/balancing';

test.each<[StateSources['presence'], boolean, StateSources['status'], string]>([
  ['ready', false, 'trusted', 'ready'],
  ['ready', false, 'onTrial', 'ready'],
  ['ready', false, 'probing', 'probing'],
  ['ready', false, 'ejected', 'ejected'],
  ['ready', true, 'trusted', 'unhealthy'],
  ['ready', true, 'probing', 'unhealthy'],
  ['draining', true, 'ejected', 'draining'],
  ['gone', false, 'trusted', 'gone'],
])('given discovery says %s, checks fail: %s, and outlier detection says %s, an endpoint is %s', (presence, unhealthy, status, state) => {
  expect(stateOf({ presence, unhealthy, status })).toBe(state);
});

test('requests are for those that are ready or probing', () => {
  expect(ENDPOINT_STATES.filter(takesRequests)).toEqual(['ready', 'probing']);
});
