/** Lints of meshes that nobody would build. */
import fc from 'fast-check';
import { lint } from '../../../src/planning/lints';
import { CallSketch, meshOf, ServiceSketch } from './mesh';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const whole = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
/** A value, or nothing said. */
const perhaps = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });
const fault = fc.record({
  percent: fc.double({ min: 0, max: 100, noNaN: true }), delayMs: perhaps(fc.integer({ min: 1, max: 300_000 })), abortStatus: fc.constant(503),
});
const call: fc.Arbitrary<CallSketch> = fc.record({
  route: fc.record({
    timeoutMs: whole(100_000),
    retry: fc.record({ maxRetries: whole(10), tryTimeoutMs: whole(100_000), backoffMs: whole(100_000), maxBackoffMs: whole(100_000), on: fc.subarray(['closed', 'tryTimeout'] as const) as fc.Arbitrary<never[]> }),
    hedge: perhaps(fc.constant({})),
    session: perhaps(fc.constant({ cookie: 'c', keyFile: '/k' })),
    faults: fc.array(fault, { maxLength: 2 }),
  }) as fc.Arbitrary<NonNullable<CallSketch['route']>>,
  fallback: fc.subarray(NAMES.slice(2)),
  cluster: fc.record({
    discovery: fc.constantFrom(
      { type: 'endpointSlice', namespace: 'shop', service: 's' } as const, { type: 'static', endpoints: [] } as const, { type: 'dns', record: 'srv', hostname: 's' } as const),
    loadBalancing: fc.constantFrom({ type: 'roundRobin' as const }, { type: 'maglev' as const }),
    slowStart: perhaps(fc.record({ windowMs: whole(100_000) })),
    zoneAware: perhaps(fc.record({ minimumEndpoints: whole(10) })),
    subset: perhaps(fc.record({ size: whole(10) })),
    outlierDetection: fc.record({ maxEjectedPercent: whole(100), minimumRequests: whole(100) }),
    failover: fc.record({ panicPercent: whole(100), overprovisioningPercent: fc.integer({ min: 100, max: 10_000 }) }),
    retryBudget: fc.record({ percent: whole(100), minimumPerSecond: whole(2), maxInFlight: whole(2) }),
    connectTimeoutMs: perhaps(whole(100_000)),
    pendingTimeoutMs: perhaps(whole(100_000)),
  }) as fc.Arbitrary<NonNullable<CallSketch['cluster']>>,
});
const service: fc.Arbitrary<ServiceSketch> = fc.record({
  pods: fc.oneof(whole(10), fc.tuple(whole(5), whole(10)), fc.constant('unknown' as const)),
  zones: perhaps(whole(5)),
  requestsPerSecond: perhaps(fc.double({ min: 0, max: 1e6, noNaN: true })),
  latencyMs: perhaps(fc.integer({ min: 1, max: 100_000 })),
  admission: fc.option(fc.record({
    concurrency: fc.constantFrom(undefined, { type: 'adaptive' as const }, { type: 'fixed' as const, max: 2_000 }),
    rateLimit: perhaps(fc.record({ requestsPerSecond: fc.double({ min: 0.001, max: 1e6, noNaN: true }), burst: fc.integer({ min: 1, max: 40 }) })),
  }), { nil: undefined }),
  scaleUpCycleMs: perhaps(whole(100_000)),
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
  fc.assert(fc.property(mesh, (info) => {
    for (const { where, message, remedy } of lint(info)) {
      expect(where).not.toBe('');
      expect(message).toMatch(/\d/);
      expect(`${message} ${remedy}`).not.toMatch(/NaN|Infinity|undefined/);
    }
  }));
});
