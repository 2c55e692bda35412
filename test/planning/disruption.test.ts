import fc from 'fast-check';
import { allowedEvictions, DisruptionRule, PodCount } from '../../src/planning/disruption';

const rule = (name: DisruptionRule['rule'], value: number, unit: PodCount['unit'] = 'pods'): DisruptionRule => ({ rule: name, count: { unit, value } });

describe('evictions that a budget allows', () => {
  test.each([
    ['maxUnavailable 1 of 1', rule('maxUnavailable', 1), 1, 1],
    ['maxUnavailable 1 of 3', rule('maxUnavailable', 1), 3, 1],
    ['maxUnavailable 0 of 3', rule('maxUnavailable', 0), 3, 0],
    ['maxUnavailable 5 of 3', rule('maxUnavailable', 5), 3, 3],
    ['minAvailable 2 of 3', rule('minAvailable', 2), 3, 1],
    ['minAvailable 3 of 3', rule('minAvailable', 3), 3, 0],
    ['minAvailable 4 of 3', rule('minAvailable', 4), 3, 0],
    // "Kubernetes rounds up to the nearest integer": 50 % of 7 is 4 (documentation of PodDisruptionBudget).
    ['minAvailable 50 % of 7', rule('minAvailable', 50, 'percent'), 7, 3],
    ['maxUnavailable 30 % of 3', rule('maxUnavailable', 30, 'percent'), 3, 1],
    ['minAvailable 90 % of 3', rule('minAvailable', 90, 'percent'), 3, 0],
    ['minAvailable 90 % of 10', rule('minAvailable', 90, 'percent'), 10, 1],
    ['maxUnavailable 1 of 0', rule('maxUnavailable', 1), 0, 0],
  ])('%s', (_, given, replicas, allowed) => {
    expect(allowedEvictions(given, replicas)).toBe(allowed);
  });

  test('are never fewer than none nor more than there are, and both rules add up to all', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 500 }), (value, replicas) => {
      const some = allowedEvictions(rule('maxUnavailable', value), replicas);
      const rest = allowedEvictions(rule('minAvailable', value), replicas);
      expect(some).toBeGreaterThanOrEqual(0);
      expect(some).toBeLessThanOrEqual(replicas);
      expect(some + rest).toBe(replicas);
    }));
  });
});
