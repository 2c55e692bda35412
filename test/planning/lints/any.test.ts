/** Lints of meshes that nobody would build. */
import fc from 'fast-check';
import { lint } from '../../../src/planning/lints';
import { CallSketch, meshOf, ServiceSketch } from './mesh';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const whole = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
const call: fc.Arbitrary<CallSketch> = fc.record({
  route: fc.record({
    timeoutMs: whole(100_000),
    retry: fc.record({ maxRetries: whole(10), tryTimeoutMs: whole(100_000), on: fc.subarray(['closed', 'tryTimeout'] as const) as fc.Arbitrary<never[]> }),
    hedge: fc.option(fc.constant({}), { nil: undefined }),
    session: fc.option(fc.constant({ cookie: 'c', keyFile: '/k' }), { nil: undefined }),
  }) as fc.Arbitrary<NonNullable<CallSketch['route']>>,
  cluster: fc.record({
    loadBalancing: fc.constantFrom({ type: 'roundRobin' as const }, { type: 'maglev' as const }),
    slowStart: fc.option(fc.record({ windowMs: whole(100_000) }), { nil: undefined }),
    zoneAware: fc.option(fc.record({ minimumEndpoints: whole(10) }), { nil: undefined }),
    subset: fc.option(fc.record({ size: whole(10) }), { nil: undefined }),
    outlierDetection: fc.record({ maxEjectedPercent: whole(100), minimumRequests: whole(100) }),
    failover: fc.record({ panicPercent: whole(100) }),
    retryBudget: fc.record({ percent: whole(100) }),
  }) as fc.Arbitrary<NonNullable<CallSketch['cluster']>>,
});
const service: fc.Arbitrary<ServiceSketch> = fc.record({
  pods: fc.oneof(whole(10), fc.tuple(whole(5), whole(10)), fc.constant('unknown' as const)),
  zones: fc.option(whole(5), { nil: undefined }),
  requestsPerSecond: fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }),
  scaleUpCycleMs: fc.option(whole(100_000), { nil: undefined }),
  preStopMs: whole(10_000),
  graceMs: whole(100_000),
  disruption: fc.option(fc.record({
    rule: fc.constantFrom('minAvailable' as const, 'maxUnavailable' as const),
    count: fc.record({ unit: fc.constantFrom('pods' as const, 'percent' as const), value: whole(100) }),
  }), { nil: undefined }),
  calls: fc.dictionary(fc.constantFrom(...NAMES, 'elsewhere'), call),
});
const mesh = fc.tuple(...NAMES.map(() => service)).map((services) => meshOf(Object.fromEntries(services.map((each, index) => [NAMES[index], each]))));

test('GIVEN any mesh, no rule throws, and every finding is a sentence with numbers and a remedy', () => {
  fc.assert(fc.property(mesh, (facts) => {
    for (const { where, message, remedy } of lint(facts)) {
      expect(where).not.toBe('');
      expect(message).toMatch(/\d/);
      expect(`${message} ${remedy}`).not.toMatch(/NaN|Infinity|undefined/);
    }
  }));
});
